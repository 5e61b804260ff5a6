import { PassThrough } from 'node:stream';
import { withSpinner } from '../../lib/cli/spinner.ts';

function stream(more: object) {
  let text = '';
  const output = Object.assign(new PassThrough(), more, {
    clearLine: () => true,
    cursorTo: () => true,
    moveCursor: () => true,
  });
  output.on('data', (chunk) => {
    text += chunk;
  });
  return { output: output as unknown as NodeJS.WriteStream, shown: () => text };
}

test('a terminal shows the text while the work goes on', async () => {
  const { output, shown } = stream({ isTTY: true, columns: 80 });
  expect(await withSpinner('Committing', async () => 7, output)).toBe(7);
  expect(shown()).toContain('Committing');
});

test('a failure comes through', async () => {
  const { output } = stream({ isTTY: true, columns: 80 });
  const work = () => Promise.reject(new Error('no space left'));
  await expect(withSpinner('Committing', work, output)).rejects.toThrow('no space left');
});

// Without the guard ora loops for ever on a terminal of 0 columns (`script`, `ssh -tt` from a job).
test.each([{ isTTY: false, columns: 80 }, { isTTY: true, columns: 0 }, {}])(
  '%j gets nothing',
  async (more) => {
    const { output, shown } = stream(more);
    expect(await withSpinner('Committing', async () => 7, output)).toBe(7);
    expect(shown()).toBe('');
  },
);
