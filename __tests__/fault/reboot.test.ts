/** A reboot: RUNROOT is gone, and so are all processes, mounts, interfaces and cgroups. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { collect } from '../e2e/support/child.ts';
import { interfacesOf, mountsBelow } from '../e2e/support/leftovers.ts';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';

describeAs('root', (machine) => {
  /** What the end of the kernel does to what this machine has. */
  async function reboot(options: { runRootStays?: boolean } = {}): Promise<void> {
    const ids = (await machine.ok('ps', '-aq', '--no-trunc')).split('\n').filter(Boolean);
    const [bridge] = interfacesOf(machine.runRoot);
    // conmon first, so that none of them has a last word.
    for (const pid of [...conmons(), ...ids.flatMap(membersOf)]) process.kill(pid, 'SIGKILL');
    while (conmons().length > 0) await Bun.sleep(5);
    for (const line of mountsBelow(machine.folder).reverse())
      await collect(['umount', '-l', line.slice('mount '.length)]);
    if (bridge !== undefined) await collect(['ip', 'link', 'delete', bridge]);
    for (const id of ids) removeCgroups('/sys/fs/cgroup', `proa-${id}`);
    if (options.runRootStays) await Bun.write(`${machine.runRoot}/boot-id`, 'another boot');
    else rmSync(machine.runRoot, { recursive: true });
  }

  /** This machine's conmons. */
  function conmons(): number[] {
    const { stdout } = Bun.spawnSync(['pgrep', '-f', `conmon .*${machine.folder}`]);
    return stdout.toString().split('\n').filter(Boolean).map(Number);
  }

  test.each([
    ['is on a tmpfs and gone', {}],
    ['is on a disk and stale', { runRootStays: true }],
  ])('every container is listed as exited and can be started; RUNROOT %s', async (_, options) => {
    const script = 'echo run >> /own; echo run > /data/file; sleep 1000';
    await machine.ok(
      'run',
      '-d',
      '--name=none',
      '--network=none',
      '-v=data:/data',
      IMAGE,
      'sh',
      '-c',
      script,
    );
    await machine.ok('run', '-d', '--name=bridge', '-p=127.0.0.1::80', IMAGE, 'sh', '-c', 'sleep 1000');
    await machine.ok(
      'run',
      '-d',
      '--name=policy',
      '--network=none',
      '--restart=always',
      IMAGE,
      'sleep',
      '1000',
    );
    await machine.ok('run', '-d', '--rm', '--name=brief', '--network=none', IMAGE, 'sleep', '1000');
    await machine.ok('run', '--name=ended', '--network=none', IMAGE, 'sh', '-c', 'exit 3').catch(() => {});
    await machine.ok('create', '--name=fresh', '--network=none', IMAGE, 'true');
    await machine.ok('exec', 'none', 'true');

    await reboot(options);

    const rows = (await machine.ok('ps', '-a', '--format={{.Names}}: {{.Status}}')).split('\n').sort();
    expect(rows).toEqual([
      expect.stringMatching(/^bridge: Exited \(255\)/),
      expect.stringMatching(/^brief: Exited \(255\)/),
      expect.stringMatching(/^ended: Exited \(3\)/),
      expect.stringMatching(/^fresh: Created/),
      expect.stringMatching(/^none: Exited \(255\)/),
      expect.stringMatching(/^policy: Exited \(255\)/),
    ]);
    expect(await machine.ok('ps', '-q')).toBe('');
    await machine.ok('start', 'bridge', 'none', 'policy', 'ended', 'fresh');
    expect(await machine.ok('exec', 'none', 'cat', '/own', '/data/file')).toBe('run\nrun\nrun');
    expect(await machine.ok('exec', 'bridge', 'ip', '-o', '-4', 'addr', 'show', 'eth0')).toContain('inet ');
    expect(await machine.ok('port', 'bridge')).toContain('127.0.0.1:');
    await machine.ok('system', 'check', '--repair');
    await machine.clear();
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
  });

  test('a repair after a reboot settles all', async () => {
    await machine.ok('run', '-d', '--name=victim', IMAGE, 'sleep', '1000');
    await machine.ok('run', '-d', '--rm', '--name=brief', IMAGE, 'sleep', '1000');
    await reboot();
    const check = await machine.proa('system', 'check');
    expect(check.code).toBe(1);
    await machine.ok('system', 'check', '--repair');
    // One that was to remove itself at its end has done so.
    expect(await machine.ok('ps', '-a', '--format={{.Names}}: {{.Status}}')).toMatch(
      /^victim: Exited \(255\) [^\n]*$/,
    );
    await machine.clear();
  });
});

/** The processes of a container. */
function membersOf(id: string): number[] {
  const groups = readdirSync('/sys/fs/cgroup').map(
    (name) => `/sys/fs/cgroup/${name}/proa-${id}/cgroup.procs`,
  );
  const file = [`/sys/fs/cgroup/proa-${id}/cgroup.procs`, ...groups].find(existsSync);
  return file === undefined ? [] : readFileSync(file, 'latin1').split('\n').filter(Boolean).map(Number);
}

/** Cgroups that a kernel's end takes along. */
function removeCgroups(folder: string, name: string): void {
  for (const parent of ['', ...readdirSync(folder)]) {
    const path = `${folder}/${parent}/${name}`;
    if (existsSync(path)) rmdirSync(path);
  }
}
