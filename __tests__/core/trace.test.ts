import { existsSync, readFileSync } from 'node:fs';
import { BunProcess } from '../helpers/bun-process.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

const SCRIPT = `import { span, writeTrace } from 'LIB/core/trace.ts';
  { using outer = span('outer'); using inner = span('inner'); Bun.sleepSync(2); }
  writeTrace();
  writeTrace();`;

interface Event {
  name: string;
  ph: string;
  ts: number;
  dur: number;
  pid: number;
}

test('several processes write one trace, steps inside each other, on one time line', async () => {
  using folder = new TemporaryFolder();
  const file = `${folder.path}/trace`;
  const before = Date.now() * 1000;
  for (const name of ['first', 'second']) {
    await using child = new BunProcess(SCRIPT, [name], { PROA_TRACE: file });
    expect(await child.exited).toBe(0);
  }
  // The trace event format: a JSON array whose closing bracket may be missing.
  const text = readFileSync(file, 'utf8');
  const events = JSON.parse(text.replace(/,\s*$/, ']')) as Event[];
  expect(events.map(({ name }) => name)).toEqual(expect.arrayContaining(['inner', 'outer']));
  expect(new Set(events.map(({ pid }) => pid)).size).toBe(2);
  expect(events).toHaveLength(6);
  for (const pid of new Set(events.map((event) => event.pid))) {
    const [whole, inner, outer] = events.filter((event) => event.pid === pid) as [Event, Event, Event];
    expect([inner.name, outer.name]).toEqual(['inner', 'outer']);
    expect(inner.dur).toBeGreaterThanOrEqual(2000);
    for (const [a, b] of [
      [whole, outer],
      [outer, inner],
    ] as const) {
      expect(a.ts).toBeLessThanOrEqual(b.ts);
      expect(a.ts + a.dur).toBeGreaterThanOrEqual(b.ts + b.dur);
    }
    expect(whole.ts).toBeGreaterThan(before - 1_000_000);
  }
});

test('without PROA_TRACE nothing is written', async () => {
  using folder = new TemporaryFolder();
  await using child = new BunProcess(SCRIPT, [], { PROA_TRACE: '' });
  expect(await child.exited).toBe(0);
  expect(existsSync(`${folder.path}/trace`)).toBe(false);
});
