import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { processHandle } from '../../../lib/core/process-handle.ts';
import type { LogReader } from '../../../lib/engine/container/k8s-log.ts';
import { type LogRequest, type LogSink, readLog } from '../../../lib/engine/container/logs.ts';
import {
  type Container,
  containerPath,
  exitFilePath,
  logPath,
  writeState,
} from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
let log: string;
let container: Container;
beforeEach(async () => {
  test_ = new TestStore();
  container = await test_.add({ name: 'c' }, exitedState(0));
  log = logPath(test_.store, container.config.id);
});
afterEach(() => test_[Symbol.dispose]());

/** A record as conmon writes it; `second` counts from 10:00:00. */
function record(
  second: number,
  text: string,
  { stream = 'stdout', tag = 'F', zone = '+00:00' } = {},
): string {
  const time = `2024-03-01T10:00:${String(second).padStart(2, '0')}.000000000${zone}`;
  return `${time} ${stream} ${tag} ${text}\n`;
}

class Collected implements LogSink {
  readonly chunks: Buffer[] = [];
  readonly streams: string[] = [];
  private waiting: { text: string; resolve: () => void } | undefined;

  record(reader: LogReader): undefined {
    this.chunks.push(Buffer.from(reader.buffer.subarray(reader.textStart, reader.textEnd)));
    if (reader.complete) this.chunks.push(Buffer.from('\n'));
    this.streams.push(reader.stream);
  }
  pause(): undefined {
    if (this.waiting !== undefined && this.text.includes(this.waiting.text)) this.waiting.resolve();
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
  /** Resolves when this text has arrived. */
  until(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting = { text, resolve };
    this.pause();
    return promise;
  }
}

async function read(request: LogRequest = {}): Promise<string> {
  const sink = new Collected();
  await readLog(test_.store, container.config.id, request, sink);
  return sink.text;
}

describe('a finished log', () => {
  test('none was ever written', async () => {
    expect(await read()).toBe('');
    expect(await read({ follow: true })).toBe('');
  });

  test('streams, pieces of lines, and bytes that are no text', async () => {
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10));
    writeFileSync(
      log,
      record(0, 'out') +
        record(1, 'err', { stream: 'stderr' }) +
        record(2, 'pie', { tag: 'P' }) +
        record(3, 'ce'),
    );
    appendFileSync(log, Buffer.concat([Buffer.from(record(4, '').slice(0, -1)), binary, Buffer.from('\n')]));
    const sink = new Collected();
    await readLog(test_.store, container.config.id, {}, sink);
    expect(Buffer.concat(sink.chunks)).toEqual(
      Buffer.concat([Buffer.from('out\nerr\npiece\n'), binary, Buffer.from('\n')]),
    );
    expect(sink.streams).toEqual(['stdout', 'stderr', 'stdout', 'stdout', 'stdout']);
  });

