/** `systemd install` on a machine that boots systemd: containers, images and compose files become services that stay. */

import { placeGenerators } from '../support/generators.ts';
import { whyNoMachine } from '../support/image.ts';
import { IMAGE, SystemdMachine } from '../support/machine.ts';

const reason = whyNoMachine();
const describe_ = reason === undefined ? describe : describe.skip;
/** Ends at once when it is asked to. */
const SERVE = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

describe_(`systemd install${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let machine: SystemdMachine;

  beforeAll(async () => {
    machine = await SystemdMachine.boot({ cgroups: 'v2' });
  }, 180_000);
  afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);

  test('without its generator, systemd is not asked', async () => {
    const { code, err } = await machine.root.proa('systemd', 'install', IMAGE);
    expect({ code, err }).toEqual({
      code: 125,
      err: expect.stringMatching(
        /^Error: make services: systemd has no proa-system-generator\nscripts\/install places it, or: sudo ln -s /,
      ),
    });
    await placeGenerators(machine);
  });

  test('a container goes on as a service, with its volumes, and comes back after a reboot', async () => {
    const people = [machine.root, machine.user];
    const volumes: string[] = [];
    for (const person of people) {
      await person.proaOk(
        ...['run', '-d', '--name=app', '--restart=always', '--network=none', '-v', '/keep', '-e', 'A=$x 5%'],
        ...[IMAGE, 'sh', '-c', `echo "$A" >>/keep/log; ${SERVE}`],
      );
      const unit = person.uid === undefined ? '/etc' : `${person.home}/.config`;
      expect((await person.proaOk('systemd', 'install', 'app')).split('\n')).toEqual([
        `Wrote ${unit}/containers/systemd/app.container`,
        'Stopped the container app and kept it: proa rm app-before-systemd',
        'Started app.service; it starts at boot',
      ]);
      volumes.push(await person.proaOk('volume', 'ls', '-q'));
      await person.proaOk('rm', '--volumes', 'app-before-systemd');
    }
    await machine.reboot();
    for (const [at, person] of people.entries()) {
      await person.untilUnit('app.service', 'active');
      // Once as a container, once as a service, once more after the boot.
      const log = ['run', '--rm', '--network=none', `--volume=${volumes[at]}:/v`, IMAGE, 'cat', '/v/log'];
      expect(await person.proaOk(...log)).toBe('$x 5%\n$x 5%\n$x 5%');
      expect(await person.proaOk('systemd', 'install', '--uninstall', 'app')).toBe(
        'Stopped and removed app.container',
      );
      expect(await person.proaOk('ps', '-aq')).toBe('');
    }
  }, 120_000);

  test('a service that does not start leaves all as it was', async () => {
    const { root } = machine;
    await root.proaOk(
      'run',
      '-d',
      '--name=back',
      '--restart=always',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      SERVE,
    );
    await root.proaOk('tag', IMAGE, 'other');
    // The name is in use by then, for a drop-in says so.
    await root.write(
      '/etc/containers/systemd/back.container.d/bad.conf',
      '[Container]\nImage=no-such:image\nPull=never\n',
    );
    const { code, err } = await root.proa('systemd', 'install', 'back');
    expect({ code, err }).toEqual({
      code: 125,
      err: expect.stringMatching(
        /^Error: install back: all is as it was before: systemctl start back\.service: .*no-such/,
      ),
    });
    expect(await root.proaOk('ps', '--format={{.Names}} {{.State}}')).toBe('back running');
    expect(await root.proaOk('inspect', '--format={{.HostConfig.RestartPolicy.Name}}', 'back')).toBe(
      'always',
    );
    expect((await root.proaOk('quadlet', 'ls', '--noheading')).trim()).toBe('');
    await root.proaOk('rm', '-f', 'back');
  });

  test('a compose file: a service waits until the one before it is healthy', async () => {
    const { user } = machine;
    await user.write(
      `${user.home}/shop/compose.yaml`,
      `services:
  web:
    image: ${IMAGE}
    depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}
    command: ["sh", "-c", "cat /data/ready >/data/web; ${SERVE.replaceAll('"', '\\"')}"]
    volumes: [data:/data]
  db:
    image: ${IMAGE}
    command: ["sh", "-c", "sleep 1; echo yes >/data/ready; ${SERVE.replaceAll('"', '\\"')}"]
    healthcheck: {test: test -e /data/ready, interval: 1s}
    volumes: [data:/data]
  init: {image: ${IMAGE}, command: touch /data/init, volumes: ["data:/data"]}
volumes: {data: }
`,
    );
    await user.proaOk('systemd', 'install', 'shop');
    expect((await user.proaOk('ps', '--format={{.Names}}')).split('\n').sort()).toEqual([
      'shop-db-1',
      'shop-web-1',
    ]);
    const inData = (...words: string[]) =>
      user.proaOk('run', '--rm', '--network=shop_default', '--volume=shop_data:/data', IMAGE, ...words);
    expect(await inData('cat', '/data/web')).toBe('yes');
    expect(await user.property('shop-init.service', 'SubState')).toBe('exited');
    expect(await inData('nslookup', 'db')).toMatch(/Address.*10\./);
    expect((await user.proaOk('systemd', 'install', '--uninstall', 'shop')).split('\n').length).toBe(5);
    expect(await user.proaOk('ps', '-aq')).toBe('');
    expect(await user.proaOk('volume', 'ls', '-q')).toContain('shop_data');
  }, 60_000);

  test('refusals: other units, and who does not linger', async () => {
    const { root, user } = machine;
    const { code, err } = await root.proa('systemd', 'install', '--name=dbus', IMAGE);
    expect({ code, err }).toEqual({
      code: 125,
      err:
        'Error: install dbus.service: there is a unit of that name already\n' +
        'systemctl cat dbus.service shows it; --name gives this one another\n',
    });
    const elsewhere = await user.run('env', 'XDG_RUNTIME_DIR=/nowhere', 'proa', 'systemd', 'install', IMAGE);
    expect(elsewhere.err).toMatch(
      /^Error: ask systemd --user of app: none listens in \/nowhere\n.*enable-linger app\n/,
    );

    // disable-linger would end the user's systemd at once, as nobody is logged in.
    await root.ok('rm', `/var/lib/systemd/linger/${user.name}`);
    const install = await user.proa('systemd', 'install', '--start=false', '--name=idle', IMAGE);
    expect({ ...install, out: '' }).toEqual({
      code: 0,
      out: '',
      err:
        'WARNING: these services run only while app is logged in, and not after a reboot\n' +
        'To let them run always: sudo loginctl enable-linger app\n',
    });
    await root.ok('touch', `/var/lib/systemd/linger/${user.name}`);
  });
});
