import { parseDockerfile } from '../../../lib/build/dockerfile/parse.ts';
import { buildError, failureText, sourceText } from '../../../lib/commands/build/failure.ts';
import { ProaError } from '../../../lib/core/error.ts';

const LINES = ['FROM a', 'RUN 1', 'RUN 2 \\', '\t&& 3', 'RUN 4', 'RUN 5', 'RUN \x1b[2J'];
const DOCKERFILE = parseDockerfile(`${LINES.join('\n')}\n`, 'Dockerfile');

test('the lines of an instruction, marked, between two before and two behind', () => {
  expect(sourceText(DOCKERFILE, { first: 3, last: 4 })).toBe(
    [
      'Dockerfile:3',
      '--------------------',
      '   1 |     FROM a',
      '   2 |     RUN 1',
      '   3 | >>> RUN 2 \\',
      '   4 | >>>     && 3',
      '   5 |     RUN 4',
      '   6 |     RUN 5',
      '--------------------',
      '',
    ].join('\n'),
  );
  expect(sourceText(DOCKERFILE, { first: 7, last: 7 })).toContain('   7 | >>> RUN \\u001b[2J\n');
});

test('the last lines of output stand before them; without output and lines there is nothing', () => {
  const step = { id: 1, name: '[1/2] RUN 1', lines: { first: 2, last: 2 } };
  const tail = [1, 2, 3].map((at) => ({ at: at * 1000, text: `line ${at}` }));
  const shown = { number: 1, step, started: 0, parts: new Map(), tail };
  expect(failureText(shown, DOCKERFILE, 2)).toMatch(
    /^------\n > \[1\/2\] RUN 1:\n2\.000 line 2\n3\.000 line 3\n------\nDockerfile:2\n/,
  );
  expect(failureText({ ...shown, step: { id: 1, name: 'x' }, tail: [] }, DOCKERFILE, 2)).toBe('');
});

test('a RUN’s exit code is the build’s, everything else is 1', () => {
  const exit = (exitCode: number) =>
    (buildError(new ProaError('X', 'y', { exitCode, hint: 'z' })) as ProaError).exitCode;
  expect([exit(125), exit(3), exit(127), exit(130)]).toEqual([1, 3, 127, 130]);
  const other = new TypeError('a fault of our own');
  expect(buildError(other)).toBe(other);
});
