/**
 * A machine with Debian's systemd as first process: a privileged container of the built Proa. In it the same Proa is
 * /usr/local/bin/proa; its storage and the homes are volumes, so that overlay mounts work there and a reboot keeps them.
 *
 *     await using machine = await SystemdMachine.boot();
 *     await machine.root.write('/etc/systemd/system/a.service', text);
 *     await machine.root.ok('systemctl', 'start', 'a.service');
 *     await machine.user.untilUnit('b.service', 'active');
 *     await machine.reboot();
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildOptions, collect, eventually, type Outcome } from '../../e2e/support/child.ts';
import { writeImageTar } from '../../e2e/support/image.ts';
import { mountsBelow, processesOf } from '../../e2e/support/leftovers.ts';
import { machineTar, USER } from './image.ts';

const BUILT = join(__dirname, '../../../dist/proa');

/** What root and the user of a machine have from the start: busybox, with `sh` as command. */
export const IMAGE = 'bb';

const BOOT_TIMEOUT = 60_000;

export interface MachineOptions {
  /**
   * Which cgroups the machine sees: those of this host, or a v2 tree alone (whose controllers may be in the host's v1
   * trees, and so missing: then nothing can be limited in it).
   */
  cgroups?: 'host' | 'v2';
  /** Further options of `proa run`. */
  options?: readonly string[];
}

/** As systemd's first process finds no v1 trees, it uses v2 alone. */
const V2_ONLY = 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init';

