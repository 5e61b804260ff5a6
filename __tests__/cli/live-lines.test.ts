import { LiveLines } from '../../lib/cli/live-lines.ts';

function screen(columns = 20, rows = 10) {
  const writes: string[] = [];
  const stream = { isTTY: true, columns, rows, write: (text: string) => writes.push(text) };
  return { stream, writes, lines: new LiveLines(stream) };
}

test('the first picture stands where the cursor is, the next one takes its place', () => {
  const { writes, lines } = screen();
  lines.draw(['one', 'two']);
  expect(writes[0]).toBe('\x1b[?25l\x1b[?7l\rone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?7h\x1b[?25h');
  lines.draw(['three']);
  expect(writes[1]).toBe('\x1b[?25l\x1b[?7l\x1b[2A\rthree\x1b[K\n\x1b[J\x1b[?7h\x1b[?25h');
});

test('nothing is cleared before it is written over, and an equal picture is not written again', () => {
  const { writes, lines } = screen();
  for (let i = 0; i < 5; i++) lines.draw(['same']);
  // The first has nothing above it to go up to.
  expect(writes).toHaveLength(2);
  for (const text of writes) expect(text.indexOf('\x1b[J')).toBeGreaterThan(text.indexOf('same'));
});

test('lines that a narrower terminal folded are all gone over, colours and wide characters counted right', () => {
  const { stream, writes, lines } = screen(20);
  lines.draw(['\x1b[34m0123456789\x1b[39m', '測試測試測試', 'x']);
  stream.columns = 8;
  lines.draw(['y']);
  // 10 columns and 12 columns take two rows of 8 each, and one line takes one.
  expect(writes[1]).toContain('\x1b[5A');
});

test('never further up than the terminal is high', () => {
  const { writes, lines } = screen(20, 4);
  lines.draw(['1', '2', '3', '4', '5', '6']);
  lines.draw(['1']);
  expect(writes[1]).toContain('\x1b[3A');
});
