/** Debian's systemd as the first process of a container, and Proa in it. */
import { whyNoMachine } from '../support/image.ts';
import { IMAGE, SystemdMachine } from '../support/machine.ts';

const reason = whyNoMachine();
const test_ = reason === undefined ? test : test.skip;
const because = reason === undefined ? '' : ` (skipped: ${reason})`;

test_.each(['host', 'v2'] as const)(
  `a machine with the cgroups %s boots, runs containers, shuts down and boots again${because}`,
  async (cgroups) => {
    await using machine = await SystemdMachine.boot({ cgroups });
    const { root, user } = machine;
    expect(await root.ok('cat', '/proc/1/comm')).toBe('systemd');
    expect(await root.ctl('list-units', '--failed', '--no-legend')).toBe('');
    expect(await root.shOk('stat -fc %T /sys/fs/cgroup')).toBe(cgroups === 'v2' ? 'cgroup2fs' : 'tmpfs');
    for (const person of [root, user]) {
      expect(await person.proaOk('run', '--rm', IMAGE, 'echo', 'hello')).toBe('hello');
      await person.proaOk('create', '--name=stays', IMAGE);
    }

    // In order: systemd ends the kernel's PID namespace by reboot(2), which is SIGINT for those outside.
    expect(await machine.shutDown()).toBe(130);
    await machine.start();
    expect(await root.ctl('list-units', '--failed', '--no-legend')).toBe('');
    for (const person of [root, user])
      expect(await person.proaOk('ps', '-a', '--format={{.Names}} {{.State}}')).toBe('stays created');

    await machine.cutPower();
    await machine.start();
    expect(await user.proaOk('run', '--rm', IMAGE, 'echo', 'again')).toBe('again');
  },
  180_000,
);
