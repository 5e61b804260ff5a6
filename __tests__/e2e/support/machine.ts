/**
 * A machine of its own for a test file: ROOT, RUNROOT and home in a temporary folder, the built binary, and a small
 * image. After every test `system check` must find nothing, and at the end nothing may be left.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, becoming, openAccount, type Who, whyNoNetwork, whyNot } from './account.ts';
import { type ChildOptions, collect, collectBytes, eventually, type Outcome } from './child.ts';
import { writeImageTar } from './image.ts';
import {
  emptyCgroups,
  interfacesLeft,
  interfacesOf,
  mountsBelow,
  processesOf,
  type Traces,
} from './leftovers.ts';
import { Terminal } from './terminal.ts';

const BUILT = join(__dirname, '../../../dist/proa');

/** The image that every machine has: busybox, with the users root and app (1000). Its command is `sh`. */
export const IMAGE = 'bb';

export interface MachineOptions {
  runtime?: 'crun' | 'runc';
  /** Programs that are not installed on this machine. */
  without?: readonly string[];
  /** The containers have networks of their own. */
  network?: boolean;
  /** Why these tests cannot run here. */
  skip?: string | undefined;
}

export class Machine {
  folder = '';
  root = '';
  runRoot = '';
  home = '';
  account!: Account;
  /** The rootfs of {@link IMAGE} as a tar. */
  imageTar = '';
  private binary = BUILT;
  private cgroups = new Set<string>();

  constructor(
    readonly who: Who,
    private readonly options: MachineOptions = {},
  ) {}

  async open(): Promise<void> {
    this.cgroups = emptyCgroups();
    // Short, for the paths of the sockets below it.
    this.folder = mkdtempSync(join(tmpdir(), 'e2e-'));
    chmodSync(this.folder, 0o755);
    this.home = `${this.folder}/home`;
    this.account = openAccount(this.who, this.home);
    mkdirSync(this.home, { recursive: true });
    mkdirSync(`${this.folder}/run`, { mode: 0o700 });
    if (this.who === 'root') {
      this.root = `${this.folder}/root`;
      this.runRoot = `${this.folder}/run/proa`;
    } else {
      await this.giveAway(`${this.folder}/run`);
      this.root = `${this.home}/.local/share/proa`;
      this.runRoot = `${this.folder}/run/proa`;
      // A clone in root's home is out of a user's reach.
      if ((await this.as(['test', '-x', BUILT])).code !== 0) {
        this.binary = `${this.folder}/proa`;
        await collect(['cp', '--reflink=auto', BUILT, this.binary]);
      }
    }
    this.imageTar = `${this.folder}/image.tar`;
    await writeImageTar(this.imageTar);
    await this.ok('import', '--change', 'CMD ["sh"]', this.imageTar, IMAGE);
  }

