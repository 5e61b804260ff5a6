/** SIGKILL at random points of a build: nothing of it stays, what was built is whole, and the cache tells the truth. */
import { readdirSync, writeFileSync } from 'node:fs';
import { whyNoNetwork } from '../e2e/support/account.ts';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';
import { Belongings, killDuring, measure } from './support/kill.ts';
import { Random, ROUNDS, SEED, TIMEOUT } from './support/random.ts';

jest.setTimeout(TIMEOUT);

describeAs(['root', 'user'], (machine) => {
  const random = new Random(SEED, `kill build ${machine.who}`);

  test(`build (seed ${SEED})`, async () => {
    const belongings = await Belongings.make(machine);
    const folder = await machine.makeFolder('context');
    for (let i = 0; i < 40; i++) writeFileSync(`${folder}/f${i}`, `file ${i}\n`);
    const network = whyNoNetwork(machine.who) === undefined ? [] : ['--network=none'];
    const args = ['build', '-q', '-t', 'victim', ...network, folder];
    const dockerfile = (round: number): void =>
      writeFileSync(
        `${folder}/Dockerfile`,
        [
          `FROM ${IMAGE} AS one`,
          `RUN mkdir /d; for i in $(seq 50); do echo ${round} > /d/$i; done`,
          `FROM ${IMAGE}`,
          'COPY . /ctx/',
          `RUN --mount=type=cache,target=/c echo ${round} >> /c/log; rm -r /ctx/f1; sleep 0.05; echo ${round} > /round`,
          'COPY --from=one /d /d/',
          'WORKDIR /w',
        ].join('\n'),
      );
    dockerfile(-1);
    const takes = await measure(machine, ...args);
    for (let round = 0; round < 5 * ROUNDS; round++) {
      dockerfile(round);
      const blow = await killDuring(machine, random, takes * 1.1, args);
      await belongings.check(blow.story);
      // With whatever the killed one left in the cache, the result is what the Dockerfile says.
      const { code, err } = await machine.proa(...args);
      expect({ story: blow.story, code, err }).toEqual({ story: blow.story, code: 0, err: '' });
      const words = await machine.ok(
        ...['run', '--rm', '--network=none', 'victim', 'sh', '-c'],
        'cat /round /d/50; ls /d | wc -l; ls /ctx | wc -l; pwd',
      );
      expect({ story: blow.story, words: words.split('\n') }).toEqual({
        story: blow.story,
        words: [String(round), String(round), '50', '40', '/w'],
      });
      expect(readdirSync(`${machine.root}/tmp`)).toEqual([]);
      expect(readdirSync(`${machine.runRoot}/containers`)).toHaveLength(1);
    }
    await belongings.mend();
    await machine.ok('rm', '-f', 'kept', 'runs');
  });
});
