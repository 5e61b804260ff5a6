/** SIGKILL at random points of what changes images: pull, load, import, tag, rmi. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';
import { slowImage, slowTar } from './support/images.ts';
import { Belongings, killDuring, measure } from './support/kill.ts';
import { Random, ROUNDS, SEED, TIMEOUT } from './support/random.ts';
import { REGISTRY_PROGRAM, RealRegistry } from './support/registry.ts';

jest.setTimeout(TIMEOUT);

describeAs('root', (machine) => {
  const random = new Random(SEED, 'kill image');
  let belongings: Belongings;
  beforeEach(async () => {
    belongings = await Belongings.make(machine);
  });

  const withRegistry = REGISTRY_PROGRAM === null ? test.skip : test;

  withRegistry(`pull (seed ${SEED})`, async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    const name = `${registry.host}/slow`;
    await registry.push('slow', slowImage());
    const takes = await measure(machine, 'pull', '-q', name);
    for (let round = 0; round < 12 * ROUNDS; round++) {
      await machine.ok('rmi', name);
      const blow = await killDuring(machine, random, takes * 1.1, ['pull', '-q', name]);
      await belongings.check(blow.story);
      await machine.ok('pull', '-q', name);
      // Whole: the command is looked for in it, and not found.
      expect(await machine.proa('run', '--rm', '--network=none', name, '/none')).toMatchObject({
        code: 127,
      });
    }
    // The machine's own check after a test takes no repair for an answer.
    await belongings.mend();
  });

  test(`load (seed ${SEED})`, async () => {
    const files = { plain: `${machine.folder}/saved.tar`, packed: `${machine.folder}/saved.tar.gz` };
    writeFileSync(files.packed, slowTar('saved'));
    await machine.ok('import', files.packed, 'saved');
    await machine.ok('save', '-o', files.plain, 'saved');
    writeFileSync(files.packed, gzipSync(await Bun.file(files.plain).bytes()));
    await machine.ok('rmi', 'saved');
    const takes = await measure(machine, 'load', '-q', '-i', files.packed);
    for (let round = 0; round < 8 * ROUNDS; round++) {
      await machine.ok('rmi', 'saved');
      const file = random.pick(Object.values(files));
      const blow =
        random.next() < 0.5
          ? await killDuring(machine, random, takes, ['load', '-q', '-i', file])
          : await killDuring(machine, random, takes, ['load', '-q'], file);
      await belongings.check(blow.story);
      await machine.ok('load', '-q', '-i', file);
    }
    await machine.ok('rmi', 'saved');
    await belongings.mend();
  });

  test(`import and rmi (seed ${SEED})`, async () => {
    const tar = `${machine.folder}/only.tar`;
    writeFileSync(tar, slowTar('only', { files: 600, size: 1_000 }));
    const importing = await measure(machine, 'import', tar, 'only');
    const removing = await measure(machine, 'rmi', 'only');
    for (let round = 0; round < 6 * ROUNDS; round++) {
      const first = await killDuring(machine, random, importing, ['import', tar, 'only']);
      await belongings.check(first.story);
      await machine.ok('import', tar, 'only');
      const second = await killDuring(machine, random, removing, ['rmi', 'only']);
      await belongings.check(second.story);
      await machine.proa('rmi', 'only');
      const nameless = await machine.ok('images', '-q', '--filter=dangling=true');
      if (nameless !== '') await machine.ok('rmi', ...nameless.split('\n'));
    }
    await belongings.mend();
  });

  test(`tag and rmi of one name (seed ${SEED})`, async () => {
    const names = ['one:1', 'two:2', 'three:3'];
    const takes = await measure(machine, 'tag', IMAGE, ...names);
    for (let round = 0; round < 8 * ROUNDS; round++) {
      const blows = [
        await killDuring(machine, random, takes, ['tag', IMAGE, ...names]),
        await killDuring(machine, random, takes, ['rmi', ...names]),
      ];
      const there = (await machine.ok('images', '--format={{.Repository}}:{{.Tag}}')).split('\n');
      // Each name is there or not; the image is, as it has others.
      expect(there).toContain(`${IMAGE}:latest`);
      expect(there.filter((name) => name.includes('<none>'))).toEqual([]);
      await belongings.check(blows.map(({ story }) => story).join('\n'));
    }
    await machine.proa('rmi', ...names);
    await belongings.mend();
  });
});
