import { layerLine, openLayerProgress } from '../../lib/cli/progress.ts';

const layer = (more: object) => ({
  id: '1a2b',
  total: 50_000_000,
  bytes: 0,
  phase: 'Downloading',
  finished: false,
  samples: [] as { at: number; bytes: number }[],
  ...more,
});

test('a line has phase, bar, amount, rate and time left', () => {
  const line = layerLine(layer({ bytes: 25_000_000, samples: [{ at: 1000, bytes: 5_000_000 }] }), 100, 3000);
  expect(line).toMatch(/^1a2b: Downloading \[=+> +\] {2}25MB\/50MB {2,}10MB\/s {2}3s$/);
  expect(line.length).toBeLessThanOrEqual(100);
});

test.each([120, 79, 60, 40, 20])('a line never exceeds %d columns', (width) => {
  const busy = layer({ bytes: 25_000_000, samples: [{ at: 0, bytes: 0 }] });
  expect(layerLine(busy, width, 300_000).length).toBeLessThanOrEqual(width);
});

test('a full bar has no arrow; no known total has no bar; a finished layer has its word', () => {
  expect(layerLine(layer({ bytes: 50_000_000 }), 100, 0)).toMatch(/\[=+\]/);
  expect(layerLine(layer({ bytes: 1000, total: 0 }), 100, 0)).toBe('1a2b: Downloading  1kB');
  expect(layerLine(layer({ bytes: 9, finished: true, phase: 'Pull complete' }), 100, 0)).toBe(
    '1a2b: Pull complete',
  );
});

function screen(rows = 24) {
  const writes: string[] = [];
  return { isTTY: true, columns: 80, rows, writes, write: (text: string) => writes.push(text) };
}

test('lines are redrawn in place', () => {
  const stream = screen();
  const progress = openLayerProgress(stream, { now: () => 0 });
  progress.add('aa', 100);
  progress.add('bb', 200);
  progress.update('aa', 50);
  progress.update('unknown', 1);
  progress.close();
  expect(stream.writes).toHaveLength(1);
  expect(stream.writes[0]).toContain('aa: Waiting [');
  progress.done('aa', 'Pull complete');
  progress.phase('bb', 'Extracting');
  progress.close();
  expect(stream.writes[1]).toContain('\x1b[2A\raa: Pull complete\x1b[K\nbb: Extracting\x1b[K\n\x1b[J');
});

test('nothing new draws nothing', () => {
  const stream = screen();
  openLayerProgress(stream).close();
  expect(stream.writes).toEqual([]);
});

test('more layers than rows: finished ones are counted', () => {
  const stream = screen(5);
  using progress = openLayerProgress(stream);
  for (let at = 0; at < 10; at++) progress.add(`layer${at}`, 10);
  for (let at = 0; at < 5; at++) progress.done(`layer${at}`, 'Done');
  progress.close();
  const lines = stream.writes[0]!.split('\n').slice(0, -1);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain('5 of 10 layers done, 2 more under way');
});

test('draws by itself while work goes on', async () => {
  const stream = screen();
  using progress = openLayerProgress(stream);
  progress.add('aa', 100);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(stream.writes).toHaveLength(1);
});

test('without a terminal not a byte', () => {
  const stream = { ...screen(), isTTY: false };
  using progress = openLayerProgress(stream);
  progress.add('aa', 100);
  progress.update('aa', 50);
  progress.done('aa', 'x');
  progress.close();
  expect(stream.writes).toEqual([]);
});
