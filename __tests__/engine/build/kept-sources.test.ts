import { existsSync, readdirSync } from 'node:fs';
import { pruneBuildCache } from '../../../lib/engine/build/cache-prune.ts';
import { buildCacheUsage } from '../../../lib/engine/build/cache-usage.ts';
import { knownFolder } from '../../../lib/engine/build/copy-known.ts';
import { describeAsRoot } from '../image/support/store.ts';
import { openCopying } from './support/copying.ts';

describeAsRoot('what builds keep of their sources', () => {
  test('is listed with its room, and pruned like the rest of the cache', async () => {
    using t = openCopying();
    t.inContext('echo a > a');
    await Bun.sleep(80);
    await t.plan(['.'], '/');
    await using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response('x'.repeat(10_000)),
    });
    const url = `http://127.0.0.1:${server.port}/f`;
    await t.plan([url.replace('//', '//me:secret@')], '/', { kind: 'ADD' });
    const usage = () => buildCacheUsage(t.engine).filter(({ type }) => type === 'source.local');
    expect(usage()).toMatchObject([
      { description: `digests of the files in ${t.context}`, size: 4096 },
      { description: `http url ${url}`, size: 12_288 },
    ]);
    expect(pruneBuildCache(t.engine, { keep: 13_000, dryRun: true }).freed).toBe(4096);
    expect(pruneBuildCache(t.engine).entries.length).toBe(2);
    expect(usage()).toEqual([]);
    expect(readdirSync(knownFolder(t.engine.store))).toEqual([]);
    // Nothing was needed.
    expect(await t.copy(['a'], '/w')).toEqual(['f 644 w']);
    expect(existsSync(knownFolder(t.engine.store))).toBe(true);
  });
});
