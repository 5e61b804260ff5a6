/** Builds: from the cache, without it, of many files, of stages that need not wait for each other. */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { run, time, tryRun, type Words } from './command.ts';
import { IMAGE, type Scenario } from './scenarios.ts';

const FILES = 50_000;
const A_FOLDER = 500;
/** Bytes of a file that .dockerignore excludes; sparse, as nobody is to read it. */
const IGNORED = 5 * 1024 ** 3;

const FIVE_STEPS = [
  'COPY a /a',
  'RUN mkdir /b && cp /a /b/',
  'RUN echo 1 > /c',
  'RUN echo 2 > /d',
  'RUN cat /c /d > /e',
];

/** Each stage takes a second, and none needs another one. */
const fourStages = (): string[] => [
  ...[1, 2, 3, 4].map((n) => `FROM ${IMAGE} AS s${n}\nRUN sleep 1 && echo ${n} > /${n}`),
  `FROM ${IMAGE}`,
  ...[1, 2, 3, 4].map((n) => `COPY --from=s${n} /${n} /`),
];

/** @param work an empty folder for contexts */
export function builds(work: string): Scenario[] {
  // Docker's builder without a daemon of its own: the one that its daemon has.
  process.env.DOCKER_BUILDKIT = '0';
  const folder = `${work}/builds`;
  return [
    building('build-cached', folder, FIVE_STEPS, { warm: true }),
    building('build-cold', folder, FIVE_STEPS, { options: ['--no-cache'], rounds: 5 }),
    building('build-copy-50000', folder, ['COPY many /many'], {
      files: true,
      options: ['--no-cache'],
      rounds: 3,
    }),
    {
      ...building('build-one-of-50000', folder, ['COPY many /many'], { files: true, warm: true, rounds: 3 }),
      measure(cli, round) {
        // Another text for each engine and round, in a file that was there.
        writeFileSync(`${folder}/build-one-of-50000/many/7/7`, `${cli.join(' ')} ${round}`);
        return time(command(cli, `${folder}/build-one-of-50000`, 'build-one-of-50000', []));
      },
    },
    building('build-stages', folder, fourStages(), { options: ['--no-cache'], rounds: 3, whole: true }),
    building('build-ignored', folder, ['COPY . /all'], { ignored: true, warm: true }),
  ];
}

interface Building {
  options?: readonly string[];
  /** Built once before the first round. */
  warm?: boolean;
  /** Fifty thousand files. */
  files?: boolean;
  /** A large file that is left out. */
  ignored?: boolean;
  /** The lines have their own FROM. */
  whole?: boolean;
  rounds?: number;
}

function building(name: string, work: string, lines: readonly string[], how: Building): Scenario {
  const { options = [], warm = false, rounds } = how;
  const folder = `${work}/${name}`;
  const image = imageOf(name);
  return {
    name,
    async setUp(cli) {
      writeContext(folder, how.whole ? lines : [`FROM ${IMAGE}`, ...lines], how);
      if (warm) await run(command(cli, folder, name, []));
    },
    measure: (cli) => time(command(cli, folder, name, options)),
    tearDown: (cli) => tryRun([...cli, 'rmi', '-f', image]),
    ...(rounds !== undefined && { rounds }),
  };
}

const imageOf = (name: string): string => `localhost/proa-bench-${name}`;

function command(cli: Words, folder: string, name: string, options: readonly string[]): string[] {
  return [...cli, 'build', '-q', '--network=none', ...options, '-t', imageOf(name), folder];
}

function writeContext(folder: string, lines: readonly string[], { files, ignored }: Building): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/Dockerfile`, `${lines.join('\n')}\n`);
  writeFileSync(`${folder}/a`, 'a\n');
  if (ignored) {
    writeFileSync(`${folder}/.dockerignore`, 'large\n');
    mkdirSync(`${folder}/large`);
    const fd = openSync(`${folder}/large/file`, 'w');
    ftruncateSync(fd, IGNORED);
    closeSync(fd);
  }
  for (let i = 0; files && i < FILES; i++) {
    const place = `${folder}/many/${Math.floor(i / A_FOLDER)}`;
    if (i % A_FOLDER === 0) mkdirSync(place, { recursive: true });
    writeFileSync(`${place}/${i % A_FOLDER}`, `file ${i}\n`);
  }
}
