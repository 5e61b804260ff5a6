// Past escapes and confusions of container engines, a file each, tried on Proa.
import { readdirSync } from 'node:fs';
import { describeAs } from '../e2e/support/machine.ts';
import { type Escape, Stage } from './support/escape.ts';

const escapes = readdirSync(__dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .sort()
  .map((name) => (require(`./${name}`) as { attempt: Escape }).attempt);

for (const who of ['root', 'user'] as const) {
  describeAs(who, (machine) => {
    const stage = new Stage(machine);
    beforeAll(() => stage.open());
    afterEach(() => stage.expectUntouched());
    for (const { title, body } of escapes.filter(({ who: people }) => people.includes(who))) {
      describe(title, () => body(stage));
    }
  });
}
