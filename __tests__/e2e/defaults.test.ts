// What a container gets when nothing is asked for: little of the host, and Podman's rights.
import { readdirSync, readlinkSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];

describeAs(['root', 'user', 'single'], (machine) => {
  const status = async () => {
    // Not by a shell, which has its own mind about signals.
    const text = await machine.ok('run', '--rm', '--network=none', IMAGE, 'cat', '/proc/self/status');
    return (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1];
  };

  test('Podman’s default capabilities, and no others for what it starts', async () => {
    const of = await status();
    // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
    const bits = [0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 31];
    const mask = bits
      .reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)
      .toString(16)
      .padStart(16, '0');
    expect([of('CapPrm'), of('CapEff'), of('CapBnd')]).toEqual([mask, mask, mask]);
    expect([of('CapInh'), of('CapAmb')]).toEqual(['0000000000000000', '0000000000000000']);
  });

  test('a system call filter; privileges may be gained unless asked for', async () => {
    const of = await status();
    expect([of('Seccomp'), of('NoNewPrivs')]).toEqual(['2', '0']);
  });

  test('no signal is blocked or ignored', async () => {
    const of = await status();
    expect([of('SigBlk'), of('SigIgn')]).toEqual(['0000000000000000', '0000000000000000']);
  });

  test('namespaces of its own', async () => {
    const ls = await machine.shOk(
      `for n in ${NAMESPACES.join(' ')} user; do readlink /proc/self/ns/$n; done`,
    );
    const inside = ls.split('\n');
    const outside = [...NAMESPACES, 'user'].map((name) => readlinkSync(`/proc/self/ns/${name}`));
    for (const [i, name] of NAMESPACES.entries()) expect([name, inside[i]]).not.toEqual([name, outside[i]]);
    if (machine.who === 'root') expect(inside.at(-1)).toBe(outside.at(-1));
    else expect(inside.at(-1)).not.toBe(outside.at(-1));
    expect(await machine.shOk('cut -d: -f3 /proc/self/cgroup | sort -u')).toBe('/');
  });

  test('sees its own processes alone, as the first of them', async () => {
    expect(await machine.shOk('echo $$; ls -d /proc/[0-9]* | wc -l')).toMatch(/^1\n[23]$/);
  });

  test('what the kernel says of the host is masked or read-only', async () => {
    const script = `
      for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do [ -e $f ] && head -c1 $f | wc -c; done
      for d in /proc/acpi /proc/scsi /sys/firmware; do [ -e $d ] && ls $d | wc -l; done
      for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/mm/ksm/run; do
        [ -e $f ] && (echo x > $f) 2>/dev/null && echo "wrote $f"
      done; true`;
    expect(await machine.shOk(script)).toMatch(/^(0\n?)+$/);
  });

  test('/dev has the harmless devices and no others', async () => {
    const devices = (await machine.shOk('ls /dev')).split('\n');
    expect(devices.filter((name) => name !== 'console')).toEqual([
      'core',
      'fd',
      'full',
      'mqueue',
      'null',
      'ptmx',
      'pts',
      'random',
      'shm',
      'stderr',
      'stdin',
      'stdout',
      'tty',
      'urandom',
      'zero',
    ]);
    expect(
      await machine.shOk(
        'echo lost > /dev/null; head -c 3 /dev/zero | od -An -tx1; grep " /dev/shm " /proc/mounts',
      ),
    ).toMatch(/^ 00 00 00\n(shm|tmpfs) \/dev\/shm tmpfs .*nosuid,nodev,noexec.*size=6(4000|5536)k/);
  });

  test('no descriptor of ours leaks into it, nor a variable or a folder', async () => {
    // The last one is the folder that ls reads.
    expect(await machine.shOk('ls /proc/self/fd | wc -l; pwd; umask')).toBe('4\n/\n0022');
    const env = (await machine.shOk('env | cut -d= -f1 | sort')).split('\n');
    expect(env.filter((name) => !['PWD', 'SHLVL', 'OLDPWD', '_'].includes(name))).toEqual([
      'HOME',
      'HOSTNAME',
      'PATH',
    ]);
  });

  test('is not spared by the kernel when memory is short', async () => {
    const { out } = await machine.as(['cat', '/proc/self/oom_score_adj']);
    expect(Number(await machine.shOk('cat /proc/self/oom_score_adj'))).toBeGreaterThanOrEqual(Number(out));
  });

  test('its root is its own: the host’s files are out of sight', async () => {
    expect((await machine.shOk('ls /')).split('\n')).toEqual([
      'bin',
      'dev',
      'etc',
      'proc',
      'root',
      'sys',
      'tmp',
      'var',
    ]);
    expect(await machine.shOk('grep -c . /proc/mounts; grep " / " /proc/mounts')).toMatch(
      /^\d\d\noverlay \/ overlay /,
    );
    expect(await machine.shOk(`test -e ${machine.folder} || echo no`)).toBe('no');
  });
});

describeAs('root', (machine) => {
  test('devices that it makes cannot be opened', async () => {
    const disk = readdirSync('/sys/block')[0];
    if (disk === undefined) return;
    const numbers = await machine.shOk(`cat /sys/block/${disk}/dev | tr : ' '`);
    const { code, err } = await machine.sh(
      `mknod /tmp/disk b ${numbers} && head -c1 /tmp/disk`,
      '--cap-add=MKNOD',
    );
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/not permitted/) });
  });
});

describeAs('user', (machine) => {
  test('root inside is the user outside; others are subordinate ids', async () => {
    const [own, others] = (await machine.shOk('cat /proc/self/uid_map'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
    expect(own).toEqual([0, machine.account.uid, 1]);
    expect(others).toEqual([1, expect.any(Number), 65_536]);
  });
});

describeAs('single', (machine) => {
  test('root inside is the user outside, and there is nobody else', async () => {
    expect((await machine.shOk('cat /proc/self/uid_map')).trim().split(/\s+/)).toEqual([
      '0',
      String(machine.account.uid),
      '1',
    ]);
  });
});
