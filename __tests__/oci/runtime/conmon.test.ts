// conmon itself; a script stands in for the OCI runtime, so that it can be told what to answer.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAlive, processHandle } from '../../../lib/core/process-handle.ts';
import { Conmon, type ConmonOptions } from '../../../lib/oci/runtime/conmon.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

const conmon = Bun.which('conmon');
const withConmon = conmon === null ? test.skip : test;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** @param create what the runtime's `create` does; `$PIDFILE` is where it says the container's pid */
function options(create: string, more: Partial<ConmonOptions> = {}): ConmonOptions {
  const bundle = `${folder.path}/bundle`;
  const runtime = `${folder.path}/runtime`;
  mkdirSync(`${folder.path}/exits`);
  mkdirSync(bundle);
  writeFileSync(
    runtime,
    `#!/bin/sh
echo "$@" > ${folder.path}/called
while [ $# -gt 0 ]; do [ "$1" = --pid-file ] && PIDFILE=$2; shift; done
${create}
`,
  );
  chmodSync(runtime, 0o755);
  return {
    conmon: conmon!,
    runtime,
    runtimeArgs: ['--root=/somewhere'],
    id: 'f00',
    name: 'web',
    bundle,
    pidFile: `${bundle}/pidfile`,
    conmonPidFile: `${bundle}/conmon.pid`,
    exitDir: `${folder.path}/exits`,
    persistDir: bundle,
    logs: [`k8s-file:${folder.path}/log`],
    terminal: false,
    stdin: false,
    leaveStdinOpen: false,
    env: { PATH: process.env.PATH },
    ...more,
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await Bun.sleep(5);
  expect(condition()).toBe(true);
}

const SLEEPER = "sh -c 'echo out; echo err >&2; sleep 0.05; exit 7' & echo -n $! > $PIDFILE";

withConmon(
  'it waits for the word, has the container made, keeps its log and exit code (skipped without conmon)',
  async () => {
    const given = options(SLEEPER, {
      exitCommand: ['/bin/sh', '-c', `echo "$1" > ${folder.path}/ended`, '-', 'a b'],
    });
    using started = Conmon.spawn(given);
    await Bun.sleep(30);
    expect(existsSync(`${folder.path}/called`)).toBe(false);
    started.release();
    const pid = await started.created();
    expect(pid).toBe(Number(readFileSync(given.pidFile, 'latin1')));
    expect(readFileSync(`${folder.path}/called`, 'utf8')).toMatch(
      /^--root=\/somewhere .*create .*--bundle .*f00\n$/,
    );
    const stays = await started.process();
    expect(isAlive(stays)).toBe(true);
    await until(() => existsSync(`${folder.path}/exits/f00`) && existsSync(`${folder.path}/ended`));
    expect(readFileSync(`${folder.path}/exits/f00`, 'utf8')).toBe('7');
    expect(readFileSync(`${folder.path}/log`, 'utf8')).toMatch(/ stdout F out\n/);
    expect(readFileSync(`${folder.path}/log`, 'utf8')).toMatch(/ stderr F err\n/);
    await until(() => readFileSync(`${folder.path}/ended`, 'utf8') === 'a b\n');
    await until(() => !isAlive(stays));
  },
);

withConmon('a runtime that fails is quoted in its own words (skipped without conmon)', async () => {
  using started = Conmon.spawn(options('echo "no such luck" >&2; exit 1'));
  started.release();
  await expect(started.created()).rejects.toMatchObject({
    code: 'RUNTIME_FAILED',
    message: expect.stringContaining('no such luck'),
  });
});

withConmon('given up before the word, it never calls the runtime (skipped without conmon)', async () => {
  const started = Conmon.spawn(options(SLEEPER));
  const pid = (started as unknown as { child: Bun.Subprocess }).child.pid;
  const handle = processHandle(pid);
  expect(isAlive(handle)).toBe(true);
  started[Symbol.dispose]();
  await until(() => !isAlive(handle));
  expect(existsSync(`${folder.path}/called`)).toBe(false);
});

withConmon('a conmon that dies without an answer is told (skipped without conmon)', async () => {
  using started = Conmon.spawn({ ...options(SLEEPER), logs: ['no-such-driver:/x'] });
  started.release();
  await expect(started.created()).rejects.toMatchObject({ code: 'CONMON_FAILED' });
});
