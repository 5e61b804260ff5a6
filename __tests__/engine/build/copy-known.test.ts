// Digests of a context's files are remembered, and what changed is noticed.
import { appendFileSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { knownFolder } from '../../../lib/engine/build/copy-known.ts';
import { describeAsRoot } from '../image/support/store.ts';
import { type Copying, openCopying } from './support/copying.ts';

/** Bytes that this process has read so far (proc_pid_io(5)). */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

/** Plans the whole context; the digest, and bytes that were read for it. */
async function look(t: Copying): Promise<{ digest: string; read: number }> {
  const before = bytesRead();
  const { digest } = await t.plan(['.'], '/');
  return { digest, read: bytesRead() - before };
}

/** Longer ago than kernels take to count one tick of a clock. */
const settled = () => Bun.sleep(80);

describeAsRoot('remembered contexts', () => {
  test('files that did not change are not read again, one that did is', async () => {
    using t = openCopying();
    t.inContext(
      'mkdir d; head -c 1000000 /dev/urandom > a; head -c 1000000 /dev/urandom > d/b; head -c 300000 /dev/zero > c',
    );
    await settled();
    const first = await look(t);
    expect(first.read).toBeGreaterThan(2_300_000);
    const second = await look(t);
    expect(second.digest).toBe(first.digest);
    expect(second.read).toBeLessThan(20_000);
    appendFileSync(`${t.context}/c`, 'more');
    const third = await look(t);
    expect(third.digest).not.toBe(first.digest);
    expect(third.read).toBeLessThan(400_000);
  });

  test('a change within the same size and with the old time is seen', async () => {
    using t = openCopying();
    writeFileSync(`${t.context}/a`, 'one');
    await settled();
    const first = await look(t);
    await look(t);
    const { atime, mtime } = statSync(`${t.context}/a`);
    writeFileSync(`${t.context}/a`, 'two');
    utimesSync(`${t.context}/a`, atime, mtime);
    expect((await look(t)).digest).not.toBe(first.digest);
  });

  test('a file that was written a moment ago is not believed', async () => {
    using t = openCopying();
    for (let round = 0; round < 30; round++) {
      writeFileSync(`${t.context}/a`, `round ${round % 10}`);
      const { digest } = await look(t);
      writeFileSync(`${t.context}/a`, `other ${round % 10}`);
      expect((await look(t)).digest).not.toBe(digest);
    }
  });

  test('modes, names, links and devices are part of the digest, times and owners of contexts are not', async () => {
    using t = openCopying();
    t.inContext('echo a > a; ln -s a l; mkdir d');
    const seen = new Set<string>();
    const { digest } = await look(t);
    for (const change of ['touch -d @5 a', 'chown 5:6 a d', 'touch d']) {
      t.inContext(change);
      expect((await look(t)).digest).toBe(digest);
    }
    seen.add(digest);
    for (const change of [
      'chmod 600 a',
      'mv a b',
      'ln -sfn b l',
      'chmod 700 d',
      'mkdir e',
      'mkfifo f',
      'rm l; ln b l',
    ]) {
      t.inContext(change);
      seen.add((await look(t)).digest);
    }
    expect(seen.size).toBe(8);
    expect((await t.plan(['.'], '/', { fromStage: true })).digest).not.toBe(digest);
  });

  test('a memory that is damaged is begun anew', async () => {
    using t = openCopying();
    t.inContext('echo a > a');
    await settled();
    const { digest } = await look(t);
    const [name] = readdirSync(knownFolder(t.engine.store));
    writeFileSync(`${knownFolder(t.engine.store)}/${name}`, 'rubbish');
    expect((await look(t)).digest).toBe(digest);
    expect(readFileSync(`${knownFolder(t.engine.store)}/${name}`).length).toBeGreaterThan(80);
  });
});
