/** The child process: chroot, digests, errors, limits, and users. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { AT_FDCWD, tryGetXattr } from '../../../lib/core/sys/file.ts';
import { type FileStatus, tryStatAt } from '../../../lib/core/sys/stat.ts';
import { openUnpacker, type UnpackOptions, type UnpackResult } from '../../../lib/storage/tar/unpack.ts';
import { archive, file, folder, header, link, symlink } from './support/archive.ts';
import { childCommand, isRoot, Playground, testAsRoot } from './support/unpack.ts';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
/** What makes an ordinary user root of a user namespace with a single id. */
const asUser = isRoot
  ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'unshare', '--user', '--map-root-user']
  : ['unshare', '--user', '--map-root-user'];

function start(place: Playground, options: Partial<UnpackOptions> = {}) {
  return openUnpacker({
    target: place.diff,
    recipe: place.recipe,
    xattrPrefix: isRoot ? 'trusted' : 'user',
    ignoreOwner: !isRoot,
    command: isRoot ? childCommand : [...asUser, ...childCommand],
    ...options,
  });
}

async function unpack(
  place: Playground,
  bytes: Uint8Array,
  options?: Partial<UnpackOptions>,
): Promise<UnpackResult> {
  await using unpacker = start(place, options);
  for (let at = 0; at < bytes.length; at += 100_000) await unpacker.write(bytes.subarray(at, at + 100_000));
  return await unpacker.finish();
}

