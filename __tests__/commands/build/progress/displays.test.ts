import { JsonDisplay } from '../../../../lib/commands/build/progress/json-display.ts';
import { PlainDisplay } from '../../../../lib/commands/build/progress/plain-display.ts';
import { BuildProgress } from '../../../../lib/commands/build/progress/progress.ts';
import { TerminalDisplay } from '../../../../lib/commands/build/progress/terminal-display.ts';

const A = { id: 1, name: '[a 1/2] RUN one' };
const B = { id: 2, name: '[b 1/2] RUN two' };

function plain() {
  let text = '';
  let now = 0;
  const display = new PlainDisplay((more) => {
    text += more;
  });
  const progress = new BuildProgress(display, () => now);
  return {
    progress,
    text: () => text,
    at: (time: number) => {
      now = time;
    },
    say: (step: typeof A, words: string, stream: 'stdout' | 'stderr' = 'stdout') =>
      progress.output(step, stream, Buffer.from(words)),
  };
}

describe('lines', () => {
  test('a step with its output, times and end', () => {
    const { progress, text, at, say } = plain();
    progress.started(A);
    at(123);
    say(A, 'first\nsec');
    at(12_345);
    say(A, 'ond\n');
    say(A, 'rest');
    progress.ended(A, 'done');
    progress.close(false);
    expect(text()).toBe(
      '#1 [a 1/2] RUN one\n#1 0.123 first\n#1 0.123 second\n#1 12.35 rest\n#1 DONE 12.3s\n',
    );
  });

  test('of two at a time one is followed, the other’s lines wait for its end', () => {
    const { progress, text, say } = plain();
    progress.started(A);
    progress.started(B);
    say(A, 'a\n');
    say(B, 'b\n');
    progress.ended(B, 'done');
    say(A, 'aa\n');
    progress.ended(A, 'cached');
    progress.close(false);
    expect(text()).toBe(
      [
        '#1 [a 1/2] RUN one\n#1 0.000 a\n#1 ...\n',
        '#2 [b 1/2] RUN two\n#2 0.000 b\n#2 DONE 0.0s\n',
        '#1 [a 1/2] RUN one\n#1 0.000 aa\n#1 CACHED\n',
      ].join('\n'),
    );
  });

  test('parts, failures, what was stopped by them', () => {
    const { progress, text } = plain();
    progress.started(A);
    progress.progress(A, 500, 1000, 'sha256:1');
    progress.progress(A, 1000, 1000, 'sha256:1');
    progress.failed(A, new Error('no'));
    progress.started(B);
    progress.close(true);
    expect(text()).toBe(
      '#1 [a 1/2] RUN one\n#1 sha256:1 1kB / 1kB done\n#1 ERROR: no\n\n#2 [b 1/2] RUN two\n#2 CANCELED\n',
    );
    expect(progress.failure?.step).toBe(A);
  });

  test('a part whose end nobody told is whole when its step is done, and not when it failed', () => {
    for (const [end, amount] of [
      [(to: BuildProgress) => to.ended(A, 'done'), '1kB / 1kB'],
      [(to: BuildProgress) => to.failed(A, new Error('no')), '10B / 1kB'],
    ] as const) {
      const { progress, text } = plain();
      progress.progress(A, 10, 1000, 'sha256:1');
      end(progress);
      expect(text()).toContain(`sha256:1 ${amount} done`);
      progress.close(false);
    }
  });

  test('what a terminal would obey is not passed on; of a line that is written over only the end', () => {
    const { progress, text, say } = plain();
    progress.started(A);
    say(A, '10%\r20%\r100%\r\n\x1b[31mred\x1b[0m\x1b[2J \x07bell\tx\n');
    progress.ended(A, 'done');
    expect(text()).toContain('#1 0.000 100%\n#1 0.000 red \\u0007bell    x\n');
    progress.close(false);
  });
});