  test('more than a buffer, with records across its border', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(i % 251)}`);
    writeFileSync(log, lines.map((line) => record(0, line)).join(''));
    expect(await read()).toBe(`${lines.join('\n')}\n`);
    for (const tail of [0, 1, 7, 700, 4999, 5000, 9999]) {
      const expected = tail === 0 ? [] : lines.slice(-tail);
      expect(await read({ tail })).toBe(expected.map((line) => `${line}\n`).join(''));
    }
  });

  test('what is no record is shown as it is', async () => {
    writeFileSync(log, `${record(0, 'a')}damaged\n\n${record(1, 'b')}`);
    expect(await read()).toBe('a\ndamaged\n\nb\n');
  });

  test('a line without an end is an error once it cannot be a record any more', async () => {
    writeFileSync(log, record(0, 'x'.repeat(300_000)));
    await expect(read()).rejects.toMatchObject({ code: 'CORRUPT_LOG' });
  });

  test('tail counts lines, not their pieces', async () => {
    writeFileSync(
      log,
      record(0, 'one') + record(1, 'tw', { tag: 'P' }) + record(2, 'o') + record(3, 'prompt>', { tag: 'P' }),
    );
    expect(await read({ tail: 1 })).toBe('prompt>');
    expect(await read({ tail: 2 })).toBe('two\nprompt>');
    expect(await read({ tail: 3 })).toBe('one\ntwo\nprompt>');
  });

  test.each([
    ['2024-03-01T10:00:02Z', undefined, 'c\nd\n'],
    ['2024-03-01T10:00:01.000000001Z', undefined, 'c\nd\n'],
    [undefined, '2024-03-01T10:00:01Z', 'a\nb\n'],
    [undefined, '2024-03-01T10:00:00.999999999Z', 'a\n'],
    ['2024-03-01T10:00:01Z', '2024-03-01T10:00:02Z', 'b\nc\n'],
  ])('since %s until %s', async (since, until, expected) => {
    const time = (text: string | undefined): bigint | undefined => {
      if (text === undefined) return undefined;
      const fraction = /\.(\d+)/.exec(text)?.[1] ?? '0';
      return BigInt(Date.parse(text.replace(/\.\d+/, ''))) * 1_000_000n + BigInt(fraction);
    };
    for (const [zone, hour] of [
      ['+00:00', '10'],
      ['+02:00', '12'],
      ['-03:30', '06'],
    ] as const) {
      const lines = ['a', 'b', 'c', 'd'].map((text, i) =>
        record(i, text, { zone }).replace('T10:00', `T${hour}:${zone === '-03:30' ? '30' : '00'}`),
      );
      writeFileSync(log, lines.join(''));
      expect(await read({ since: time(since), until: time(until) })).toBe(expected);
    }
  });
});

describe('following', () => {
  let child: ReturnType<typeof Bun.spawn>;
  beforeEach(() => {
    child = Bun.spawn(['sleep', '60']);
    writeState(test_.store, container.config.id, {
      ...container.state,
      ...runningState(processHandle(child.pid)),
    });
    writeFileSync(log, record(0, 'before'));
  });
  afterEach(async () => {
    child.kill(9);
    await child.exited;
  });

  function follow(request: LogRequest = {}): { sink: Collected; done: Promise<void> } {
    const sink = new Collected();
    return { sink, done: readLog(test_.store, container.config.id, { ...request, follow: true }, sink) };
  }

  /** The container's end, as conmon leaves it. */
  async function end(): Promise<void> {
    child.kill(9);
    await child.exited;
    writeFileSync(exitFilePath(test_.store, container.config.id), '0');
  }

  test('what comes is passed on at once, and the end is the end', async () => {
    const { sink, done } = follow();
    await sink.until('before');
    const start = performance.now();
    appendFileSync(log, record(1, 'after'));
    await sink.until('after');
    expect(performance.now() - start).toBeLessThan(500);
    // Half a record waits for its other half.
    const last = record(2, 'last');
    appendFileSync(log, last.slice(0, 47));
    await Bun.sleep(30);
    expect(sink.text).toBe('before\nafter\n');
    appendFileSync(log, last.slice(47));
    await end();
    await done;
    expect(sink.text).toBe('before\nafter\nlast\n');
  });

  test('a dead process is not the end while its conmon may still write', async () => {
    const conmon = Bun.spawn(['sleep', '60']);
    const state = {
      ...container.state,
      ...runningState(processHandle(child.pid)),
      conmon: processHandle(conmon.pid),
    };
    writeState(test_.store, container.config.id, state);
    const { sink, done } = follow({ tail: 0 });
    child.kill(9);
    await child.exited;
    await Bun.sleep(30);
    appendFileSync(log, record(1, 'drained'));
    await sink.until('drained');
    conmon.kill(9);
    await conmon.exited;
    await done;
    expect(sink.text).toBe('drained\n');
  });

  test('no line is lost when the log is rotated', async () => {
    const { sink, done } = follow();
    await sink.until('before');
    appendFileSync(log, record(1, 'old'));
    writeFileSync(`${log}.tmp`, record(2, 'new'));
    renameSync(`${log}.tmp`, log);
    await sink.until('new');
    appendFileSync(log, record(3, 'newer'));
    await sink.until('newer');
    truncateSync(log);
    await Bun.sleep(30);
    appendFileSync(log, record(4, 'x'));
    await sink.until('x');
    await end();
    await done;
    expect(sink.text).toBe('before\nold\nnew\nnewer\nx\n');
  });

  test('it ends when the container is removed', async () => {
    const { sink, done } = follow();
    await sink.until('before');
    rmSync(containerPath(test_.store, container.config.id), { recursive: true });
    await done;
    expect(sink.text).toBe('before\n');
  });

  test('it ends when the record says so', async () => {
    const { sink, done } = follow();
    await sink.until('before');
    const start = performance.now();
    writeState(test_.store, container.config.id, container.state);
    await done;
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('until a point in time', async () => {
    const { done } = follow({ until: BigInt(Date.now() - 1000) * 1_000_000n });
    await done;
  });
});
