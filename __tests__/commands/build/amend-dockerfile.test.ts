import { parseDockerfile } from '../../../lib/build/dockerfile/parse.ts';
import { amendDockerfile } from '../../../lib/commands/build/amend-dockerfile.ts';

const DOCKERFILE = parseDockerfile('FROM a AS one\nRUN x\nFROM one\nRUN y\n', 'Dockerfile');
const NOTHING = { from: undefined, env: [], target: undefined };

test('--from takes the place of the first image, and of nothing else', () => {
  const { stages } = amendDockerfile(DOCKERFILE, { ...NOTHING, from: 'b:1' });
  expect(stages.map(({ from }) => from.image)).toEqual(['b:1', 'one']);
  expect(stages[0]!.from.text).toBe('FROM b:1 AS one');
  expect(amendDockerfile(DOCKERFILE, NOTHING)).toBe(DOCKERFILE);
});

test('--env comes first in the target stage; what it holds is quoted, its variables are not', () => {
  process.env.AMEND_TEST = 'of the shell';
  const env = ['A=say "hi" $HOME', 'AMEND_TEST', 'AMEND_UNSET'];
  const pairs = [
    { name: 'A', value: '"say \\"hi\\" $HOME"' },
    { name: 'AMEND_TEST', value: '"of the shell"' },
  ];
  for (const [target, index] of [
    [undefined, 1],
    ['One', 0],
    ['0', 0],
  ] as const) {
    const { stages } = amendDockerfile(DOCKERFILE, { ...NOTHING, env, target });
    expect(stages[index]!.instructions[0]).toMatchObject({ kind: 'ENV', pairs });
    expect(stages[1 - index]!.instructions[0]!.kind).toBe('RUN');
  }
  delete process.env.AMEND_TEST;
  expect(() => amendDockerfile(DOCKERFILE, { ...NOTHING, env: ['=x'] })).toThrow('it has no name');
});
