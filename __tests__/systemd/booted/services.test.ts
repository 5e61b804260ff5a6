/** Services of containers on a machine that systemd runs: for root and for a user who lingers, on either kind of cgroups. */
import { eventually } from '../../e2e/support/child.ts';
import { whyNoMachine } from '../support/image.ts';
import { IMAGE, type Person, SystemdMachine } from '../support/machine.ts';

const reason = whyNoMachine();
const describe_ = reason === undefined ? describe : describe.skip;
const because = reason === undefined ? '' : ` (skipped: ${reason})`;

describe_.each(['host', 'v2'] as const)(`with the cgroups %s${because}`, (cgroups) => {
  let machine: SystemdMachine;
  /** As first process, it ends when it is told to. */
  const SLEEP = ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'];
  beforeAll(async () => {
    machine = await SystemdMachine.boot({ cgroups });
  }, 180_000);
  afterAll(() => machine[Symbol.asyncDispose](), 60_000);

  /** Generates a unit for a container made by `proa create OPTIONS`, and has systemd read it. */
  async function install(
    person: Person,
    name: string,
    generate: string[],
    ...create: string[]
  ): Promise<string> {
    await person.proaOk('create', `--name=${name}`, '--network=none', ...create);
    await person.writeUnit(
      `container-${name}.service`,
      `${await person.proaOk('generate', 'systemd', '--name', ...generate, name)}\n`,
    );
    return `container-${name}.service`;
  }

  const command = async (person: Person, pid: string): Promise<string> =>
    person.ok('cat', `/proc/${pid}/comm`);

  /** The containers that run now: their names. */
  const running = async (person: Person): Promise<string[]> =>
    (await person.proaOk('ps', '--format={{.Names}}')).split('\n').filter(Boolean);

  /** What systemd counts as the service's processes. */
  const processes = async (person: Person, unit: string): Promise<string> =>
    person.ctl('status', '--full', '--lines=0', unit);

  describe.each(['root', 'user'] as const)('%s', (who) => {
    let person: Person;
    beforeAll(() => {
      person = machine[who];
    });
    // Whatever a test that failed has left.
    afterEach(async () => {
      for (const unit of ['container-*.service', 'split.service', 'heard.*'])
        await person.run('systemctl', ...(who === 'user' ? ['--user'] : []), 'stop', unit);
      await person.proa('rm', '-f', '-t0', '--all');
    });

    test('a unit starts and stops a container that is there, and starts it again when it is killed', async () => {
      const unit = await install(person, 'old', ['--restart-sec=1'], IMAGE, ...SLEEP);
      await person.ctl('start', unit);
      expect(await running(person)).toEqual(['old']);
      const conmon = await person.property(unit, 'MainPID');
      expect(await command(person, conmon)).toBe('conmon');

      await person.proaOk('kill', 'old');
      await eventually(async () => (await person.property(unit, 'NRestarts')) === '1');
      await person.untilUnit(unit, 'active');
      expect(await person.property(unit, 'MainPID')).not.toBe(conmon);
      expect(await running(person)).toEqual(['old']);

      await person.ctl('restart', unit);
      expect(await running(person)).toEqual(['old']);
      await person.ctl('stop', unit);
      expect(await person.property(unit, 'Result')).toBe('success');
      expect(await running(person)).toEqual([]);
      expect(await person.proaOk('ps', '-a', '--format={{.Names}} {{.State}}')).toBe('old exited');
      await person.proaOk('rm', 'old');
    }, 60_000);

    test('a unit with --new makes its container, and takes it away', async () => {
      const unit = await install(person, 'new', ['--new', '--restart-sec=1'], IMAGE, ...SLEEP);
      await person.proaOk('rm', 'new');
      await person.ctl('start', unit);
      expect(await running(person)).toEqual(['new']);
      expect(await command(person, await person.property(unit, 'MainPID'))).toBe('conmon');
      const label = '{{index .Config.Labels "PODMAN_SYSTEMD_UNIT"}}';
      expect(await person.proaOk('inspect', `--format=${label}`, 'new')).toBe(unit);
      const first = await person.proaOk('inspect', '--format={{.Id}}', 'new');

      await person.ctl('restart', unit);
      const second = await person.proaOk('inspect', '--format={{.Id}}', 'new');
      expect(second).not.toBe(first);
      // The container and its conmon at once: what systemd then calls ExecStopPost for.
      await person.shOk(`kill -9 ${await person.property(unit, 'MainPID')}; proa kill new || true`);
      await eventually(async () => (await person.property(unit, 'NRestarts')) === '1');
      await person.untilUnit(unit, 'active');
      expect(await running(person)).toEqual(['new']);

      await person.ctl('stop', unit);
      expect(await person.proaOk('ps', '-aq')).toBe('');
    }, 60_000);

    test('instances of a template are containers of their own', async () => {
      await person.proaOk('create', '--name=each', '--network=none', IMAGE, ...SLEEP);
      const text = await person.proaOk('generate', 'systemd', '--template', '--name', 'each');
      await person.writeUnit('container-each@.service', `${text}\n`);
      await person.ctl('start', 'container-each@a.service', 'container-each@b.service');
      expect((await running(person)).sort()).toEqual(['each-a', 'each-b']);
      await person.ctl('stop', 'container-each@a.service', 'container-each@b.service');
      await person.proaOk('rm', 'each');
      expect(await person.proaOk('ps', '-aq')).toBe('');
    }, 60_000);

    test('a service is up when its container says so', async () => {
      // Debian's own systemd-notify, as busybox has none.
      const libraries = ['/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro', '/usr/bin:/tools:ro'];
      const unit = await install(
        person,
        'says',
        ['--new'],
        ...libraries.map((volume) => `--volume=${volume}`),
        '--sdnotify=container',
        IMAGE,
        ...[
          'sh',
          '-c',
          'until [ -e /go ]; do sleep 0.1; done; LD_LIBRARY_PATH=$(echo /lib/*-linux-*/systemd) /tools/systemd-notify --ready; trap "exit 0" TERM; sleep 1000 & wait',
        ],
      );
      await person.proaOk('rm', 'says');
      await person.ctl('start', '--no-block', unit);
      await eventually(async () => (await running(person)).length === 1);
      expect(await person.property(unit, 'ActiveState')).toBe('activating');
      expect(await command(person, await person.property(unit, 'MainPID'))).toBe('conmon');
      await person.proaOk('exec', 'says', 'touch', '/go');
      await person.untilUnit(unit, 'active');
      await person.ctl('stop', unit);
    }, 60_000);

    test('a service is up when its container is healthy', async () => {
      const unit = await install(
        person,
        'well',
        ['--new'],
        ...['--sdnotify=healthy', '--health-cmd=test -e /go', '--health-interval=1s', '--health-retries=100'],
        ...[IMAGE, ...SLEEP],
      );
      await person.proaOk('rm', 'well');
      await person.ctl('start', '--no-block', unit);
      await eventually(async () => (await running(person)).length === 1);
      await Bun.sleep(1500);
      expect(await person.property(unit, 'ActiveState')).toBe('activating');
      expect(await person.ctl('list-timers', '--no-legend')).toContain('proa-health-');
      await person.proaOk('exec', 'well', 'touch', '/go');
      await person.untilUnit(unit, 'active');
      await person.ctl('stop', unit);
      expect(await person.ctl('list-timers', '--no-legend')).not.toContain('proa-health-');

      // One that ends before has failed.
      const never = [
        '--rm',
        '--sdnotify=healthy',
        '--health-cmd=false',
        '--network=none',
        IMAGE,
        'sleep',
        '1',
      ];
      await person.writeUnit(
        'never.service',
        `[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/local/bin/proa run ${never.join(' ')}\n`,
      );
      expect(
        (await person.run('systemctl', ...(who === 'user' ? ['--user'] : []), 'start', 'never')).code,
      ).toBe(1);
      await person.run('systemctl', ...(who === 'user' ? ['--user'] : []), 'reset-failed');
    }, 60_000);

    test('sockets that systemd has opened are the container’s', async () => {
      const fifo = who === 'root' ? '/run/asks' : `/run/user/${person.uid}/asks`;
      const script = 'echo $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES $$; read word <&3; echo heard $word';
      await person.write(`${person.home}/heard.sh`, `${script}\n`);
      await person.writeUnit('heard.socket', `[Socket]\nListenFIFO=${fifo}\nFileDescriptorName=asks\n`);
      await person.writeUnit(
        'heard.service',
        `[Service]\nExecStart=/usr/local/bin/proa run --rm --name=heard --network=none -v ${person.home}/heard.sh:/heard.sh ${IMAGE} sh /heard.sh\n`,
      );
      await person.ctl('start', 'heard.socket');
      expect(await running(person)).toEqual([]);
      await person.shOk(`echo you >${fifo}`);
      const said = await eventually(
        () => person.journal('heard.service'),
        (text) => /^heard you$/m.test(text),
      );
      expect(said).toMatch(/^1 1 asks 1$/m);
      expect(said).toMatch(/^heard you$/m);
      await person.ctl('stop', 'heard.socket');
    }, 60_000);

    test('a split cgroup is the service’s own', async () => {
      const run = `/usr/local/bin/proa run --rm -d --sdnotify=conmon --cgroups=split --name=split --network=none ${IMAGE} sleep 1000`;
      await person.writeUnit(
        'split.service',
        `[Service]\nType=notify\nNotifyAccess=all\nDelegate=yes\nExecStart=${run}\nExecStop=/usr/local/bin/proa stop -t 0 split\n`,
      );
      await person.ctl('start', 'split.service');
      const tree = await processes(person, 'split.service');
      const pid = await person.proaOk('inspect', '--format={{.State.Pid}}', 'split');
      expect(tree).toContain(`${pid} sleep 1000`);
      if (cgroups === 'host' && who === 'user') {
        // Users have no cgroups there: conmon and container are in the service's.
        expect(tree).not.toContain('supervisor');
      } else {
        expect(tree).toMatch(/─supervisor\n.*─\d+ \/usr\/bin\/conmon/);
        const path = await person.proaOk('inspect', '--format={{.State.CgroupPath}}', 'split');
        expect(path).toMatch(/\/split\.service\/proa-payload-[0-9a-f]{64}$/);
        expect(await person.ok('cat', `/proc/${pid}/cgroup`)).toContain(path);
      }
      await person.ctl('restart', 'split.service');
      expect(await running(person)).toEqual(['split']);
      await person.ctl('stop', 'split.service');
      expect(await running(person)).toEqual([]);
    }, 60_000);

    test('the journal has a container’s output with Podman’s fields, and logs reads it back', async () => {
      const script = 'echo one; echo two >&2; printf "no end"';
      const options = [
        '--name=journal',
        '--log-driver=journald',
        '--log-opt=tag={{.Name}}-tag',
        '--network=none',
      ];
      const id = await person.proaOk('create', ...options, IMAGE, 'sh', '-c', script);
      await person.proaOk('start', '-a', 'journal');
      const read = ['journalctl', '--no-pager', '-o', 'json', `CONTAINER_ID_FULL=${id}`];
      const entries = (
        await eventually(
          () => person.ok(...read),
          (text) => text.split('\n').length >= 3,
        )
      )
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string>);
      // conmon's messages have their line feeds.
      expect(entries.map(({ MESSAGE, PRIORITY }) => [MESSAGE?.trim(), PRIORITY]).sort()).toEqual([
        ['no end', '6'],
        ['one', '6'],
        ['two', '3'],
      ]);
      for (const entry of entries) {
        expect(entry).toMatchObject({
          CONTAINER_ID: id.slice(0, 12),
          CONTAINER_ID_FULL: id,
          CONTAINER_NAME: 'journal',
          CONTAINER_TAG: 'journal-tag',
        });
      }
      const { out, err } = await person.proa('logs', 'journal');
      expect([out, err]).toEqual(['one\nno end', 'two\n']);
      expect(await person.proaOk('logs', '--tail=1', 'journal')).toBe('no end');
      await person.proaOk('rm', 'journal');
    }, 60_000);
  });

  test('systemd makes root’s cgroups unless it is told otherwise', async () => {
    const { root } = machine;
    const pathOf = async (...globals: string[]) => {
      const id = await root.proaOk(
        ...globals,
        'run',
        '-d',
        '--rm',
        '--name=place',
        '--network=none',
        IMAGE,
        'sleep',
        '100',
      );
      const path = await root.proaOk(...globals, 'inspect', '--format={{.State.CgroupPath}}', 'place');
      const groups = await root.shOk(`cat /proc/$(proa inspect -f {{.State.Pid}} place)/cgroup`);
      const scope = await root.property(`proa-${id}.scope`, 'ActiveState');
      await root.proaOk('pause', 'place');
      expect(await root.proaOk('ps', '--format={{.State}}')).toBe('paused');
      await root.proaOk('unpause', 'place');
      expect(await root.proaOk('top', 'place', '-o', 'pid,args')).toContain('sleep 100');
      await root.proaOk('rm', '-f', '-t0', 'place');
      expect(await root.property(`proa-${id}.scope`, 'ActiveState')).toBe('inactive');
      return { path: path.replace(id, 'ID'), groups: groups.replaceAll(id, 'ID'), scope };
    };
    expect(await root.proaOk('info', '--format={{.CgroupDriver}}')).toBe('systemd');
    const own = await pathOf();
    expect(own).toMatchObject({ path: 'machine.slice:proa:ID', scope: 'active' });
    expect(own.groups).toContain('/machine.slice/proa-ID.scope');
    const other = await pathOf('--cgroup-manager=cgroupfs');
    expect(other).toMatchObject({ path: '/proa-ID', scope: 'inactive' });
    if (cgroups === 'host') {
      // In the other the controllers are out of reach.
      await root.proaOk('run', '-d', '--name=held', '--memory=64m', '--network=none', IMAGE, 'sleep', '100');
      const limit = () => root.proaOk('exec', 'held', 'cat', '/sys/fs/cgroup/memory/memory.limit_in_bytes');
      expect(await limit()).toBe(String(64 << 20));
      await root.proaOk('update', '--memory=32m', '--memory-swap=64m', 'held');
      expect(await limit()).toBe(String(32 << 20));
      expect(await root.proaOk('stats', '--no-stream', '--format={{.MemUsage}}')).toMatch(/ 32MiB$/);
      await root.proaOk('rm', '-f', '-t0', 'held');
    }
    const wrong = await root.proa('run', '--rm', '--cgroup-parent=/mine', IMAGE, 'true');
    expect(wrong).toMatchObject({ code: 125, err: expect.stringContaining('slices') });
    const slice = await root.proaOk(
      'run',
      '-d',
      '--name=sliced',
      '--cgroup-parent=a-b.slice',
      '--network=none',
      IMAGE,
      'sleep',
      '9',
    );
    expect(await root.property(`proa-${slice}.scope`, 'ControlGroup')).toBe(
      `/a.slice/a-b.slice/proa-${slice}.scope`,
    );
    await root.proaOk('rm', '-f', '-t0', 'sliced');
  }, 60_000);

  test('what serves all of a user’s services does not end with the first of them', async () => {
    const { user } = machine;
    await user.proaOk('system', 'migrate');
    await user.proaOk('network', 'create', 'shared');
    const run = (name: string) =>
      `[Service]\nType=notify\nNotifyAccess=all\nExecStart=/usr/local/bin/proa run --rm -d --sdnotify=conmon --network=shared --log-opt=max-size=1m --name=${name} ${IMAGE} sh -c 'trap "exit 0" TERM; sleep 1000 & wait'\nExecStop=/usr/local/bin/proa stop ${name}\n`;
    await user.writeUnit('first.service', run('first'));
    await user.writeUnit('second.service', run('second'));
    await user.ctl('start', 'first.service');
    await user.ctl('start', 'second.service');
    const scopes = await user.ctl('list-units', '--type=scope', '--no-legend', '--plain');
    for (const name of ['pause', 'dns', 'network', 'log-watch']) expect(scopes).toContain(`proa-${name}-`);
    const ping = () => user.proa('exec', 'second', 'nslookup', 'second');
    expect(await ping()).toMatchObject({ code: 0 });
    await user.ctl('stop', 'first.service');
    expect(await ping()).toMatchObject({ code: 0 });
    expect(await running(user)).toEqual(['second']);

    // The process that holds the namespace is killed: a container that runs in it serves as well.
    await user.shOk('kill -9 $(cut -d" " -f1 $XDG_RUNTIME_DIR/proa/pause.pid)');
    expect(await running(user)).toEqual(['second']);
    expect(await user.proaOk('exec', 'second', 'echo', 'there')).toBe('there');
    await user.ctl('stop', 'second.service');
    expect(await user.proaOk('ps', '-aq')).toBe('');
    await user.proaOk('network', 'rm', 'shared');
  }, 60_000);

  test('enabled services are back after a shutdown and after a power cut, for the user without a login', async () => {
    const { root, user } = machine;
    for (const person of [root, user]) {
      const unit = await install(person, 'boots', ['--new'], IMAGE, ...SLEEP);
      await person.proaOk('rm', 'boots');
      const stays = await install(person, 'stays', [], IMAGE, ...SLEEP);
      await person.ctl('enable', '--now', unit, stays);
    }
    await machine.reboot();
    for (const person of [root, user]) {
      await person.untilUnit('container-boots.service', 'active');
      await person.untilUnit('container-stays.service', 'active');
      expect((await running(person)).sort()).toEqual(['boots', 'stays']);
    }
    await machine.cutPower();
    await machine.start();
    for (const person of [root, user]) {
      await person.untilUnit('container-boots.service', 'active');
      await person.untilUnit('container-stays.service', 'active');
      expect((await running(person)).sort()).toEqual(['boots', 'stays']);
      // What was under way when the power went is rubbish now.
      await person.proa('system', 'check', '--repair');
      await person.proaOk('system', 'check');
    }
    expect(await root.ctl('list-units', '--failed', '--no-legend')).toBe('');
  }, 120_000);
});
