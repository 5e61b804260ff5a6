// cp: files between containers and the machine, both ways, and as tar streams.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { collect } from './support/child.ts';
import { tarOf } from './support/image.ts';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';

/** Runs `cp` and returns how it ended; errors without their hints. */
async function cp(machine: Machine, ...args: string[]) {
  const { code, err } = await machine.proa('cp', ...args);
  return code === 0 ? 'copied' : (err.split('\n')[0] ?? '').replace(/^Error: /, '');
}

async function tarNames(archive: Buffer): Promise<string[]> {
  const { out } = await collect(['tar', '-tvP', '--full-time'], { stdin: new Uint8Array(archive) });
  return out
    .trim()
    .split('\n')
    .map((line) => `${line[0]} ${line.replace(/^(\S+\s+){5}/, '')}`);
}

describeAs(['root', 'user'], (machine) => {
  let home = '';
  beforeAll(async () => {
    home = await machine.makeFolder('files');
    mkdirSync(`${home}/folder/sub`, { recursive: true });
    writeFileSync(`${home}/file`, 'one\n');
    writeFileSync(`${home}/folder/inner`, 'inner\n');
    writeFileSync(`${home}/folder/sub/deep`, 'deep\n');
    symlinkSync('file', `${home}/link`);
    symlinkSync('folder', `${home}/folder-link`);
    chmodSync(`${home}/file`, 0o604);
    utimesSync(`${home}/file`, 1e9, 1e9);
  });

  test('the rules of docker-cp(1) about destinations, in a running container and in one at rest', async () => {
    const make =
      'mkdir /there /other; echo old > /taken; ln -s /there /to-folder; ln -s /taken /to-file; ln -s /later /to-nothing';
    await machine.ok(
      'run',
      '-d',
      '--name',
      'c',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      `${make}; touch /ready; sleep 100`,
    );
    await machine.ok('exec', 'c', 'sh', '-c', 'until [ -e /ready ]; do :; done');
    for (const state of ['running', 'at rest']) {
      if (state === 'at rest') await machine.ok('stop', '-t', '0', 'c');
      const at = state === 'running' ? '/there' : '/other';
      const to = (path: string, source = 'file') => cp(machine, `${home}/${source}`, `c:${path}`);
      expect({
        new: await to(`${at}/new`),
        slash: await to(`${at}/no/`),
        parent: await to('/no/such'),
        folder: await to(at),
        newFolder: await to(`${at}/copy`, 'folder'),
        again: await to(`${at}/copy`, 'folder'),
        content: await to(`${at}/content`, 'folder/.'),
        merged: await to(at, 'folder/.'),
        onFile: await to('/taken', 'folder'),
        fileSlash: await to('/taken/', 'file'),
        behindFile: await to('/taken/x', 'folder'),
        link: await to(at, 'link'),
        linkSlash: await to(`${at}/followed`, 'folder-link/'),
        missing: await to('/', 'nothing'),
        relative: await to(`${at.slice(1)}/relative`),
        toFile: await to('/to-file'),
        toNothing: await to('/to-nothing'),
      }).toEqual({
        new: 'copied',
        slash: `copy to c:${at}/no/: no such directory`,
        parent: 'copy to c:/no: no such directory',
        folder: 'copied',
        newFolder: 'copied',
        again: 'copied',
        content: 'copied',
        merged: 'copied',
        onFile: 'copy to c:/taken: cannot copy directory onto a file',
        fileSlash: 'copy to c:/taken/: no such directory',
        behindFile: 'copy to c:/taken: not a directory',
        link: 'copied',
        linkSlash: 'copied',
        missing: `copy ${home}/nothing: no such file or directory`,
        relative: 'copied',
        toFile: 'copied',
        toNothing: 'copied',
      });
      const { out } = await machine.proaBytes({}, 'cp', `c:${at}/.`, '-');
      expect((await tarNames(out)).sort()).toEqual([
        '- ./content/inner',
        '- ./content/sub/deep',
        '- ./copy/folder/inner',
        '- ./copy/folder/sub/deep',
        '- ./copy/inner',
        '- ./copy/sub/deep',
        '- ./file',
        '- ./followed/inner',
        '- ./followed/sub/deep',
        '- ./inner',
        '- ./new',
        '- ./relative',
        '- ./sub/deep',
        'd ./',
        'd ./content/',
        'd ./content/sub/',
        'd ./copy/',
        'd ./copy/folder/',
        'd ./copy/folder/sub/',
        'd ./copy/sub/',
        'd ./followed/',
        'd ./followed/sub/',
        'd ./sub/',
        'l ./link -> file',
      ]);
    }
    // What a link led to got the content, and the links are still links; mode and time came along.
    const back = await machine.makeFolder('back');
    for (const path of ['taken', 'later', 'to-file', 'there/file'])
      await machine.ok('cp', `c:/${path}`, back);
    expect(readFileSync(`${back}/taken`, 'utf8')).toBe('one\n');
    expect(readFileSync(`${back}/later`, 'utf8')).toBe('one\n');
    expect(readlinkSync(`${back}/to-file`)).toBe('/taken');
    const { mode, mtimeMs, uid } = lstatSync(`${back}/file`);
    expect([mode & 0o7777, mtimeMs, uid]).toEqual([0o604, 1e12, machine.account.uid]);
  });

  test('out of a container: files, folders, their content, links, and names in archives', async () => {
    await machine.ok(
      ...['run', '-d', '--name', 'c', '--network=none', IMAGE, 'sh', '-c'],
      'mkdir -p /a/b; echo hi > /a/b/f; ln /a/b/f /a/b/g; ln -s f /a/b/l; ln -s /a/b /a/dl; chown 7:8 /a/b/f; sleep 100',
    );
    await machine.ok('exec', 'c', 'sh', '-c', 'until [ -n "$(find /a/b/f -user 7)" ]; do :; done');
    const names = async (...args: string[]) =>
      tarNames((await machine.proaBytes({}, 'cp', ...args, '-')).out);
    expect(await names('c:/a/b')).toEqual(['d b/', '- b/f', 'h b/g link to b/f', 'l b/l -> f']);
    expect(await names('c:/a/b/.')).toEqual(['d ./', '- ./f', 'h ./g link to ./f', 'l ./l -> f']);
    expect(await names('c:/a/dl')).toEqual(['l dl -> /a/b']);
    expect(await names('-L', 'c:/a/b/l')).toEqual(['- f']);
    expect(await names('c:/a/dl/')).toEqual(['d dl/', '- dl/f', 'h dl/g link to dl/f', 'l dl/l -> f']);
    const whole = await names('c:/');
    expect(whole).toEqual(expect.arrayContaining(['d /', 'd /proc/', 'd /sys/', 'd /dev/', '- /a/b/f']));
    // Nothing of the kernel's.
    expect(whole.filter((name) => /^. \/(proc|sys|dev)\/./.test(name))).toEqual([]);

    const out = await machine.makeFolder('out');
    await machine.ok('cp', 'c:/a/b', `${out}/new`);
    await machine.ok('cp', 'c:/a/b', `${out}/new`);
    await machine.ok('cp', '-L', 'c:/a/dl', `${out}/through`);
    await machine.ok('cp', 'c:proc/1/comm', `${out}/comm`);
    expect(readFileSync(`${out}/new/b/f`, 'utf8')).toBe('hi\n');
    expect(lstatSync(`${out}/new/f`).ino).toBe(lstatSync(`${out}/new/g`).ino);
    expect(lstatSync(`${out}/new/f`).uid).toBe(machine.account.uid);
    expect(readlinkSync(`${out}/through/l`)).toBe('f');
    expect(readFileSync(`${out}/comm`, 'utf8')).toBe('sleep\n');
    await machine.ok('cp', '-a', 'c:/a/b/f', `${out}/archived`);
    expect(lstatSync(`${out}/archived`).uid).not.toBe(machine.account.uid);
    expect(await cp(machine, 'c:/a/b', `${out}/comm`)).toMatch(/cannot copy directory onto a file$/);
    expect(await cp(machine, 'c:/nope', out)).toBe('copy c:/nope: no such file or directory');
    expect(await cp(machine, 'nope:/x', out)).toBe('find container nope: no such container');
    expect(await cp(machine, `${out}/comm`, out)).toMatch(/must specify at least one container/);
    expect(await cp(machine, 'c:', out)).toMatch(/lacks a path/);
    expect(await cp(machine, 'c:/a', 'c:/a/b')).toMatch(/^copy to c:\/a\/b: the folder is in the one/);
    expect(existsSync(`${out}/nope`)).toBe(false);
  });

  test('from container to container, and a folder over a file only with --overwrite', async () => {
    await machine.ok('create', '--name', 'one', IMAGE);
    await machine.ok('run', '-d', '--name', 'two', '--network=none', IMAGE, 'sleep', '100');
    await machine.ok('cp', `${home}/folder`, 'one:/srv');
    await machine.ok('cp', 'one:/srv', 'two:/srv');
    await machine.ok('cp', 'two:/srv/sub/.', 'one:/srv');
    await machine.ok('cp', 'one:/srv/deep', 'one:/srv/deeper');
    expect(await machine.ok('exec', 'two', 'cat', '/srv/sub/deep')).toBe('deep');
    const { out } = await machine.proaBytes({}, 'cp', 'one:/srv/deeper', '-');
    expect(out.subarray(512, 517).toString()).toBe('deep\n');

    mkdirSync(`${home}/clash`, { recursive: true });
    writeFileSync(`${home}/clash/sub`, 'a file\n');
    expect(await cp(machine, `${home}/clash/.`, 'two:/srv')).toMatch(
      /cannot overwrite directory srv\/sub with non-directory$/,
    );
    await machine.ok('cp', '--overwrite', `${home}/clash/.`, 'two:/srv');
    expect(await machine.ok('exec', 'two', 'cat', '/srv/sub')).toBe('a file');
    expect(await cp(machine, `${home}/folder/.`, 'two:/srv')).toMatch(
      /cannot overwrite non-directory srv\/sub with directory$/,
    );
  });

  test('volumes and bind mounts, of running containers and at rest; what is read-only stays so', async () => {
    const bound = await machine.makeFolder('bound');
    writeFileSync(`${bound}/config`, 'old\n');
    chownSync(`${bound}/config`, machine.account.uid, machine.account.gid);
    await machine.ok(
      ...[
        'run',
        '-d',
        '--name',
        'c',
        '--network=none',
        '--read-only',
        '-v',
        'data:/data',
        '-v',
        `${bound}:/bound`,
      ],
      ...['-v', `${bound}:/fixed:ro`, '-v', `${bound}/config:/etc/config`, IMAGE, 'sleep', '100'],
    );
    for (const state of ['running', 'at rest']) {
      if (state === 'at rest') await machine.ok('stop', '-t', '0', 'c');
      writeFileSync(`${home}/now`, `${state}\n`);
      const to = (path: string) => cp(machine, `${home}/now`, `c:${path}`);
      expect([await to('/data/x'), await to('/bound/x'), await to('/etc/config')]).toEqual([
        'copied',
        'copied',
        'copied',
      ]);
      expect(await to('/tmp')).toBe('copy to c:/tmp: container rootfs is marked read-only');
      expect(await to('/fixed/x')).toBe('copy to c:/fixed: mounted volume is marked read-only');
      for (const file of [`${machine.root}/volumes/data/_data/x`, `${bound}/x`, `${bound}/config`])
        expect(readFileSync(file, 'utf8')).toBe(`${state}\n`);
      // Also what the container shows there, and not what is below it.
      const { out } = await machine.proaBytes({}, 'cp', 'c:/fixed/config', '-');
      expect(out.toString('utf8', 512, 512 + state.length)).toBe(state);
    }
    expect(existsSync(`${bound}/no`)).toBe(false);
  });

  test('tar archives on stdin, compressed or not', async () => {
    await machine.ok('create', '--name', 'c', IMAGE);
    const archive = tarOf({ 'a/one': 'eins\n', 'a/.wh.two': 'no whiteout here\n' });
    await machine.proaWith({ stdin: new Uint8Array(archive) }, 'cp', '-', 'c:/');
    await machine.proaWith({ stdin: Bun.gzipSync(new Uint8Array(archive)) }, 'cp', '-', 'c:/tmp');
    const { out } = await machine.proaBytes({}, 'cp', 'c:/tmp/a', '-');
    expect(await tarNames(out)).toEqual(['d a/', '- a/.wh.two', '- a/one']);
    const onFile = await machine.proaWith({ stdin: new Uint8Array(archive) }, 'cp', '-', 'c:/a/one');
    expect([onFile.code, onFile.err]).toEqual([1, 'Error: destination "c:/a/one" must be a directory\n']);
    const broken = await machine.proaWith(
      { stdin: new Uint8Array(archive.subarray(0, 514)) },
      'cp',
      '-',
      'c:/',
    );
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(/cut off/);
  });

  test('a file keeps its holes', async () => {
    await machine.ok('create', '--name', 'c', IMAGE);
    await collect(['truncate', '-s', '200M', `${home}/sparse`]);
    await machine.ok('cp', `${home}/sparse`, 'c:/sparse');
    await machine.ok('cp', 'c:/sparse', `${home}/sparse-too`);
    const { size, blocks } = lstatSync(`${home}/sparse-too`);
    expect(size).toBe(200 * 1024 * 1024);
    expect(blocks).toBeLessThan(100);
  });
});
