/** No space left, at many points of what writes: the disk is a small tmpfs, filled but for a few kilobytes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import type { Outcome } from '../e2e/support/child.ts';
import { describeAs } from '../e2e/support/machine.ts';
import { slowImage, slowTar } from './support/images.ts';
import { mended } from './support/kill.ts';
import { Random, ROUNDS, SEED, TIMEOUT } from './support/random.ts';
import { LyingRegistry } from './support/registry.ts';

const SIZE = 24 << 20;

jest.setTimeout(TIMEOUT);

describeAs('root', (machine) => {
  const random = new Random(SEED, 'full disk');
  const ballast = () => `${machine.root}/ballast`;
  const free = () => {
    const { bavail, bsize } = statfsSync(machine.root);
    return bavail * bsize;
  };
  /** Leaves this many bytes. */
  const fill = (left: number) => {
    rmSync(ballast(), { force: true });
    execFileSync('fallocate', ['-l', String(Math.max(4096, free() - left)), ballast()]);
  };
  const empty = () => rmSync(ballast(), { force: true });

  beforeAll(async () => {
    await machine.ok('system', 'reset', '--force');
    mkdirSync(machine.root, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'none', machine.root]);
    await machine.ok('import', '--change', 'CMD ["sh"]', machine.imageTar, 'bb');
  });
  beforeEach(async () => {
    await machine.ok(
      'run',
      '--name=kept',
      '--network=none',
      '-v=data:/data',
      'bb',
      'sh',
      '-c',
      'echo mine > /data/file',
    );
  });
  // Before the machine's own end, which wants ROOT gone.
  const unmount = async () => {
    await machine.ok('system', 'reset', '--force');
    execFileSync('umount', [machine.root]);
    rmSync(machine.root, { recursive: true, force: true });
  };

  const intact = async (story: string) => {
    try {
      const names = (await machine.ok('ps', '-a', '--format={{.Names}} {{.Status}}')).split('\n');
      expect(names).toContainEqual(expect.stringMatching(/^kept Exited \(0\)/));
      expect(await machine.ok('images', '--format={{.Repository}}')).toMatch(/^bb$/m);
      empty();
      expect(
        await machine.ok('run', '--rm', '--network=none', '-v=data:/data', 'bb', 'cat', '/data/file'),
      ).toBe('mine');
      await mended(machine);
    } catch (error) {
      throw new Error(`${story}\n${error instanceof Error ? error.message : error}`, { cause: error });
    }
  };
  const outOfSpace = (outcome: Outcome) => expect(outcome.err).toMatch(/no space left|ENOSPC/i);

  test(`pull (seed ${SEED})`, async () => {
    const image = slowImage({ layers: 2, files: 60, size: 12_000 });
    await using registry = new LyingRegistry(image);
    const name = `${registry.host}/large`;
    let succeeded = 0;
    for (let round = 0; round < 8 * ROUNDS; round++) {
      // Its needs: about 1 MB as blobs, 2 MB unpacked.
      const left = Math.floor(random.next() * 3_000_000);
      fill(left);
      const before = free();
      const pull = await machine.proa('pull', '-q', name);
      if (pull.code === 0) succeeded++;
      else outOfSpace(pull);
      // What a pull in vain wrote is given back: somebody needs the space now.
      if (pull.code !== 0) expect(free()).toBeGreaterThan(before - TIMEOUT);
      await intact(`pull with ${left} bytes left: ${pull.code} ${pull.err}`);
      await machine.ok('pull', '-q', name);
      await machine.ok('rmi', name);
    }
    expect(succeeded).toBeLessThan(8 * ROUNDS);
  });

  test(`load and import (seed ${SEED})`, async () => {
    const tar = `${machine.folder}/plain.tar`;
    writeFileSync(tar, slowTar('plain', { files: 100, size: 12_000 }));
    const archive = `${machine.folder}/archive.tar`;
    await machine.ok('import', tar, 'plain');
    await machine.ok('save', '-o', archive, 'plain');
    await machine.ok('rmi', 'plain');
    for (let round = 0; round < 8 * ROUNDS; round++) {
      const args = random.pick([
        ['load', '-q', '-i', archive],
        ['import', tar, 'plain'],
      ]);
      const left = Math.floor(random.next() * 2_000_000);
      fill(left);
      const before = free();
      const outcome = await machine.proa(...args);
      if (outcome.code !== 0) {
        outOfSpace(outcome);
        expect(free()).toBeGreaterThan(before - 100_000);
      }
      await intact(`${args[0]} with ${left} bytes left: ${outcome.code} ${outcome.err}`);
      await machine.proa('rmi', '-f', 'plain');
    }
  });

  test(`create and run (seed ${SEED})`, async () => {
    for (let round = 0; round < 12 * ROUNDS; round++) {
      const args = random.pick([
        ['create', '--name=victim', '-v=/anonymous', '--network=none', 'bb', 'true'],
        ['run', '--name=victim', '--network=none', 'bb', 'true'],
        ['run', '--rm', '--name=victim', '--network=none', 'bb', 'true'],
        ['run', '-d', '--name=victim', '--network=none', 'bb', 'sleep', '1000'],
      ]);
      const left = Math.floor(random.next() * 60_000);
      fill(left);
      const outcome = await machine.proa(...args);
      if (outcome.code !== 0) outOfSpace(outcome);
      await intact(`${args[0]} with ${left} bytes left: ${outcome.code} ${outcome.err}`);
      await machine.ok('rm', '-f', 'victim');
    }
  });

  test('stop, rm and rmi work on a full disk: they are what makes room', async () => {
    for (const verb of [['stop', '-t', '0'], ['rm', '-f'], ['kill']]) {
      await machine.ok('run', '-d', '--name=victim', '--network=none', 'bb', 'sleep', '1000');
      fill(0);
      const pid = Number(await machine.ok('container', 'inspect', '--format={{.State.Pid}}', 'victim'));
      const outcome = await machine.proa(...verb, 'victim');
      await Bun.sleep(50);
      expect({ verb, code: outcome.code, err: outcome.err }).toEqual({ verb, code: 0, err: '' });
      expect(await Bun.file(`/proc/${pid}/stat`).exists()).toBe(false);
      await machine.ok('rm', '-f', 'victim');
      await intact(verb.join(' '));
    }
    await machine.ok('tag', 'bb', 'other:1');
    fill(0);
    await machine.ok('rmi', 'other:1');
    empty();
  });

  test('and afterwards nothing is left', unmount);
});
