/** What is timed. The names and command lines are those of the project's reference bench, so numbers compare. */

import { builds } from './builds.ts';
import { run, time, timeAll, tryRun, type Words } from './command.ts';
import { writeManyImages } from './many-images.ts';
import { networks } from './networks.ts';
import { pushes } from './pushes.ts';

export const IMAGE = 'localhost/proa-bench:latest';
/** A process that obeys SIGTERM at once. */
const SERVE = ['/bin/sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"];
const MANY = 50;
const AT_ONCE = 16;

export interface Scenario {
  name: string;
  /** One timed round, in milliseconds. */
  measure(cli: Words, round: number): number | Promise<number>;
  /** Once before the first round. */
  setUp?(cli: Words): Promise<void>;
  /** After each round, untimed. */
  undo?(cli: Words): Promise<void>;
  /** Once at the end, also after a failure. */
  tearDown?(cli: Words): Promise<void>;
  /** Instead of the number asked for. */
  rounds?: number;
  /** The first round counts, too: there is nothing that may be warmed up. */
  cold?: boolean;
  /** Only when `--only` names it: a peer takes minutes to set it up and to undo it. */
  byNameOnly?: boolean;
}

const serve = (name: string): string[] => ['run', '-d', '--network=none', '--name', name, IMAGE, ...SERVE];

function simple(name: string, ...args: string[]): Scenario {
  return { name, measure: (cli) => time([...cli, ...args]) };
}

/** A scenario on one running container. */
function running(name: string, args: (container: string) => string[], again?: string[]): Scenario {
  const container = `proa-bench-${name}`;
  return {
    name,
    measure: (cli) => time([...cli, ...args(container)]),
    setUp: (cli) => run([...cli, ...serve(container)]),
    ...(again && { undo: (cli) => run([...cli, ...again]) }),
    tearDown: (cli) => tryRun([...cli, 'rm', '-f', container]),
  };
}

function psOfHundred(): Scenario {
  const names = Array.from({ length: 100 }, (_, index) => `proa-bench-ps-${index}`);
  return {
    ...simple('ps-100', 'ps', '-a'),
    setUp: async (cli) => {
      for (const name of names)
        await run([...cli, 'create', '--network=none', '--name', name, IMAGE, '/bin/true']);
    },
    tearDown: (cli) => tryRun([...cli, 'rm', '-f', ...names]),
  };
}

/** A list of five hundred images. */
function imagesOfFiveHundred(work: string): Scenario {
  const names = Array.from({ length: 500 }, (_, index) => `localhost/proa-bench/image-${index}:latest`);
  return {
    ...simple('images-500', 'images'),
    setUp: (cli) => run([...cli, 'load', '-q', '-i', writeManyImages(work, names)]),
    tearDown: (cli) => tryRun([...cli, 'rmi', '-f', ...names]),
    byNameOnly: true,
  };
}

function thousandVolumes(): Scenario {
  const names = Array.from({ length: 1000 }, (_, index) => `proa-bench-volume-${index}`);
  return {
    ...simple('volumes-1000', 'volume', 'ls'),
    setUp: async (cli) => {
      for (const name of names) await run([...cli, 'volume', 'create', name]);
    },
    tearDown: (cli) => tryRun([...cli, 'volume', 'rm', ...names]),
  };
}

/** What works on the files and the output of one container. */
function filesAndLogs(work: string): Scenario[] {
  const file = `${work}/one-gigabyte`;
  const commit = 'localhost/proa-bench-commit';
  return [
    {
      ...running('logs', (container) => ['logs', container]),
      setUp: async (cli) => {
        await run([
          ...cli,
          'run',
          '-d',
          '--network=none',
          '--name',
          'proa-bench-logs',
          IMAGE,
          'seq',
          '100000',
        ]);
        await run([...cli, 'wait', 'proa-bench-logs']);
      },
    },
    running('inspect-c', (container) => ['container', 'inspect', container]),
    running('diff', (container) => ['diff', container]),
    {
      ...running('commit', (container) => ['commit', container, commit]),
      undo: (cli) => run([...cli, 'rmi', commit]),
    },
    {
      ...running('cp-1g', (container) => ['cp', file, `${container}:/tmp/file`]),
      setUp: async (cli) => {
        await run(['sh', '-c', `test -e ${file} || head -c 1073741824 /dev/urandom > ${file}`]);
        await run([...cli, ...serve('proa-bench-cp-1g')]);
      },
      undo: (cli) => run([...cli, 'exec', 'proa-bench-cp-1g', 'rm', '/tmp/file']),
      rounds: 3,
    },
  ];
}

/** Two hundred containers, 16 at a time: each is started, used and removed. */
function twoHundred(): Scenario {
  const life = (cli: Words, i: number): Words => {
    const name = `proa-bench-many-${i}`;
    const words = (...args: string[]): string =>
      [...cli, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    return [
      'sh',
      '-ec',
      `${words(...serve(name))} >/dev/null; ${words('exec', name, '/bin/true')}; ${words('rm', '-f', name)} >/dev/null`,
    ];
  };
  return {
    name: 'lives-200',
    measure: (cli) =>
      timeAll(
        Array.from({ length: 200 }, (_, i) => life(cli, i)),
        AT_ONCE,
      ),
    rounds: 1,
    cold: true,
  };
}

/** Of the image in a registry whose tags 1, 2, 3, … are variants of one another; `work` is a folder for archives. */
function transfers(big: string, work: string): Scenario[] {
  const first = `${big}:1`;
  const archive = (cli: Words): string => `${work}/${Bun.hash(cli.join(' '))}.tar`;
  const remove = (cli: Words): Promise<void> => tryRun([...cli, 'rmi', '-f', first]);
  return [
    {
      // A fresh variant each round, none deleted before the end: ext4 crawls past inodes that were deleted just now.
      name: 'pull',
      measure: (cli, round) => time([...cli, 'pull', '-q', `${big}:${round}`]),
      tearDown: async (cli) => {
        for (const tag of [1, 2, 3]) await tryRun([...cli, 'rmi', '-f', `${big}:${tag}`]);
      },
      rounds: 3,
      cold: true,
    },
    {
      name: 'pull-churn',
      measure: (cli) => time([...cli, 'pull', '-q', first]),
      setUp: remove,
      undo: remove,
      rounds: 2,
    },
    {
      name: 'save',
      measure: (cli) => time([...cli, 'save', '-o', archive(cli), first]),
      setUp: (cli) => run([...cli, 'pull', '-q', first]),
      undo: (cli) => run(['rm', '-f', archive(cli)]),
      rounds: 3,
    },
    {
      name: 'load',
      measure: (cli) => time([...cli, 'load', '-q', '-i', archive(cli)]),
      setUp: async (cli) => {
        await run([...cli, 'pull', '-q', first]);
        await run([...cli, 'save', '-o', archive(cli), first]);
        await remove(cli);
      },
      undo: remove,
      rounds: 2,
    },
  ];
}

/** All scenarios; those that move an image only when there is one. */
export function scenarios(big: string | undefined, work: string): Scenario[] {
  const runTrue = (...options: string[]): string[] => ['run', '--rm', ...options, IMAGE, '/bin/true'];
  return [
    simple('version', 'version'),
    simple('run-none', ...runTrue('--network=none')),
    simple('run-host', ...runTrue('--network=host')),
    simple('run-bridge', ...runTrue()),
    simple('run-publish', ...runTrue('-p', '127.0.0.1:18080:80')),
    {
      name: 'run-detached',
      measure: (cli) => time([...cli, ...serve('proa-bench-detached')]),
      undo: (cli) => run([...cli, 'rm', '-f', 'proa-bench-detached']),
    },
    {
      name: 'run-50',
      measure: (cli) => timeAll(Array(MANY).fill([...cli, ...runTrue('--network=none')]), AT_ONCE),
      rounds: 3,
    },
    running('exec', (container) => ['exec', container, '/bin/true']),
    running('rm-f', (container) => ['rm', '-f', container], serve('proa-bench-rm-f')),
    running('stop', (container) => ['stop', container], ['start', 'proa-bench-stop']),
    simple('ps', 'ps'),
    psOfHundred(),
    thousandVolumes(),
    simple('images', 'images'),
    imagesOfFiveHundred(work),
    simple('inspect', 'image', 'inspect', IMAGE),
    ...filesAndLogs(work),
    twoHundred(),
    ...networks(),
    ...builds(work),
    ...(big === undefined ? [] : [...transfers(big, work), ...pushes(big, work)]),
  ];
}
