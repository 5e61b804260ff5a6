/** Quadlet files on a machine that boots systemd: services at boot, restarts, and what commands do with them. */
import { eventually } from '../../e2e/support/child.ts';
import { placeGenerators } from '../support/generators.ts';
import { whyNoMachine } from '../support/image.ts';
import { IMAGE, type Person, SystemdMachine } from '../support/machine.ts';

const reason = whyNoMachine();
const describe_ = reason === undefined ? describe : describe.skip;
const folderOf = (person: Person): string =>
  person.uid === undefined ? '/etc/containers/systemd' : `${person.home}/.config/containers/systemd`;

/** A file of a volume, by a container of its own. */
const inVolume = (person: Person, volume: string, file: string): Promise<string> =>
  person.proaOk('run', '--rm', '--network=none', `--volume=${volume}:/v:ro`, IMAGE, 'cat', `/v/${file}`);

const targetOf = (person: Person): string => (person.uid === undefined ? 'multi-user' : 'default');

describe_(`quadlet${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let machine: SystemdMachine;

  beforeAll(async () => {
    machine = await SystemdMachine.boot({ cgroups: 'v2' });
    await placeGenerators(machine);
  }, 180_000);
  afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);

  test('files become services that run, come back, restart and end', async () => {
    const people = [machine.root, machine.user];
    for (const person of people) {
      const folder = folderOf(person);
      await person.write(
        `${folder}/web.container`,
        '[Unit]\nDescription=Web\n[Container]\n' +
          `Image=${IMAGE}\nVolume=data.volume:/data\nNetwork=back.network\nEnvironment="GREETING=good day"\n` +
          'Exec=sh -c "echo started >>/data/log; echo \\"$$GREETING\\"; trap \'exit 0\' TERM; while :; do sleep 0.1; done"\n' +
          `[Service]\nRestart=always\nRestartSec=0\n[Install]\nWantedBy=${targetOf(person)}.target\n`,
      );
      await person.write(`${folder}/data.volume`, '[Volume]\nLabel=of=web\n');
      await person.write(`${folder}/back.network`, '[Network]\n');
      await person.write(`${folder}/bad.container`, '[Container]\nImge=x\n');
      await person.ctl('daemon-reload');
      await person.ctl('start', 'web.service');
      expect(await person.proaOk('ps', '--format={{.Names}} {{.Networks}}')).toBe('systemd-web systemd-back');
      expect(await person.proaOk('volume', 'ls', '--filter=label=of=web', '-q')).toBe('systemd-data');
      expect(await person.property('web.service', 'MainPID')).toBe(
        await person.proaOk('inspect', '--format={{.State.ConmonPid}}', 'systemd-web'),
      );
      expect(await person.property('data-volume.service', 'ActiveState')).toBe('active');
      await eventually(
        () => person.journal('web.service'),
        (text) => text.includes('good day'),
      );
    }
    for (const person of people) {
      const log = () => inVolume(person, 'systemd-data', 'log');
      const id = () => person.proaOk('ps', '--no-trunc', '-q', '--filter=name=systemd-web');
      const first = await id();
      await person.ctl('restart', 'web.service');
      expect(await log()).toBe('started\nstarted');
      expect(await id()).not.toBe(first);

      // It crashes: systemd starts it again.
      await person.proaOk('kill', 'systemd-web');
      await eventually(
        () => person.property('web.service', 'NRestarts'),
        (count) => count === '1',
      );
      await person.untilUnit('web.service', 'active');
      // So it does when conmon is killed.
      await person.ok('kill', '-9', await person.property('web.service', 'MainPID'));
      await eventually(
        () => person.property('web.service', 'NRestarts'),
        (count) => count === '2',
      );
      await person.untilUnit('web.service', 'active');
      expect(await log()).toBe('started\n'.repeat(4).trim());
    }
    await machine.reboot();
    for (const person of people) {
      await person.untilUnit('web.service', 'active');
      expect(await inVolume(person, 'systemd-data', 'log')).toBe('started\n'.repeat(5).trim());
      const began = Date.now();
      await person.ctl('stop', 'web.service');
      expect(Date.now() - began).toBeLessThan(8_000);
      expect(await person.proaOk('ps', '-aq')).toBe('');
      expect(await person.property('web.service', 'Result')).toBe('success');
    }
  }, 180_000);

  test('a bad file is told in the journal, and the others are made', async () => {
    const { user, root } = machine;
    expect(await root.ok('journalctl', '-k', '--no-pager', '-o', 'cat')).toMatch(/bad\.container:2: Imge=/);
    const { code, err } = await user.proa('quadlet', '--dryrun', '--user');
    expect({ code, err }).toEqual({
      code: 1,
      err:
        `${folderOf(user)}/bad.container:2: Imge=: no such key in [Container]; did you mean Image?\n` +
        `${folderOf(user)}/bad.container: [Container] has no Image= and no Rootfs=\n`,
    });
  });

  test('folders: files for all users and for one, and what is left to Podman', async () => {
    const { root, user } = machine;
    const users = '/etc/containers/systemd/users';
    for (const path of ['all', 'sub/all2', `${user.uid}/mine`, '4711/other'])
      await root.write(`${users}/${path}.container`, `[Container]\nImage=${IMAGE}\n`);
    const dryRun = async (person: Person, ...options: string[]) => {
      const { out, err } = await person.proa('quadlet', '--dryrun', ...options);
      return { names: [...out.matchAll(/^---(.*)\.service---$/gm)].map(([, name]) => name), err };
    };
    const ofUser = (await dryRun(user, '--user')).names;
    expect(ofUser).toEqual(expect.arrayContaining(['all', 'all2', 'mine']));
    expect(ofUser).not.toContain('other');
    expect((await dryRun(root)).names).not.toContain('all');
    await root.shOk(`rm -r ${users}`);

    const podman = '/etc/systemd/system-generators/podman-system-generator';
    await root.shOk(`mkdir -p /etc/systemd/system-generators; ln -s /bin/true ${podman}`);
    await root.write('/etc/proa/systemd/own.container', `[Container]\nImage=${IMAGE}\n`);
    const beside = await dryRun(root);
    expect(beside.names).toEqual(['own']);
    expect(beside.err).toMatch(
      /\/etc\/containers\/systemd, .*: read by \/etc\/systemd\/.*podman-system-generator, not by proa/,
    );
    await root.shOk(`ln -sf /dev/null ${podman}`);
    expect((await dryRun(root)).names).toEqual(expect.arrayContaining(['own', 'web']));
    await root.shOk(`rm -r ${podman} /etc/proa`);
  });

  test('templates', async () => {
    const { root } = machine;
    await root.write(
      `${folderOf(root)}/nap@.container`,
      `[Container]\nImage=${IMAGE}\nExec=sleep %i\nStopSignal=SIGKILL\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=100\n`,
    );
    await root.shOk(`ln -s nap@.container ${folderOf(root)}/nap@200.container`);
    await root.ctl('daemon-reload');
    await root.ctl('start', 'nap@300.service', 'nap@200.service');
    expect((await root.proaOk('ps', '--format={{.Names}} {{.Command}}')).split('\n').sort()).toEqual([
      'systemd-nap_200 "sleep 200"',
      'systemd-nap_300 "sleep 300"',
    ]);
    const wants = await root.property('multi-user.target', 'Wants');
    expect(wants).toMatch(/nap@100\.service/);
    expect(wants).toMatch(/nap@200\.service/);
    await root.ctl('stop', 'nap@*.service');
    await root.shOk(`rm ${folderOf(root)}/nap@*`);
    await root.ctl('daemon-reload');
  });

  test('a service is up when its container is healthy', async () => {
    const { root } = machine;
    await root.write(
      `${folderOf(root)}/sick.container`,
      `[Container]\nImage=${IMAGE}\nExec=sleep 100\nHealthCmd=test -e /ok\nHealthInterval=1s\nNotify=healthy\n` +
        'StopSignal=SIGKILL\n',
    );
    await root.ctl('daemon-reload');
    await root.ctl('start', '--no-block', 'sick.service');
    await root.untilUnit('sick.service', 'activating');
    await eventually(
      () => root.proaOk('ps', '-q', '--filter=name=systemd-sick'),
      (id) => id !== '',
    );
    expect(await root.property('sick.service', 'ActiveState')).toBe('activating');
    await root.proaOk('exec', 'systemd-sick', 'touch', '/ok');
    await root.untilUnit('sick.service', 'active');
    await root.ctl('stop', 'sick.service');
  });

  test('commands: install, list, print, rm', async () => {
    const { user, root } = machine;
    for (const person of [root, user]) {
      const folder = folderOf(person);
      await person.write(
        `${person.home}/app/job.container`,
        `[Container]\nImage=${IMAGE}\nEnvironmentFile=./job.env\nExec=sleep 100\nStopSignal=SIGKILL\n`,
      );
      await person.write(`${person.home}/app/job.env`, 'A=b\n');
      expect(await person.proaOk('quadlet', 'install', 'app')).toBe(
        `${folder}/job.container\n${folder}/job.env`,
      );
      const list = () =>
        person.proaOk('quadlet', 'ls', '--filter=name=job*', '--format={{.UnitName}} {{.Status}} {{.App}}');
      expect(await list()).toBe('job.service inactive/dead app');
      await person.ctl('start', 'job');
      expect(await list()).toBe('job.service active/running app');
      expect(await person.proaOk('inspect', '--format={{.Config.Env}}', 'systemd-job')).toContain('A=b');
      const { code, err } = await person.proa('quadlet', 'rm', 'app');
      expect({ code, err }).toEqual({
        code: 125,
        err: expect.stringMatching(/^Error: remove job\.container: job\.service runs\n--force stops it/),
      });
      expect(await person.proaOk('quadlet', 'rm', '--force', 'app')).toBe('job.container');
      expect(await person.proaOk('ps', '-q', '--filter=name=systemd-job')).toBe('');
      expect(await person.shOk(`ls -A ${folder} | grep -c job || :`)).toBe('0');
    }
  });
});
