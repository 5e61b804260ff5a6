/** SIGKILL at random points of what changes containers: create, run, start, stop, restart, rm, exec. */
import { whyNoNetwork } from '../e2e/support/account.ts';
import { collect } from '../e2e/support/child.ts';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';
import { Belongings, eventuallyOk, killDuring, measure } from './support/kill.ts';
import { Random, ROUNDS, SEED, TIMEOUT } from './support/random.ts';

jest.setTimeout(TIMEOUT);

describeAs(['root', 'user'], (machine) => {
  // No hexadecimal word as a name: where there is none of that name, it would be the start of an id.
  const random = new Random(SEED, 'kill container');
  let belongings: Belongings;
  beforeEach(async () => {
    belongings = await Belongings.make(machine);
  });

  /** Networks that a container may have: the quick one, and all there is to clean up, where that is possible. */
  const quick = ['--network=none'];
  const whole = whyNoNetwork(machine.who) === undefined ? [[], ['-p', '127.0.0.1::80']] : [];
  const network = () => random.pick([quick, quick, ...whole]);

  test(`create (seed ${SEED})`, async () => {
    const create = [
      'create',
      '--name=victim',
      '--network=none',
      '-v=made:/made',
      '-v=/anonymous',
      IMAGE,
      'true',
    ];
    const takes = await measure(machine, ...create);
    for (let round = 0; round < 5 * ROUNDS; round++) {
      await machine.ok('rm', '-f', '-v', 'victim');
      const blow = await killDuring(machine, random, takes, create);
      await belongings.check(blow.story);
      // It is there whole, or its name is free.
      const { code } = await machine.proa('container', 'inspect', 'victim');
      if (code !== 0) await machine.ok(...create);
      await machine.ok('start', '-a', 'victim');
    }
    await machine.ok('rm', '-f', '-v', 'victim');
    // The machine's own check after a test takes no repair for an answer.
    await belongings.mend();
  });

  test(`run (seed ${SEED})`, async () => {
    const takes = await measure(machine, 'run', '--rm', ...(whole[0] ?? quick), IMAGE, 'true');
    for (let round = 0; round < 9 * ROUNDS; round++) {
      const [mode, command] = random.pick([
        [['--rm'], ['true']],
        [['--rm'], ['sleep', '0.3']],
        [['-d'], ['sleep', '1000']],
        [
          ['-d', '--rm'],
          ['sleep', '1000'],
        ],
        [[], ['echo', 'word']],
      ]);
      const args = ['run', '--name=victim', ...mode!, ...network(), IMAGE, ...command!];
      const blow = await killDuring(machine, random, takes * 1.2, args);
      // At once, while what it started may still be at work, or after a while.
      const next = random.pick(['look', 'start', 'rm']);
      if (next === 'look') await belongings.check(blow.story);
      if (next !== 'rm') await startable('victim', blow.story);
      await told(blow.story, () => machine.ok('rm', '-f', 'victim'));
      await told(blow.story, () =>
        machine.ok('run', '--rm', '--name=victim', '--network=none', IMAGE, 'true'),
      );
    }
    await belongings.mend();
  });

  test(`start, stop and restart (seed ${SEED})`, async () => {
    // It ends by itself when told to, as most do.
    const script = 'trap "exit 0" TERM; echo up >> /log; while :; do sleep 0.05; done';
    for (const net of [quick, ...whole.slice(1)]) {
      await machine.ok('run', '-d', '--name=victim', ...net, IMAGE, 'sh', '-c', script);
      const stopping = await measure(machine, 'stop', 'victim');
      const starting = await measure(machine, 'start', 'victim');
      for (let round = 0; round < 3 * ROUNDS; round++) {
        const verb = random.pick(['stop', 'restart']);
        const first = await killDuring(machine, random, stopping * 1.1, [verb, 'victim']);
        await belongings.check(first.story);
        await told(first.story, () => machine.ok('stop', 'victim'));
        const second = await killDuring(machine, random, starting * 1.1, ['start', 'victim']);
        await belongings.check(second.story);
        await startable('victim', second.story);
      }
      await machine.ok('rm', '-f', 'victim');
    }
    await belongings.mend();
  });

  test(`rm (seed ${SEED})`, async () => {
    let takes = 100;
    for (let round = 0; round < 7 * ROUNDS; round++) {
      await machine.ok('run', '-d', '--name=victim', '-v=/anonymous', ...network(), IMAGE, 'sleep', '1000');
      const force = random.pick([['-f'], ['-f', '-v'], ['-f', '-t', '0']]);
      if (round === 0) takes = await measure(machine, 'rm', ...force, 'victim');
      else {
        const blow = await killDuring(machine, random, takes * 1.1, ['rm', ...force, 'victim']);
        await belongings.check(blow.story);
        await told(blow.story, () => machine.ok('rm', '-f', 'victim'));
      }
    }
    await belongings.mend();
  });

  test(`exec (seed ${SEED})`, async () => {
    await machine.ok('run', '-d', '--name=victim', '--network=none', IMAGE, 'sleep', '1000');
    const takes = await measure(machine, 'exec', 'victim', 'true');
    for (let round = 0; round < 5 * ROUNDS; round++) {
      const mode = random.pick([[], ['-d'], ['-i']]);
      const blow = await killDuring(machine, random, takes, [
        'exec',
        ...mode!,
        'victim',
        'sh',
        '-c',
        'sleep 0.1',
      ]);
      expect(await machine.ok('exec', 'victim', 'echo', 'word')).toBe('word');
      await belongings.check(blow.story);
    }
    await machine.ok('rm', '-f', 'victim');
    await belongings.mend();
  });

  test(`conmon (seed ${SEED})`, async () => {
    for (let round = 0; round < 2 * ROUNDS; round++) {
      await machine.ok('run', '-d', '--name=victim', ...network(), IMAGE, 'sleep', '1000');
      const pid = Number(await machine.ok('container', 'inspect', '--format={{.State.Pid}}', 'victim'));
      const conmon = Number(/^PPid:\s*(\d+)/m.exec(await Bun.file(`/proc/${pid}/status`).text())![1]);
      process.kill(conmon, 'SIGKILL');
      await belongings.check('conmon killed');
      // Without it nobody sees the end, but everybody sees that it is over.
      await machine.ok('stop', '-t', '0', 'victim');
      expect(await machine.ok('ps', '-a', '--filter=name=^victim$', '--format={{.Status}}')).toMatch(
        /^Exited/,
      );
      await machine.ok('start', 'victim');
      await machine.ok('rm', '-f', 'victim');
    }
    await belongings.mend();
  });

  /** A container that is there can be started; one that was to remove itself may be gone. */
  async function startable(name: string, story: string): Promise<void> {
    const there = await machine.proa('container', 'inspect', name);
    if (there.code !== 0) return;
    const started = await eventuallyOk(machine, 'start', name);
    const gone = started.err.includes('no such container');
    if (started.code !== 0 && !gone) throw new Error(`${story}\nstart: ${started.code}: ${started.err}`);
  }

  async function told<T>(story: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const { out } = await collect(['ps', 'axo', 'pid,ppid,args']);
      const ours = out.split('\n').filter((line) => line.includes(machine.folder));
      throw new Error(`${story}\n${error instanceof Error ? error.message : error}\n${ours.join('\n')}`);
    }
  }
});