test('JSON: steps, parts, output with their members', () => {
  const lines: Record<string, Record<string, unknown>[]>[] = [];
  const progress = new BuildProgress(new JsonDisplay((text) => lines.push(JSON.parse(text))));
  progress.started(A);
  progress.progress(A, 1, 2, 'x');
  progress.output(A, 'stderr', Buffer.from('oh'));
  progress.ended(A, 'cached');
  progress.started({ ...B, inputs: [1] } as typeof B);
  progress.failed(B, new Error('no'));
  progress.warned('careful', { first: 3, last: 4 });
  progress.close(true);
  const digest = lines[0]!.vertexes![0]!.digest;
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(lines[1]).toMatchObject({ statuses: [{ id: 'x', vertex: digest, current: 1, total: 2 }] });
  expect(lines[2]).toMatchObject({ logs: [{ vertex: digest, stream: 2, data: 'b2g=' }] });
  const ends = lines.flatMap(({ vertexes = [] }) => vertexes).filter(({ completed }) => completed);
  expect(ends).toMatchObject([
    { name: A.name, cached: true },
    { name: B.name, error: 'no', inputs: [digest] },
  ]);
  expect(lines.at(-1)).toMatchObject({
    warnings: [{ short: 'Y2FyZWZ1bA==', range: [{ start: { line: 3 }, end: { line: 4 } }] }],
  });
});

describe('terminal', () => {
  const open = (rows: number, columns = 40) => {
    const writes: string[] = [];
    const stream = { isTTY: true, rows, columns, write: (text: string) => writes.push(text) };
    let now = 0;
    const progress = new BuildProgress(new TerminalDisplay(stream, undefined, 3, () => now), () => now);
    /** The last picture, without what moves the cursor. */
    const picture = async () => {
      await Bun.sleep(120);
      return Bun.stripANSI(writes.at(-1) ?? '')
        .replace('\r', '')
        .split('\n')
        .slice(0, -1);
    };
    const at = (time: number) => {
      now = time;
    };
    return { progress, picture, stream, writes, at };
  };

  test('a head, a line a step with its time at the edge, the last lines of what runs', async () => {
    const { progress, picture, at } = open(24);
    progress.planned([A, B]);
    progress.started(A);
    progress.output(A, 'stdout', Buffer.from('1\n2\n3\n4\n'));
    at(1500);
    expect(await picture()).toEqual([
      '[+] Building 1.5s (0/2)',
      ` => [a 1/2] RUN one${' '.repeat(40 - 19 - 5)}1.5s`,
      ' => => # 2',
      ' => => # 3',
      ' => => # 4',
    ]);
    progress.ended(A, 'done');
    progress.started(B);
    progress.progress(B, 1000, 3_000_000, 'sha256:12');
    expect(await picture()).toEqual([
      '[+] Building 1.5s (1/2)',
      ` => [a 1/2] RUN one${' '.repeat(16)}1.5s`,
      ` => [b 1/2] RUN two${' '.repeat(16)}0.0s`,
      ` => => sha256:12 1kB / 3MB${' '.repeat(9)}0.0s`,
    ]);
    progress.ended(B, 'cached');
    progress.close(false);
    expect((await picture()).slice(0, 3)).toEqual([
      '[+] Building 1.5s (2/2) FINISHED',
      ` => [a 1/2] RUN one${' '.repeat(16)}1.5s`,
      ` => CACHED [b 1/2] RUN two${' '.repeat(9)}0.0s`,
    ]);
  });

  test('a low terminal shows what runs, and at the end everything', async () => {
    const { progress, picture } = open(6);
    for (let id = 1; id <= 8; id++) {
      progress.started({ id, name: `step ${id}` });
      if (id < 8) progress.ended({ id, name: '' }, 'done');
    }
    progress.output({ id: 8, name: '' }, 'stdout', Buffer.from('x\ny\n'));
    const seen = await picture();
    expect(seen.length).toBeLessThanOrEqual(5);
    expect(seen.join('\n')).toContain('step 8');
    progress.close(true);
    expect(await picture()).toHaveLength(9);
  });

  test('a narrow terminal cuts names, wide characters count double', async () => {
    const { progress, picture } = open(24, 20);
    progress.started({ id: 1, name: '測試測試測試測試測試' });
    for (const line of await picture()) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(20);
    progress.close(false);
  });

  test('what became narrower has been folded: the next picture begins further up', async () => {
    const { progress, picture, stream, writes } = open(24, 40);
    progress.started(A);
    await picture();
    stream.columns = 20;
    progress.started(B);
    await picture();
    // One line of 23 columns and one of 39: two rows each.
    expect(writes.find((text) => text.includes('[b'))).toContain('\x1b[4A');
    progress.close(false);
  });
});
