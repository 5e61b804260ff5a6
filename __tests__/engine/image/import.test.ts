import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type ImportRequest, importImage } from '../../../lib/engine/image/import.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { findImage, readImageConfig } from '../../../lib/storage/images.ts';
import { layerTar, sha256 } from './support/images.ts';
import { describeAsRoot, failure, openTestEngine } from './support/store.ts';

const CREATED = new Date('2024-05-01T12:00:00Z');

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

describeAsRoot('import', () => {
  const request = (source: ImportRequest['source'], more: Partial<ImportRequest> = {}): ImportRequest => ({
    source,
    changes: [],
    created: CREATED,
    ...more,
  });

  test('a file becomes an image of one layer, with defaults, message and name', async () => {
    using t = openTestEngine();
    const tar = layerTar(t.folder, { 'bin/sh': '#!' });
    writeFileSync(`${t.folder}/a.tar`, tar);
    const { image } = await importImage(
      t.engine,
      request(
        { path: `${t.folder}/a.tar` },
        {
          name: parseReference('app:1'),
          changes: ['CMD ["sh"]', 'ENV A=1'],
          message: 'by hand',
          platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
        },
      ),
    );
    expect(image).toMatchObject({
      diffIds: [`sha256:${sha256(tar)}`],
      architecture: 'arm',
      variant: 'v7',
      size: 2,
    });
    expect(findImage(t.engine.store, 'app:1')?.id).toBe(image.id);
    expect(readImageConfig(t.engine.store, image)).toEqual({
      created: '2024-05-01T12:00:00.000Z',
      architecture: 'arm',
      os: 'linux',
      variant: 'v7',
      config: { Cmd: ['sh'], Env: ['A=1'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
      history: [{ created: '2024-05-01T12:00:00.000Z', comment: 'by hand' }],
    });
  });

  test('the same archive at the same time is the same image, however it comes', async () => {
    using t = openTestEngine();
    const tar = layerTar(t.folder, { file: 'text' });
    writeFileSync(`${t.folder}/a.tar`, tar);
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(gzipSync(tar)) });
    const sources: ImportRequest['source'][] = [
      { path: `${t.folder}/a.tar` },
      { stream: once(gzipSync(tar)), name: '-' },
      { url: `http://user:secret@127.0.0.1:${server.port}/a.tgz` },
    ];
    const ids = new Set<string>();
    for (const source of sources) {
      const { image } = await importImage(t.engine, request(source, { message: 'm' }));
      ids.add(image.id);
    }
    expect(ids.size).toBe(1);
    const { image } = await importImage(t.engine, request(sources[2]!));
    const [step] = readImageConfig(t.engine.store, image).history;
    expect(step!.comment).toBe(`Imported from http://127.0.0.1:${server.port}/a.tgz`);
  });

  test('what cannot be imported is named, and leaves nothing', async () => {
    using t = openTestEngine();
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => new Response('no', { status: 404, statusText: 'Not Found' }),
    });
    const fails = (source: ImportRequest['source'], more?: Partial<ImportRequest>) =>
      failure(importImage(t.engine, request(source, more)));
    expect(await fails({ path: `${t.folder}/no` })).toMatchObject({ code: 'ENOENT' });
    expect(await fails({ path: t.folder })).toMatchObject({ code: 'EISDIR' });
    expect(await fails({ stream: once(new Uint8Array()), name: '-' })).toMatchObject({ code: 'EMPTY_INPUT' });
    expect(await fails({ stream: once(Buffer.from('text '.repeat(200))), name: '-' })).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: expect.stringMatching(/^import -: /),
    });
    expect(await fails({ url: `http://127.0.0.1:${server.port}/x` })).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('404'),
    });
    // Checked before the archive is even opened.
    expect(await fails({ path: `${t.folder}/no` }, { changes: ['RUN x'] })).toMatchObject({
      code: 'INVALID_CHANGE',
    });
    expect(t.contents()).toEqual([]);
  });
});
