import { PassThrough } from 'node:stream';
import { confirm } from '../../lib/cli/prompt.ts';

function terminal(answer: string | null) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  let text = '';
  output.on('data', (chunk) => {
    text += chunk;
  });
  if (answer === null) input.end();
  else input.write(answer);
  return { input, output, shown: () => text };
}

test.each([
  ['y\n', true],
  ['Y\n', true],
  [' yes \n', true],
  ['n\n', false],
  ['\n', false],
  ['yep\n', false],
  [null, false],
])('%j', async (answer, expected) => {
  const streams = terminal(answer);
  expect(await confirm('This will remove all stopped containers.', { streams })).toBe(expected);
  expect(streams.shown()).toBe(
    'WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ',
  );
});

test.each([
  ['y\n', true],
  ['n\n', false],
])('a pipe that says %j', async (answer, expected) => {
  const streams = terminal(answer);
  streams.input.isTTY = false;
  expect(await confirm('This will remove everything.', { streams })).toBe(expected);
});

test('a pipe that says nothing removes nothing, and is told how', async () => {
  const streams = terminal(null);
  streams.input.isTTY = false;
  await expect(confirm('This will remove everything.', { streams, flag: '-f' })).rejects.toMatchObject({
    code: 'NO_TERMINAL',
    hint: 'Use -f to go on without a question',
  });
});