export class SystemdMachine implements AsyncDisposable {
  readonly root = new Person(this, 'root');
  /** Who lingers: their systemd runs from boot to shutdown. */
  readonly user = new Person(this, USER.name, USER.uid);

  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  /** Starts a machine and waits until all of its units are up. */
  static async boot({ cgroups = 'host', options = [] }: MachineOptions = {}): Promise<SystemdMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'sd-'));
    const machine = new SystemdMachine(folder, 'machine');
    try {
      await machine.outer('import', '--change', 'CMD ["/sbin/init"]', await machineTar(), 'machine');
      await writeImageTar(`${folder}/bb.tar`);
      // A later build of Proa is not for a machine that runs.
      copyFileSync(BUILT, `${folder}/proa`);
      const start = cgroups === 'v2' ? ['machine', 'sh', '-c', V2_ONLY] : ['machine'];
      await machine.outer(
        ...['run', '--detach', '--name=machine', '--hostname=machine', '--privileged', '--systemd=always'],
        ...[
          '--volume=storage:/var/lib/proa',
          '--volume=home:/home',
          `--volume=${folder}/bb.tar:/opt/bb.tar:ro`,
        ],
        ...[`--volume=${folder}/proa:/usr/local/bin/proa:ro`, ...options, ...start],
      );
      await machine.untilUp();
      for (const person of [machine.root, machine.user])
        await person.proaOk('import', '--quiet', '--change', 'CMD ["sh"]', '/opt/bb.tar', IMAGE);
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** `proa ARGS` on this host, where the machine is a container. It must succeed. */
  async outer(...args: string[]): Promise<string> {
    const { code, out, err } = await collect(this.outerCommand(...args), { timeout: BOOT_TIMEOUT });
    if (code !== 0) throw new Error(`proa ${args.join(' ')}: exit code ${code}: ${out}${err}`);
    return out.trimEnd();
  }

  outerCommand(...args: string[]): string[] {
    return [BUILT, `--root=${this.folder}/root`, `--runroot=${this.folder}/run`, ...args];
  }

  /** The container's name, for {@link outer}. */
  get container(): string {
    return this.name;
  }

  /** Shuts the machine down in order, as `systemctl poweroff` does, and returns its exit code. */
  async shutDown(): Promise<number> {
    await this.outer('stop', '--time=60', this.name);
    return Number(await this.outer('inspect', '--format={{.State.ExitCode}}', this.name));
  }

  /** Cuts its power: nothing in it learns of its end. */
  async cutPower(): Promise<void> {
    await this.outer('kill', this.name);
    await this.outer('wait', this.name);
  }

  async start(): Promise<void> {
    await this.outer('start', this.name);
    await this.untilUp();
  }

  async reboot(): Promise<void> {
    await this.shutDown();
    await this.start();
  }

  private async untilUp(): Promise<void> {
    const look = async (): Promise<string> => {
      const { out } = await this.root.run('systemctl', 'is-system-running', '--wait');
      return out.trim();
    };
    // Degraded: all is up but for some unit that failed, which may be a test's own.
    const state = await eventually(look, (word) => /^(running|degraded)$/.test(word), BOOT_TIMEOUT);
    if (!/^(running|degraded)$/.test(state)) throw new Error(`the machine does not boot: ${state}`);
    await this.root.untilUnit(`user@${USER.uid}.service`, 'active');
  }

  /** Takes everything away, and checks that nothing stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reset = await collect(this.outerCommand('system', 'reset', '--force'), { timeout: BOOT_TIMEOUT });
    const traces = { folder: this.folder, owns: () => false };
    const look = (): string[] => [...processesOf(traces), ...mountsBelow(this.folder)];
    const left = await eventually(look, (lines) => lines.length === 0, 5_000);
    if (left.length === 0) rmSync(this.folder, { recursive: true });
    expect({ ...reset, left }).toEqual({ code: 0, out: '', err: '', left: [] });
  }
}

/** Who acts on a machine. */
export class Person {
  constructor(
    private readonly machine: SystemdMachine,
    readonly name: string,
    /** Undefined for root. */
    readonly uid?: number,
  ) {}

  get home(): string {
    return this.uid === undefined ? '/root' : `/home/${this.name}`;
  }

  /** Where their own units are. */
  get units(): string {
    return this.uid === undefined ? '/etc/systemd/system' : `${this.home}/.config/systemd/user`;
  }

  /** Runs a program on the machine. */
  run(...command: string[]): Promise<Outcome> {
    return this.runWith({}, ...command);
  }

  runWith(options: ChildOptions, ...command: string[]): Promise<Outcome> {
    const environment = { HOME: this.home, USER: this.name, ...this.session };
    const words = Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`);
    const exec = ['exec', '--interactive', `--user=${this.name}`, `--workdir=${this.home}`, ...words];
    return collect(this.machine.outerCommand(...exec, this.machine.container, ...command), options);
  }

  private get session(): Record<string, string> {
    if (this.uid === undefined) return {};
    const folder = `/run/user/${this.uid}`;
    return { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` };
  }

  /** Runs what must succeed, and returns what it prints. */
  async ok(...command: string[]): Promise<string> {
    const { code, out, err } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}: ${out}${err}`);
    return out.trimEnd();
  }

  /** What a shell script prints; it must succeed. */
  shOk(script: string): Promise<string> {
    return this.ok('sh', '-ec', script);
  }

  proa(...args: string[]): Promise<Outcome> {
    return this.run('proa', ...args);
  }

  proaOk(...args: string[]): Promise<string> {
    return this.ok('proa', ...args);
  }

  /** `systemctl ARGS` of the system or of the user; it must succeed. */
  ctl(...args: string[]): Promise<string> {
    return this.ok('systemctl', ...this.which, '--no-pager', ...args);
  }

  private get which(): string[] {
    return this.uid === undefined ? [] : ['--user'];
  }

  /** Writes a file; its folder is made. */
  async write(path: string, text: string): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1"';
    const { code, err } = await this.runWith({ stdin: text }, 'sh', '-ec', script, 'sh', path);
    if (code !== 0) throw new Error(`write ${path}: ${err}`);
  }

  /** Writes a unit of theirs and has systemd read it. */
  async writeUnit(name: string, text: string): Promise<void> {
    await this.write(`${this.units}/${name}`, text);
    await this.ctl('daemon-reload');
  }

  /** A property of a unit, such as ActiveState, SubState, MainPID, NRestarts or Result. */
  property(unit: string, name: string): Promise<string> {
    return this.ctl('show', '--value', `--property=${name}`, unit);
  }

  /** Waits until a unit is `active`, `inactive`, `failed`, …; else throws what its journal says. */
  async untilUnit(unit: string, state: string, timeout = 30_000): Promise<void> {
    const look = () => this.property(unit, 'ActiveState');
    const last = await eventually(look, (found) => found === state, timeout);
    if (last === state) return;
    const { out } = await this.run('journalctl', ...this.which, '--no-pager', '-n', '30', '-u', unit);
    throw new Error(`${unit} is ${last}, not ${state}:\n${out}`);
  }

  /** What the journal has of a unit, messages alone. */
  journal(unit: string): Promise<string> {
    return this.ok('journalctl', ...this.which, '--no-pager', '-o', 'cat', '-u', unit);
  }
}