const failure = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('the unpacking process', () => {
  const tar = archive(
    folder('d'),
    file('d/f', 'content'),
    file('big', Buffer.alloc(300_000, 'big')),
    symlink('l', 'd/f'),
  );

  test.each([
    ['gzip', gzipSync(tar)],
    ['gzip in two members', Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))])],
    ['zstd', zstdCompressSync(tar)],
    ['plain', tar],
    ['xz', Buffer.from(Bun.spawnSync(['xz', '-c'], { stdin: tar }).stdout)],
    ['bzip2', Buffer.from(Bun.spawnSync(['bzip2', '-c'], { stdin: tar }).stdout)],
  ])('%s: counts, hashes, unpacks, and the archive comes back', async (_, blob) => {
    using place = new Playground();
    const result = await unpack(place, blob, {
      expectedDigest: sha256(blob),
      expectedSize: blob.length,
      expectedDiffId: sha256(tar),
    });
    expect(result).toEqual({
      digest: sha256(blob),
      size: blob.length,
      diffId: sha256(tar),
      plainSize: tar.length,
      diskSize: 300_007,
      files: 4,
      skipped: { devices: 0, xattrs: 0 },
    });
    expect(place.list()).toEqual(['f big', 'd d', 'f d/f', 'l l -> d/f']);
    expect(place.text('d/f')).toBe('content');
    expect((await place.rebuild()).equals(tar)).toBe(true);
  });

  test('absolute links of the archive lead to the layer, not to the machine', async () => {
    using place = new Playground();
    await unpack(place, archive(symlink('etc', '/proc'), file('etc/escaped'), link('h', '/proc/escaped')));
    expect(place.list()).toEqual(['l etc -> /proc', 'f h', 'd proc', 'f proc/escaped']);
  });

  test('other digests than SHA-256', async () => {
    using place = new Playground();
    const expectedDigest = `sha512:${createHash('sha512').update(tar).digest('hex')}`;
    expect((await unpack(place, tar, { expectedDigest })).digest).toBe(expectedDigest);
  });

  test.each<[string, Partial<UnpackOptions>, string, string]>([
    ['digest', { expectedDigest: sha256(Buffer.from('x')) }, 'DIGEST_MISMATCH', 'its digest is sha256:'],
    ['diff id', { expectedDiffId: sha256(Buffer.from('x')) }, 'DIGEST_MISMATCH', 'its diff id is sha256:'],
    ['size', { expectedSize: tar.length + 1 }, 'DIGEST_MISMATCH', `not ${tar.length + 1}`],
    ['smaller size', { expectedSize: 1000 }, 'DIGEST_MISMATCH', 'not 1000'],
    ['compression', { compression: 'gzip' }, 'BAD_COMPRESSION', 'incorrect header check'],
    ['target', { target: '/nonexistent/folder' }, 'ENOENT', '/nonexistent/folder'],
    ['digest algorithm', { expectedDigest: 'md5:0' }, 'BAD_DIGEST', 'unknown algorithm'],
    ['recipe', { recipe: '/nonexistent/recipe' }, 'ENOENT', '/nonexistent/recipe'],
  ])('a wrong %s is an error', async (_, options, code, message) => {
    using place = new Playground();
    await expect(unpack(place, tar, options)).rejects.toEqual(failure(code, message));
  });

  test('an existing recipe is not written over', async () => {
    using place = new Playground();
    writeFileSync(place.recipe, 'precious');
    await expect(unpack(place, tar)).rejects.toEqual(failure('EEXIST', place.recipe));
    expect(readFileSync(place.recipe, 'utf8')).toBe('precious');
  });

  test("the child's error reaches the writer while it still writes, with code and hint", async () => {
    using place = new Playground();
    await using unpacker = start(place);
    await unpacker.write(archive(file('../escaped')));
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 10_000; i++) await unpacker.write(Buffer.alloc(65_536));
    };
    await expect(flood()).rejects.toEqual(
      expect.objectContaining({
        code: 'HOSTILE_ARCHIVE',
        hint: expect.stringContaining('do not use this image'),
      }),
    );
    await expect(unpacker.finish()).rejects.toEqual(failure('HOSTILE_ARCHIVE', 'leads out of the layer'));
  });

  test('a cut-off layer is an error', async () => {
    using place = new Playground();
    await expect(unpack(place, tar.subarray(0, 2000))).rejects.toEqual(
      failure('BAD_ARCHIVE', 'cut off after 2000 bytes'),
    );
  });

  test('abort ends the child at once', async () => {
    using place = new Playground();
    const unpacker = start(place);
    await unpacker.write(header({ name: 'f', size: 1 << 30 }));
    await unpacker.abort();
    await expect(unpacker.finish()).rejects.toEqual(failure('UNPACK_DIED', 'SIGKILL'));
  });

  test('a child that cannot start or dies is an error that says so', async () => {
    using place = new Playground();
    await expect(
      unpack(place, tar, { command: ['sh', '-c', 'echo no such thing >&2; exit 3'] }),
    ).rejects.toEqual(failure('UNPACK_DIED', 'exit code 3: no such thing'));
  });

  test('the child dies with its parent', async () => {
    using place = new Playground();
    const script = `
      import { openUnpacker } from '${join(__dirname, '../../../lib/storage/tar/unpack.ts')}';
      const unpacker = openUnpacker(${JSON.stringify({
        target: place.diff,
        recipe: place.recipe,
        xattrPrefix: 'user',
        ignoreOwner: true,
        command: isRoot ? childCommand : [...asUser, ...childCommand],
      })});
      await unpacker.write(new Uint8Array(${header({ name: 'f', size: 1 << 30 }).length}));
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    while (!existsSync(place.recipe)) await Bun.sleep(5);
    const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim();
    expect(children).toMatch(/^\d+$/);
    parent.kill('SIGKILL');
    const deadline = Date.now() + 5000;
    const alive = (): boolean =>
      existsSync(`/proc/${children}`) &&
      !/^State:\s*Z/m.test(readFileSync(`/proc/${children}/status`, 'utf8'));
    while (alive() && Date.now() < deadline) await Bun.sleep(10);
    expect(alive()).toBe(false);
  });

  test('a bomb of zeros fills neither memory nor disk', async () => {
    using place = new Playground();
    const size = 2 ** 31;
    const piece = gzipSync(Buffer.alloc(64 << 20), { level: 1 });
    await using unpacker = start(place);
    await unpacker.write(
      gzipSync(header({ name: 'bomb', edit: (block) => void block.write('20000000000\0', 124) })),
    );
    let peak = 0;
    for (let sent = 0; sent < size; sent += 64 << 20) {
      await unpacker.write(piece);
      peak = Math.max(peak, peakOfChildren());
    }
    await unpacker.write(gzipSync(Buffer.alloc(1024)));
    const result = await unpacker.finish();
    expect(result).toMatchObject({ diskSize: size, plainSize: size + 1536, files: 1 });
    const status = tryStatAt(AT_FDCWD, place.at('bomb')) as FileStatus;
    expect(status.size).toBe(size);
    expect(Number(execFileSync('stat', ['-c', '%b', place.at('bomb')]))).toBe(0);
    expect(peak).toBeGreaterThan(10);
    expect(peak).toBeLessThan(110);
  }, 30_000);

  testAsRoot('a full disk is an error that says so', async () => {
    using place = new Playground();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', place.diff]);
    try {
      const big = archive(folder('d'), file('d/big', Buffer.alloc(4 << 20, 'x')));
      await expect(unpack(place, big)).rejects.toEqual(
        expect.objectContaining({
          code: 'ENOSPC',
          message: 'unpack d/big: write: no space left on device',
          hint: expect.stringContaining('free space'),
        }),
      );
    } finally {
      execFileSync('umount', [place.diff]);
    }
  });
});

describe('an ordinary user', () => {
  /** A playground that the user may write to. */
  function playground(): Playground {
    const place = new Playground();
    if (!isRoot) return place;
    for (const dir of [place.path, join(place.path, 'layer'), place.diff]) {
      chownSync(dir, 65_534, 65_534);
      chmodSync(dir, 0o755);
    }
    return place;
  }
  const options: Partial<UnpackOptions> = {
    xattrPrefix: 'user',
    ignoreOwner: true,
    command: [...asUser, ...childCommand],
  };
  const tar = archive(
    { ...folder('locked', 0o500), uid: 1000 },
    { ...file('locked/f'), uid: 1000, gid: 1000, mode: 0o4711 },
    file('locked/.wh.gone', ''),
    file('opt/.wh..wh..opq', ''),
    { name: 'null', type: '3', major: 1, minor: 3 },
    { ...file('cap', 'x'), mode: 0o755, pax: { 'SCHILY.xattr.trusted.x': '1', 'SCHILY.xattr.user.x': '2' } },
  );

  test('with a single id: everything is the user’s, devices are left out, marks are user.*', async () => {
    using place = playground();
    const result = await unpack(place, gzipSync(tar), options);
    expect(result).toMatchObject({ files: 6, diffId: sha256(tar), skipped: { devices: 1, xattrs: 1 } });
    expect(place.list()).toEqual(['f cap', 'd locked', 'f locked/f', 'c locked/gone', 'd opt']);
    const status = tryStatAt(AT_FDCWD, place.at('locked/f')) as FileStatus;
    const user = isRoot ? 65_534 : process.geteuid!();
    expect([status.uid, status.mode & 0o7777]).toEqual([user, 0o4711]);
    expect((tryStatAt(AT_FDCWD, place.at('locked')) as FileStatus).mode & 0o7777).toBe(0o500);
    expect(tryGetXattr(place.at('opt'), 'user.overlay.opaque')).toEqual(new Uint8Array([0x79]));
    expect(tryGetXattr(place.at('cap'), 'user.x')).toEqual(new Uint8Array([0x32]));
    if (isRoot) expect((await place.rebuild()).equals(tar)).toBe(true);
  });

  test('an id that the namespace does not map: the file, the ids and the cure', async () => {
    using place = playground();
    await expect(unpack(place, tar, { ...options, ignoreOwner: false })).rejects.toEqual(
      expect.objectContaining({
        code: 'ID_NOT_MAPPED',
        message: 'unpack locked/: set its owner to 1000:0: this user namespace has no such id',
        hint: expect.stringContaining('/etc/subuid'),
      }),
    );
  });

  testAsRoot('file capabilities can be set inside a user namespace', async () => {
    using place = playground();
    mkdirSync(join(place.path, 'from'));
    const program = join(place.path, 'from/ping');
    writeFileSync(program, 'x', { mode: 0o755 });
    execFileSync('setcap', ['cap_net_raw+ep', program]);
    const capability = tryGetXattr(program, 'security.capability') as Uint8Array;
    const packed = archive({
      ...file('ping'),
      mode: 0o755,
      pax: { 'SCHILY.xattr.security.capability': capability },
    });
    const result = await unpack(place, packed, options);
    expect(result.skipped.xattrs).toBe(0);
    expect(execFileSync('getcap', ['-n', place.at('ping')]).toString()).toMatch(
      /cap_net_raw[+=]ep \[rootid=65534\]/,
    );
  });
});

/** Largest resident size that any child of this process has had, in MiB. */
function peakOfChildren(): number {
  const pids = execFileSync('sh', ['-c', `cat /proc/${process.pid}/task/*/children`])
    .toString()
    .trim()
    .split(/\s+/);
  return Math.max(
    0,
    ...pids.map((pid) => {
      try {
        return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
      } catch {
        return 0; // the shell that listed them
      }
    }),
  );
}
