import { parseDockerfile } from '../../../lib/build/dockerfile/parse.ts';
import { Stages } from '../../../lib/build/dockerfile/stages.ts';

function stagesOf(text: string, contexts: readonly string[] = []) {
  const { stages } = parseDockerfile(text, 'Dockerfile');
  return new Stages(stages, { base: ({ from }) => from.image, isContext: (name) => contexts.includes(name) });
}
const indexes = (text: string, target?: string, contexts?: readonly string[]) => {
  const stages = stagesOf(text, contexts);
  return stages.order(stages.target(target)).map(({ index }) => index);
};

const CHAIN = 'FROM a AS one\nFROM one AS two\nFROM b AS other\nFROM scratch AS Last\nCOPY --from=two /x /x';

test.each<[string, string | undefined, number[]]>([
  [CHAIN, undefined, [0, 1, 3]],
  [CHAIN, 'LAST', [0, 1, 3]],
  [CHAIN, 'two', [0, 1]],
  [CHAIN, '2', [2]],
  ['FROM a\nFROM b\nCOPY --from=0 x y', undefined, [0, 1]],
  ['FROM a AS A\nFROM a', undefined, [0, 1]],
  ['FROM a AS a', undefined, [0]],
  ['FROM 0\nFROM 0', undefined, [1]],
  ['FROM a AS s\nFROM b\nRUN --mount=type=bind,from=s,target=/x y', undefined, [0, 1]],
  ['FROM a AS s\nFROM b\nRUN --mount=from=0,target=/x y', undefined, [0, 1]],
  ['FROM a AS s\nFROM b\nRUN --mount=type=tmpfs,from=s,target=/x y', undefined, [1]],
  ['FROM a AS s\nFROM b\nCOPY --from=img x y\nRUN --mount=type=cache,target=/s y', undefined, [1]],
  ['FROM a\nCOPY --from=later x y\nFROM b AS later', '0', [1, 0]],
  ['FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x y z', undefined, [1, 2]],
  ['FROM a AS x\nFROM x\nCOPY --from=x y z\nCOPY --from=x y z', undefined, [0, 1]],
])('%j for %s', (text, target, expected) => expect(indexes(text, target)).toEqual(expected));

test('a named context stands for a stage', () => {
  expect(indexes('FROM a AS x\nFROM x\nCOPY --from=x y z', undefined, ['x'])).toEqual([1]);
});

test.each([
  ['FROM a AS build\nFROM b', 'biuld', 'STAGE_NOT_FOUND', /no stage is named "biuld"/, 'did you mean build?'],
  ['FROM a AS build\nFROM b', '2', 'STAGE_NOT_FOUND', /no stage is named "2"/, 'there are build'],
  ['FROM a\nFROM b', 'x', 'STAGE_NOT_FOUND', /no stage is named "x"/, 'no stage has a name: use a number'],
  ['FROM a\nCOPY --from=1 x y', '0', 'STAGE_NOT_FOUND', /there is no stage 1: they are 0 to 0/, ''],
  ['FROM a\nCOPY --from=0 x y', '0', 'STAGE_CYCLE', /stage 0 → stage 0/, ''],
  ['FROM a AS s\nCOPY --from=S x y', 's', 'STAGE_CYCLE', /stage 0 \(s\) → stage 0 \(s\)/, ''],
  [
    'FROM a AS x\nCOPY --from=z q q\nFROM x AS y\nFROM y AS z',
    'y',
    'STAGE_CYCLE',
    /stage 1 \(y\) → stage 0 \(x\) → stage 2 \(z\) → stage 1 \(y\)/,
    'move what both need to a stage of its own',
  ],
])('%j for %s: %s', (text, target, code, message, hint) => {
  let error: unknown;
  try {
    indexes(text, target);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toHaveProperty('code', code);
  expect((error as Error).message).toMatch(message);
  if (hint !== '') expect(error).toHaveProperty('hint', hint);
});
