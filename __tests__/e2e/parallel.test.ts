// Many commands at once: no lock is shared on the way of `run`, and nobody gets what is another's.
import { readdirSync, rmSync } from 'node:fs';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';

const LANES = 16;

/** `count` runs in each of 16 lanes; what went wrong. */
async function runMany(
  machine: Machine,
  count: number,
  options: (run: number) => string[],
): Promise<string[]> {
  const wrong: string[] = [];
  const lane = async (number: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const run = number * count + i;
      const words = ['run', '--rm', ...options(run), IMAGE, 'sh', '-c', `echo ${run}; exit ${run % 7}`];
      const { code, out, err } = await machine.proaWith({ timeout: 60_000 }, ...words);
      if (code !== run % 7 || out !== `${run}\n` || err !== '')
        wrong.push(`run ${run}: ${code} ${out}${err}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return wrong;
}

describeAs('root', (machine) => {
  test('16 at once, 50 times, half of them on the bridge: none fails, none is left', async () => {
    // With what the first container on each network makes for all.
    await runMany(machine, 1, (run) => [`--network=${run % 2 ? 'none' : 'bridge'}`]);
    const before = await machine.disk();
    const wrong = await runMany(machine, 50, (run) => [`--network=${run % 2 ? 'none' : 'bridge'}`]);
    expect(wrong).toEqual([]);
    expect(await machine.ok('ps', '-aq')).toBe('');
    expect(await machine.disk()).toEqual(before);
  }, 180_000);
});

describeAs(
  'user',
  (machine) => {
    test('16 at once, 6 times: none fails', async () => {
      const wrong = await runMany(machine, 6, (run) => (run % 6 === 0 ? [] : ['--network=none']));
      expect(wrong).toEqual([]);
      expect(await machine.ok('ps', '-aq')).toBe('');
    }, 120_000);
  },
  { network: true },
);

describeAs(['root', 'user'], (machine) => {
  test('the first containers after a boot, which prepare things for all', async () => {
    for (let round = 0; round < 4; round++) {
      const cache = `${machine.runRoot}/seccomp`;
      for (const name of readdirSync(cache)) rmSync(`${cache}/${name}`);
      expect(await runMany(machine, 1, () => ['--network=none'])).toEqual([]);
      expect(readdirSync(cache)).toHaveLength(1);
    }
  }, 60_000);

  test('started, listed, logged, stopped and removed all at once', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `c${i}`);
    const lives = names.map(async (name) => {
      await machine.ok(
        'run',
        '-d',
        `--name=${name}`,
        '--network=none',
        IMAGE,
        'sh',
        '-c',
        `echo ${name}; exec sleep 100`,
      );
      await machine.ok('exec', name, 'true');
      expect(await machine.ok('logs', name)).toBe(name);
      await machine.ok('stop', '-t', '0', name);
      await machine.ok('start', name);
      await machine.ok('rm', '-f', name);
    });
    let over = false;
    const looks = (async () => {
      while (!over) {
        // Whoever looks finds each as it was before or after, never half.
        const { code, err } = await machine.proa('ps', '-a', '--format=json');
        expect({ code, err }).toEqual({ code: 0, err: '' });
      }
    })();
    await Promise.all(lives).finally(() => {
      over = true;
    });
    await looks;
    expect(await machine.ok('ps', '-aq')).toBe('');
  }, 60_000);
});
