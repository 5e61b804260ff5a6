/** Killing the binary at a random point of what it does, and asking afterwards whether all is well. */
import { eventually, type Outcome } from '../../e2e/support/child.ts';
import { IMAGE, type Machine } from '../../e2e/support/machine.ts';
import type { Random } from './random.ts';

export interface Blow {
  /** Milliseconds after its start; undefined when it had ended before. */
  at: number | undefined;
  /** What is to be said when something is wrong afterwards. */
  story: string;
}

/**
 * Starts `proa ARGS` and kills it with SIGKILL after a part of `duration` (milliseconds); its children live on, as they
 * would when a person or the kernel kills it.
 */
export async function killDuring(
  machine: Machine,
  random: Random,
  duration: number,
  args: readonly string[],
  stdin?: string,
): Promise<Blow> {
  const child = Bun.spawn(machine.command(...args), {
    stdio: [stdin === undefined ? 'ignore' : Bun.file(stdin), 'ignore', 'ignore'],
    env: machine.env,
  });
  const begin = performance.now();
  const until = random.next() * duration;
  await Promise.race([child.exited, Bun.sleep(until)]);
  const ended = child.exitCode !== null;
  child.kill('SIGKILL');
  await child.exited;
  const at = ended ? undefined : performance.now() - begin;
  const story = `proa ${args.join(' ')}: ${at === undefined ? 'ended by itself' : `killed after ${at.toFixed(1)} ms`}`;
  return { at, story };
}

/** How long `proa ARGS` takes when nothing happens to it (milliseconds). */
export async function measure(machine: Machine, ...args: string[]): Promise<number> {
  const begin = performance.now();
  await machine.ok(...args);
  return performance.now() - begin;
}

/** Blows between two repairs. */
const MEND_AFTER = 4;

/** What must outlive every blow: a container with something in it, a volume with data, an image, a running container. */
export class Belongings {
  /** Blows since the last repair. */
  private readonly stories: string[] = [];

  private constructor(private readonly machine: Machine) {}

  static async make(machine: Machine): Promise<Belongings> {
    await machine.ok(
      'run',
      '--network=none',
      '--name=kept',
      '-v=data:/data',
      IMAGE,
      'sh',
      '-c',
      'echo mine > /own; echo ours > /data/file',
    );
    await machine.ok('run', '-d', '--network=none', '--name=runs', IMAGE, 'sleep', '1000000');
    await machine.ok('tag', IMAGE, 'kept:1');
    return new Belongings(machine);
  }

  /** After a blow: ordinary commands work, nothing is lost, and every fourth time all damage so far can be mended. */
  async check(story: string): Promise<void> {
    const { machine } = this;
    this.stories.push(story);
    try {
      const names = (await machine.ok('ps', '-a', '--format={{.Names}} {{.Status}}')).split('\n');
      expect(names).toContainEqual(expect.stringMatching(/^kept Exited \(0\)/));
      expect(names).toContainEqual(expect.stringMatching(/^runs Up/));
      const images = (await machine.ok('images', '--format={{.Repository}}:{{.Tag}}')).split('\n');
      expect(images).toEqual(expect.arrayContaining(['kept:1']));
      const words = await machine.ok(
        'run',
        '--rm',
        '--network=none',
        '-v=data:/data',
        'kept:1',
        'cat',
        '/data/file',
      );
      expect(words).toBe('ours');
      if (this.stories.length === MEND_AFTER) await this.mend();
    } catch (error) {
      throw new Error(`${this.stories.join('\n')}\n${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }

  /** All damage so far can be mended. */
  async mend(): Promise<void> {
    const found = await mended(this.machine);
    if (process.env.FAULT_VERBOSE) process.stderr.write(`${this.stories.join('\n')}\n${found}`);
    this.stories.length = 0;
  }

  /** What the kept container wrote into its own layer. */
  async checkContent(): Promise<void> {
    expect(await this.machine.ok('start', '-a', 'kept')).toBe('');
  }
}

/** `system check` finds nothing, or nothing but what its --repair mends; what it found. */
export async function mended(machine: Machine): Promise<string> {
  const found = await machine.proa('system', 'check');
  if (found.code === 0) return found.out;
  const repair = await machine.proa('system', 'check', '--repair');
  expect({ found: found.out, ...repair }).toMatchObject({ code: 0 });
  const again = await machine.proa('system', 'check');
  expect({ found: found.out, repair: repair.out, ...again }).toMatchObject({ code: 0 });
  return found.out;
}

/** Runs it until it succeeds: a clean-up that conmon started may still be under way. */
export function eventuallyOk(machine: Machine, ...args: string[]): Promise<Outcome> {
  return eventually(
    () => machine.proa(...args),
    ({ code }) => code === 0,
    5_000,
  );
}
