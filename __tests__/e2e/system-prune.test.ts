/** `system prune`, `system migrate` and `renumber`. */
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { du, duIn, sizeText } from './support/disk.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  const imageFolders = () =>
    ['layers', 'blobs/sha256', 'images/by-id', 'images/names'].map((folder) => `${machine.root}/${folder}`);
  const images = async () => (await machine.ok('images', '--format', '{{.Repository}}')).split('\n').sort();
  const importAs = (name: string, ...changes: string[]) =>
    machine.ok(
      'import',
      ...changes.flatMap((change) => ['--change', change]),
      machine.imageTar,
      ...(name ? [name] : []),
    );

  /** Runs a prune, checks that the disk has the room that it tells of, and returns what it says went. */
  async function prune(...words: string[]): Promise<string> {
    const before = du(machine.root);
    const out = await machine.ok('system', 'prune', '--force', ...words);
    const end = `Total reclaimed space: ${sizeText(before - du(machine.root))}`;
    expect(out.slice(-end.length)).toBe(end);
    return out.slice(0, -end.length);
  }

  test('everything that nothing uses, and not more', async () => {
    await importAs('used', 'CMD ["c"]');
    await machine.ok('run', '-d', '--name=on', '--network=none', '-v', 'data:/v', IMAGE, 'sleep', '100');
    const off = await machine.ok('create', '--name=off', '--network=none', '-v', 'idle:/v', 'used');
    await refused(machine, ['system', 'prune', '--force', '--volumes', '--filter', 'until=1h'], 1);
    using terminal = machine.terminal(['system', 'prune', '--all', '--volumes', '--filter', 'label!=x']);
    await terminal.until(
      /WARNING! This will remove:\r\n {2}- all stopped containers\r\n {2}- all networks .*\r\n {2}- all volumes .*\r\n {2}- all images .*\r\n/,
    );
    await terminal.until(/ {2}- label!=x\r\n\r\nAre you sure.*\[y\/N\] /);
    terminal.type('\n');
    expect(await terminal.ended()).toBe(0);
    expect(await machine.ok('ps', '-aq', '--no-trunc')).toContain(off);

    expect(await prune()).toBe(`Deleted Containers:\n${off}\n\n`);
    expect(await machine.ok('volume', 'ls', '-q')).toBe('data\nidle');
    expect(await prune('--all', '--volumes')).toMatch(
      /^Deleted Volumes:\nidle\n\nDeleted Images:\nuntagged: used:latest\ndeleted: sha256:\S+\n\n$/,
    );
    expect(await images()).toEqual([IMAGE]);
    await machine.ok('rm', '-f', 'on');
    // What df promised.
    const df = () => machine.ok('system', 'df', '--format={{.RawReclaimable}}');
    expect(Number((await df()).split('\n')[0])).toBe(duIn(...imageFolders()));
    expect(await prune('--all')).toMatch(
      /^Deleted Images:\nuntagged: bb:latest\ndeleted: sha256:\S+\ndeleted: sha256:\S+\n\n$/,
    );
    expect(duIn(...imageFolders())).toBe(0);
    expect(await machine.ok('volume', 'rm', 'data')).toBe('data');
  });

  test('what broken pulls and killed commands left', async () => {
    const blobs = `${machine.root}/blobs/sha256`;
    const old = new Date(Date.now() - 120_000);
    const orphan = Buffer.from('{"of":"no image"}');
    const files = {
      [`${blobs}/${'a'.repeat(64)}.partial`]: Buffer.alloc(1_000_000, 'x'),
      [`${blobs}/${new Bun.CryptoHasher('sha256').update(orphan).digest('hex')}`]: orphan,
      [`${machine.root}/tmp/layer-killed/diff/file`]: Buffer.alloc(100_000, 'y'),
    };
    mkdirSync(`${machine.root}/tmp/layer-killed/diff`, { recursive: true });
    for (const [path, bytes] of Object.entries(files)) {
      writeFileSync(path, bytes);
      utimesSync(path, old, old);
    }
    // A filter asks for something that these do not have.
    expect(await prune('--filter', 'label!=nothing')).toBe('');
    const before = du(machine.root);
    expect(await prune()).toBe('');
    expect(before - du(machine.root)).toBeGreaterThan(1_100_000);
    for (const path of Object.keys(files)) expect(existsSync(path)).toBe(false);
  });

  test('migrate and renumber have little to do, and say so', async () => {
    expect(await machine.proa('system', 'renumber')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^Nothing to renumber/),
    });
    expect(await machine.proa('system', 'migrate')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^Nothing to migrate/),
    });
    await importAs(IMAGE, 'CMD ["sh"]');
    await machine.ok('create', '--name=c', '--network=none', IMAGE);
    await refused(machine, ['system', 'migrate', '--new-runtime', 'no-such-runtime'], 125);
    expect((await machine.proa('system', 'migrate', '--new-runtime', 'runc')).err).toMatch(
      /^1 containers will run with runc/,
    );
    expect(await machine.inspect('c', '{{json .HostConfig.Runtime}}')).toBe('runc');
  });
});
