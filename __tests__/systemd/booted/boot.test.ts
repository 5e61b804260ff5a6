/** Debian's systemd as the first process of a container, and Proa in it. */
import { eventually } from '../../e2e/support/child.ts';
import { machineTar, whyNoMachine } from '../support/image.ts';
import { IMAGE, SystemdMachine } from '../support/machine.ts';

const reason = whyNoMachine();
const test_ = reason === undefined ? test : test.skip;
const because = reason === undefined ? '' : ` (skipped: ${reason})`;

test_.each(['crun', 'runc'])(
  `systemd in a container without privileges, by %s${because}`,
  async (runtime) => {
    await using machine = await SystemdMachine.boot();
    // On this host itself, beside the machine that has the image.
    await machine.outer('--runtime', runtime, 'run', '-d', '--name=plain', '--network=none', 'machine');
    const state = () => machine.outer('exec', 'plain', 'systemctl', 'is-system-running', '--wait');
    const up = await eventually(
      () => state().catch(() => 'no bus yet'),
      (word) => word === 'running',
      30_000,
    );
    expect(up).toBe('running');
    const shell = (script: string) => machine.outer('exec', 'plain', 'sh', '-c', script);
    expect(await shell('systemctl show --value -p ControlGroup dbus.service')).toBe(
      '/system.slice/dbus.service',
    );
    // Of the host's cgroups only its own are in sight.
    expect(await shell('cat /proc/1/cgroup')).not.toContain('proa-');
    expect(await shell('tr "\\0" "\\n" </proc/1/environ')).toMatch(/^container_uuid=[0-9a-f]{32}$/m);
    await machine.outer('stop', '--time=30', 'plain');
    expect(await machine.outer('inspect', '--format={{.State.ExitCode}}', 'plain')).toBe('0');
    await machine.outer('rm', 'plain');
  },
  120_000,
);

test_(
  `systemd in a user’s container${because}`,
  async () => {
    const volume = `--volume=${await machineTar()}:/opt/machine.tar:ro`;
    await using machine = await SystemdMachine.boot({ cgroups: 'v2', options: [volume] });
    const { user } = machine;
    await user.proaOk('import', '--quiet', '--change', 'CMD ["/sbin/init"]', '/opt/machine.tar', 'machine');
    await user.proaOk('run', '-d', '--name=own', '--network=none', 'machine');
    const state = () => user.proa('exec', 'own', 'systemctl', 'is-system-running', '--wait');
    const up = await eventually(state, ({ out }) => out === 'running\n', 30_000);
    expect(up).toMatchObject({ code: 0, out: 'running\n' });
    await user.proaOk('stop', '--time=30', 'own');
    expect(await user.proaOk('inspect', '--format={{.State.ExitCode}}', 'own')).toBe('0');
  },
  120_000,
);

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