  /** The environment of its commands: nothing of the person who runs the tests. */
  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.home,
      USER: this.account.name,
      XDG_RUNTIME_DIR: `${this.folder}/run`,
      TERM: 'xterm',
      TZ: 'UTC',
      // Nothing but the loopback is ever asked: all else ends at a port on which nobody listens.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
    };
  }

  /** The whole command line of `proa ARGS`. */
  command(...args: string[]): string[] {
    const places = this.who === 'root' ? [`--root=${this.root}`, `--runroot=${this.runRoot}`] : [];
    const { runtime } = this.options;
    const globals = runtime === undefined ? places : [...places, `--runtime=${runtime}`];
    return [...this.hiding(), ...becoming(this.who, this.account), this.binary, ...globals, ...args];
  }

  /** Runs `proa ARGS` to its end. */
  proa(...args: string[]): Promise<Outcome> {
    return this.proaWith({}, ...args);
  }

  proaWith(options: ChildOptions, ...args: string[]): Promise<Outcome> {
    return collect(this.command(...args), { ...options, env: { ...this.env, ...options.env } });
  }

  /** For output that is no text. */
  proaBytes(options: ChildOptions, ...args: string[]) {
    return collectBytes(this.command(...args), { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs what must succeed and returns its stdout, without the last newline. */
  async ok(...args: string[]): Promise<string> {
    const { code, out, err } = await this.proa(...args);
    if (code !== 0) throw new Error(`proa ${args.join(' ')}: exit code ${code}: ${out}${err}`);
    return out.replace(/\n$/, '');
  }

  /** A shell script in a container of its own, without a network. */
  sh(script: string, ...options: string[]): Promise<Outcome> {
    return this.proa('run', '--rm', '--network=none', ...options, IMAGE, 'sh', '-c', script);
  }

  /** What such a script prints; it must succeed. */
  async shOk(script: string, ...options: string[]): Promise<string> {
    return this.ok('run', '--rm', '--network=none', ...options, IMAGE, 'sh', '-c', script);
  }

  /** `inspect`'s document of one container, or a part of it by a Go template. */
  async inspect(name: string, template = '{{json .}}') {
    return JSON.parse(await this.ok('container', 'inspect', '--format', template, name));
  }

  /** Starts `proa ARGS` with pipes. */
  start(...args: string[]) {
    return Bun.spawn(this.command(...args), { stdio: ['pipe', 'pipe', 'pipe'], env: this.env });
  }

  /** Starts `proa ARGS` on a terminal. */
  terminal(args: string[], size: { columns?: number; rows?: number } = {}): Terminal {
    return new Terminal(this.command(...args), { ...size, env: this.env });
  }

  /** Starts any program on a terminal. */
  terminalOf(command: string[]): Terminal {
    return new Terminal(command, { env: this.env });
  }

  /** Runs any program as the machine's person. */
  as(command: string[], options: ChildOptions = {}): Promise<Outcome> {
    return collect([...becoming(this.who, this.account), ...command], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  /** A fresh folder on the host that belongs to the machine's person. */
  async makeFolder(name: string): Promise<string> {
    const path = `${this.folder}/${name}`;
    mkdirSync(path, { recursive: true, mode: 0o755 });
    if (this.who !== 'root') await this.giveAway(path);
    return path;
  }

  /** Every container away. */
  async clear(): Promise<void> {
    const ids = (await this.ok('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await this.ok('rm', '-f', ...ids);
  }

  /**
   * All of ROOT and RUNROOT, a line a file with its size: to see that something changed nothing. The log of events is
   * left out, as whatever happens is told there.
   */
  async disk(): Promise<string[]> {
    const { out } = await collect(['find', this.root, this.runRoot, '-printf', '%p %y %l %s\n']);
    // A folder's size says nothing, and sizes of mounted roots repeat what is below.
    return out
      .split('\n')
      .map((line) => line.replace(/ d {2}\d+$/, ' d'))
      .filter((line) => line !== '' && !line.includes('/events/log'))
      .sort();
  }

  /** By which its processes are known. */
  get traces(): Traces {
    return { folder: this.folder, owns: (uid) => this.account.owns(uid) };
  }

  /** Ends everything and checks that nothing of it stays. */
  async close(): Promise<void> {
    const interfaces = interfacesOf(this.runRoot);
    const reset = await this.proa('system', 'reset', '--force');
    const look = (): string[] => [
      ...processesOf(this.traces),
      ...mountsBelow(this.folder),
      ...interfacesLeft(interfaces),
      ...[...emptyCgroups()].filter((cgroup) => !this.cgroups.has(cgroup)).map((path) => `cgroup ${path}`),
      ...[this.root, this.runRoot].filter(existsSync).map((path) => `files ${readdirSync(path)} in ${path}`),
    ];
    const left = await eventually(look, (lines) => lines.length === 0, 5_000);
    if (left.length === 0) rmSync(this.folder, { recursive: true });
    this.account.remove();
    expect({ ...reset, left }).toEqual({ code: 0, out: '', err: '', left: [] });
  }

  /** The start of a command line in whose sight some programs are not installed. */
  private hiding(): string[] {
    const paths = (this.options.without ?? []).flatMap((name) => Bun.which(name) ?? []);
    if (paths.length === 0) return [];
    const mounts = paths.map((path) => `mount --bind /dev/null ${path}`).join(' && ');
    return ['unshare', '--mount', '--propagation=private', 'sh', '-ec', `${mounts} && exec "$@"`, 'sh'];
  }

  /** Makes all that is at `path` the person's own. */
  async giveAway(path: string): Promise<void> {
    if (process.geteuid!() === 0)
      await collect(['chown', '-R', `${this.account.uid}:${this.account.gid}`, path]);
  }
}

/** For what does not depend on who asks: it is tried as root, and a user's skip says so. */
export function onceAsRoot(who: Who): typeof test.skip {
  if (who === 'root') return test;
  const skip = (title: string, body: () => Promise<void>): void =>
    test.skip(`${title} (skipped: the same for users, tried as root)`, body);
  return skip as typeof test.skip;
}

/** A block of tests for each of these people, on a machine of their own. */
export function describeAs(
  who: Who | readonly Who[],
  body: (machine: Machine) => void,
  options: MachineOptions = {},
): void {
  const titles: Record<Who, string> = {
    root: 'as root',
    user: 'as a user',
    single: 'as a user without subordinate ids',
  };
  for (const each of [who].flat() as Who[]) {
    const { runtime, without } = options;
    const words = [titles[each], runtime && `with ${runtime}`, without && `without ${without.join(' and ')}`];
    const title = words.filter(Boolean).join(' ');
    const reason = whyNot(each) ?? lacking(each, options);
    if (reason !== undefined) {
      describe.skip(`${title} (skipped: ${reason})`, () => body(new Machine(each)));
      continue;
    }
    describe(title, () => {
      const machine = new Machine(each, options);
      beforeAll(() => machine.open());
      afterEach(async () => {
        const { code, out } = await machine.proa('system', 'check');
        // A test that failed must not make the next one fail.
        await machine.clear();
        if (code !== 0) await machine.proa('system', 'check', '--repair');
        expect({ code, out }).toEqual({ code: 0, out: expect.any(String) });
      });
      afterAll(() => machine.close());
      body(machine);
    });
  }
}

function lacking(who: Who, { runtime, without, network, skip }: MachineOptions): string | undefined {
  if (skip !== undefined) return skip;
  if (network && whyNoNetwork(who) !== undefined) return whyNoNetwork(who);
  if (without !== undefined && process.geteuid!() !== 0) return 'only root can hide programs';
  if (runtime === undefined) return undefined;
  return Bun.which(runtime) === null ? `${runtime} is not installed` : undefined;
}
