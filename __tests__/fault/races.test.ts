/** Commands that meet on the same image, container or name at the same moment. */
import { writeFileSync } from 'node:fs';
import { eventually, type Outcome } from '../e2e/support/child.ts';
import { processesOf } from '../e2e/support/leftovers.ts';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';
import { slowImage, slowTar } from './support/images.ts';
import { ROUNDS, TIMEOUT } from './support/random.ts';
import { CountingProxy, REGISTRY_PROGRAM, RealRegistry } from './support/registry.ts';

jest.setTimeout(TIMEOUT);

describeAs('root', (machine) => {
  const withRegistry = REGISTRY_PROGRAM === null ? test.skip : test;

  /** So many times the same command, all at once. */
  const times = (count: number, ...args: string[]): Promise<Outcome[]> =>
    Promise.all(Array.from({ length: count }, () => machine.proa(...args)));
  const codes = (outcomes: Outcome[]): number[] => outcomes.map(({ code }) => code).sort();
  const words = (outcomes: Outcome[]): string => outcomes.map(({ err }) => err).join('');

  withRegistry('pulls of one image share its downloads', async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    await using proxy = new CountingProxy(registry.host);
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const image = slowImage();
      await registry.push('same', image);
      proxy.blobs.length = 0;
      const pulls = await times(4, 'pull', '-q', `${proxy.host}/same`);
      expect({ codes: codes(pulls), err: words(pulls) }).toEqual({ codes: [0, 0, 0, 0], err: '' });
      expect(new Set(pulls.map(({ out }) => out)).size).toBe(1);
      const layers = image.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(proxy.bytes).toBe(layers + 4 * image.config.bytes.length);
      await machine.ok('rmi', `${proxy.host}/same`);
    }
  });

  withRegistry('pulls of images that share layers do not disturb each other', async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    const tars = Array.from({ length: 4 }, (_, i) => ({ tar: slowTar(`shared${i}`, { files: 40 }) }));
    const { buildImage } = await import('../e2e/support/image.ts');
    const names = ['a', 'b', 'victim'];
    for (const [i, name] of names.entries())
      await registry.push(name, buildImage([...tars, { tar: slowTar(`own${i}`, { files: 40 }) }]));
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const pulls = await Promise.all(
        names.map((name) => machine.proa('pull', '-q', `${registry.host}/${name}`)),
      );
      expect({ codes: codes(pulls), err: words(pulls) }).toEqual({ codes: [0, 0, 0], err: '' });
      // With the layers here already, all of them write what they know of these layers.
      if (round % 2 === 0) await machine.ok('rmi', `${registry.host}/b`);
      else await machine.ok('rmi', ...names.map((name) => `${registry.host}/${name}`));
      expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
    }
    await machine.proa('rmi', ...names.map((name) => `${registry.host}/${name}`));
  });

  withRegistry('rmi while the same image is pulled: it is there whole, or not at all', async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    const name = `${registry.host}/contested`;
    await registry.push('contested', slowImage({ layers: 2, files: 40 }));
    await machine.ok('pull', '-q', name);
    for (let round = 0; round < 8 * ROUNDS; round++) {
      const [pull] = await Promise.all([
        machine.proa('pull', '-q', name),
        Bun.sleep(round * 4).then(() => machine.proa('rmi', name)),
      ]);
      expect(pull).toMatchObject({ code: 0, err: '' });
      if ((await machine.proa('image', 'exists', name)).code === 0) {
        expect(await machine.proa('run', '--rm', '--network=none', name, '/none')).toMatchObject({
          code: 127,
        });
        expect((await machine.ok('image', 'inspect', '--format={{.Id}}', name)).length).toBeGreaterThan(60);
      }
      const check = await machine.proa('system', 'check');
      expect(check).toMatchObject({ code: 0 });
    }
    await machine.proa('rmi', name);
    await machine.ok('system', 'check', '--repair');
  });

  test('loads and removals of one image', async () => {
    const archive = `${machine.folder}/both.tar`;
    writeFileSync(archive, slowTar('both', { files: 50 }));
    await machine.ok('import', archive, 'both');
    await machine.ok('save', '-o', archive, 'both');
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const all = await Promise.all([
        machine.proa('load', '-q', '-i', archive),
        machine.proa('load', '-q', '-i', archive),
        Bun.sleep(round * 10).then(() => machine.proa('rmi', 'both')),
      ]);
      expect(codes(all.slice(0, 2))).toEqual([0, 0]);
      expect(await machine.proa('system', 'check')).toMatchObject({ code: 0 });
    }
    await machine.proa('rmi', 'both');
    await machine.ok('system', 'check', '--repair');
  });

  test('create with one name: exactly one gets it', async () => {
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const all = await times(8, 'create', '--name=only', '--network=none', IMAGE, 'true');
      expect(codes(all)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
      expect(words(all).match(/in use by container/g)).toHaveLength(7);
      expect((await machine.ok('ps', '-aq', '--no-trunc')).split('\n')).toEqual([
        all.find(({ code }) => code === 0)!.out.trim(),
      ]);
      await machine.ok('rm', 'only');
    }
  });

  test('a name changes hands while its container is removed', async () => {
    for (let round = 0; round < 6 * ROUNDS; round++) {
      await machine.ok('create', '--name=passed', '--network=none', IMAGE, 'true');
      const [rm, ...creates] = await Promise.all([
        machine.proa('rm', 'passed'),
        ...Array.from({ length: 3 }, () =>
          machine.proa('create', '--name=passed', '--network=none', IMAGE, 'true'),
        ),
      ]);
      expect(rm).toMatchObject({ code: 0 });
      const made = creates.filter(({ code }) => code === 0).map(({ out }) => out.trim());
      expect(made.length).toBeLessThan(2);
      if (made.length === 1)
        expect(await machine.ok('container', 'inspect', '--format={{.Id}}', 'passed')).toBe(made[0]!);
      await machine.ok('rm', '-f', 'passed');
      expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
    }
  });

  test('start twice at once: one starts it, the other has nothing to do', async () => {
    await machine.ok(
      'create',
      '--name=twice',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'echo started >> /log; sleep 1000',
    );
    for (let round = 0; round < 3 * ROUNDS; round++) {
      expect(codes(await times(3, 'start', 'twice'))).toEqual([0, 0, 0]);
      const log = () => machine.ok('exec', 'twice', 'cat', '/log');
      expect(await eventually(log, (text) => text.split('\n').length > round)).toBe(
        Array(round + 1)
          .fill('started')
          .join('\n'),
      );
      expect(codes(await times(3, 'stop', '-t', '0', 'twice'))).toEqual([0, 0, 0]);
    }
    expect(codes(await times(3, 'rm', '-f', 'twice'))).toEqual([0, 0, 0]);
  });

  test('rm -f while run --rm ends', async () => {
    for (let round = 0; round < 8 * ROUNDS; round++) {
      const run = machine.proa(
        'run',
        '--rm',
        '--name=ends',
        '--network=none',
        IMAGE,
        'sh',
        '-c',
        'usleep 40000; exit 3',
      );
      await Bun.sleep(60 + round * 10);
      const rm = await machine.proa('rm', '-f', 'ends');
      expect(rm).toMatchObject({ code: 0, err: '' });
      const { code, err } = await run;
      // Its own end, or the kill; removed before its start, it says so.
      if (code === 125) expect(err).toMatch(/removed|no such container/);
      else expect([3, 137]).toContain(code);
      expect(await machine.ok('ps', '-aq')).toBe('');
      expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
    }
  });

  test('starts that fail while the runtime makes the container leave nothing', async () => {
    await machine.ok('run', '-d', '--name=holds', '-p=127.0.0.1::80', IMAGE, 'sleep', '1000');
    const port = /:(\d+)/.exec(await machine.ok('port', 'holds'))![1];
    // All at once, so that the runtime is slow and the refusal of the port comes first.
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const runs = await times(8, 'run', '--rm', `-p=127.0.0.1:${port}:80`, IMAGE, 'true');
      expect(codes(runs)).toEqual(Array(8).fill(125));
    }
    expect(await machine.ok('ps', '-a', '--format={{.Names}}')).toBe('holds');
    const monitors = () => processesOf(machine.traces).filter((line) => line.includes('conmon'));
    expect(await eventually(monitors, ({ length }) => length === 1)).toHaveLength(1);
    await machine.ok('rm', '-f', 'holds');
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
  });

  test('stop in the pause before a restart ends the restarts', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name=again',
      '--restart=always',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'echo run >> /log; exit 1',
    );
    const restarts = async () =>
      Number(await machine.ok('container', 'inspect', '--format={{.RestartCount}}', 'again'));
    // The pauses grow: 0.1, 0.2, 0.4 seconds …
    await eventually(restarts, (count) => count >= 3);
    await machine.ok('stop', 'again');
    const count = await restarts();
    await Bun.sleep(1_500);
    expect(await restarts()).toBe(count);
    expect(await machine.ok('ps', '-q')).toBe('');
    // A stopped one can be started, and goes on as before.
    await machine.ok('start', 'again');
    await eventually(restarts, (now) => now > count);
    await machine.ok('rm', '-f', 'again');
    await Bun.sleep(1_000);
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('many at once leave nothing', async () => {
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        machine.proa('run', '--rm', ...(i % 3 === 0 ? [] : ['--network=none']), IMAGE, 'echo', `${i}`),
      ),
    );
    expect({ codes: codes(runs), err: words(runs) }).toEqual({ codes: Array(12).fill(0), err: '' });
    expect(await machine.ok('ps', '-aq')).toBe('');
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
  });
});
