// cp where the container works against it: nothing outside of the container is ever written or shown.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { archive, file, folder, link, symlink } from '../storage/tar/support/archive.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  /** A folder of the host that no container may reach. */
  let host = '';
  let home = '';
  const canary = () => readdirSync(host).map((name) => `${name}: ${readFileSync(`${host}/${name}`, 'utf8')}`);
  const untouched = ['secret: of the host\n'];

  beforeAll(async () => {
    host = await machine.makeFolder('host');
    home = await machine.makeFolder('files');
    writeFileSync(`${host}/secret`, 'of the host\n');
    writeFileSync(`${home}/payload`, 'payload\n');
    mkdirSync(`${home}/tree/d`, { recursive: true });
    writeFileSync(`${home}/tree/d/payload`, 'payload\n');
  });
  afterEach(() => expect(canary()).toEqual(untouched));

  /** A container whose script goes on for ever. */
  const begin = (script: string) =>
    machine.ok(
      'run',
      '-d',
      '--name',
      'c',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      `${script}; touch /ready; sleep 100`,
    );
  const ready = () => machine.ok('exec', 'c', '/bin/sh', '-c', 'until [ -e /ready ]; do :; done');

  test('a folder that is swapped for a link to the host while files are copied (CVE-2018-15664)', async () => {
    const swap = `while :; do mkdir -p /x/d; echo mine > /x/d/secret; mv /x/d /x/o; ln -s ${host} /x/d; rm /x/d; rm -rf /x/o; done`;
    await begin(`mkdir /x; (${swap}) 2>/dev/null & true`);
    await ready();
    const seen = new Set<string>();
    const work = async (round: number) => {
      const target = `${home}/out-${round}`;
      await machine.proa('cp', `${home}/payload`, 'c:/x/d/stolen');
      await machine.proa('cp', 'c:/x/d/secret', target);
      if (existsSync(target)) seen.add(readFileSync(target, 'utf8'));
      await machine.proa('cp', `${home}/tree/.`, 'c:/x');
      const { out } = await machine.proaBytes({}, 'cp', '-L', 'c:/x/d', '-');
      expect(out.includes('of the host')).toBe(false);
    };
    for (let round = 0; round < 4; round++) await Promise.all([work(2 * round), work(2 * round + 1)]);
    expect([...seen].filter((text) => text !== 'mine\n' && text !== '')).toEqual([]);
  });

  test('links that are there: absolute, upwards, and those of procfs', async () => {
    const up = '../../../../../../../../../..';
    await begin(
      `ln -s ${host} /abs; ln -s ${up}${host} /up; ln -s ${host}/secret /file; ln -s /etc /inside; ln -s /proc/1/root /magic; mkdir /v; ln -s ${host} /v/l`,
    );
    await ready();
    const to = async (path: string) =>
      (await machine.proa('cp', `${home}/payload`, `c:${path}`)).err.split('\n')[0];
    const from = async (path: string, ...options: string[]) =>
      (await machine.proa('cp', ...options, `c:${path}`, `${home}/got`)).err.split('\n')[0];
    for (const state of ['running', 'at rest']) {
      if (state === 'at rest') await machine.ok('stop', '-t', '0', 'c');
      for (const path of ['/abs/new', '/up/new', '/file', '/v/l/new'])
        expect([path, await to(path)]).toEqual([path, expect.stringMatching(/no such directory$/)]);
      for (const path of ['/abs/secret', '/up/secret', '/v/l/secret', `${up}${host}/secret`])
        expect([path, await from(path)]).toEqual([path, expect.stringMatching(/no such file or directory$/)]);
      expect(await from('/file', '-L')).toMatch(/no such file or directory$/);
      expect(await from('/magic/etc/passwd')).toMatch(
        state === 'running' ? /too many|symbolic/ : /no such file/,
      );
      expect(await to('/inside/landed')).toBe('');
      expect(existsSync('/etc/landed')).toBe(false);
    }
    expect(existsSync(`${home}/got`)).toBe(false);
  });

  test('archives: names that lead out, links as parents, hard links to the host', async () => {
    await machine.ok('create', '--name', 'c', IMAGE);
    const unpack = async (...members: Parameters<typeof archive>) => {
      const { code, err } = await machine.proaWith(
        { stdin: new Uint8Array(archive(...members)) },
        'cp',
        '-',
        'c:/tmp',
      );
      return code === 0 ? 'copied' : err.replace(/^Error: copy archive to c:\/tmp: /, '').trim();
    };
    const deep = '../'.repeat(12);
    expect(await unpack(file(`${deep}${host.slice(1)}/new`))).toMatch(/its name leads out/);
    expect(await unpack(link('hard', `${deep}${host.slice(1)}/secret`))).toMatch(/leads out/);
    expect(await unpack(link('hard', `${host}/secret`))).toMatch(/no such file or directory/);
    // As in the container: what is absolute there begins at its root.
    expect(await unpack(symlink('parent', host), file('parent/new', 'inside'))).toBe('copied');
    expect(await unpack(symlink('up', `${deep}${host.slice(1)}`), folder('up/sub'), file('up/sub/new'))).toBe(
      'copied',
    );
    expect(await unpack(symlink('l', `${host}/secret`), file('l', 'mine'))).toBe('copied');
    expect(await unpack(file('/etc/absolute', 'below'))).toBe('copied');
    const { out } = await machine.proaBytes({}, 'cp', `c:${host}/new`, '-');
    expect(out.toString('latin1', 512, 518)).toBe('inside');
  });

  test('a folder out of the container never writes through links that an earlier copy left', async () => {
    await begin(
      `mkdir -p /one/tree /two/tree/d; ln -s ${host} /one/tree/d; echo bad > /two/tree/d/secret; echo bad > /two/tree/d/new`,
    );
    await ready();
    const target = await machine.makeFolder('target');
    await machine.ok('cp', 'c:/one/tree', target);
    const { code, err } = await machine.proa('cp', 'c:/two/tree', target);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/cannot overwrite non-directory .*tree\/d with directory/),
    ]);
    await machine.ok('cp', '--overwrite', 'c:/two/tree', target);
    expect(readdirSync(`${target}/tree/d`)).toEqual(['new', 'secret']);
  });

  test('nothing of the container is run or loaded (CVE-2019-14271), and no fifo or device is opened', async () => {
    const programs = ['cp', 'tar', 'gzip', 'xz'].map((name) => `/usr/bin/${name}`);
    const libraries = ['libnss_files.so.2', 'libc.so.6'].map((name) => `/lib/x86_64-linux-gnu/${name}`);
    const trap = `for f in ${[...programs, ...libraries].join(' ')}; do mkdir -p "$(dirname $f)"; printf '#!/bin/sh\\ntouch /ran\\n' > $f; chmod 755 $f; done`;
    await begin(
      `${trap}; echo /lib/x86_64-linux-gnu/libc.so.6 > /etc/ld.so.preload; mkdir /odd; mkfifo /odd/fifo; echo x > /odd/file`,
    );
    await ready();
    await machine.ok('cp', `${home}/tree`, 'c:/in');
    await machine.proaWith({ stdin: Bun.gzipSync(new Uint8Array(archive(file('x')))) }, 'cp', '-', 'c:/in');
    const { out, code } = await machine.proaBytes({ timeout: 5_000 }, 'cp', 'c:/odd', '-');
    expect([code, out.toString('latin1', 0, 9)]).toEqual([0, 'odd/\0\0\0\0\0']);
    expect((await machine.proa('exec', 'c', 'ls', '/ran')).code).not.toBe(0);
  });
});
