import { JournalParser } from '../../../lib/engine/container/journal-export.ts';
import type { LogRecord } from '../../../lib/engine/container/log-record.ts';

function entry(message: string | Buffer, fields: Record<string, string> = {}): Buffer {
  const text = Object.entries({
    __CURSOR: 's=1;i=1',
    __REALTIME_TIMESTAMP: '1709287200123456',
    PRIORITY: '6',
    ...fields,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
  if (typeof message === 'string') return Buffer.from(`${text}MESSAGE=${message}\n\n`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([Buffer.from(`${text}MESSAGE\n`), length, message, Buffer.from('\n\n')]);
}

const shown = ({ buffer, stream, complete, timeStart, timeEnd, textStart, textEnd }: LogRecord) => ({
  stream,
  complete,
  time: buffer.toString('latin1', timeStart, timeEnd),
  text: buffer.toString('latin1', textStart, textEnd),
});

test('text and bytes, in pieces of any size', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const stream = Buffer.concat([
    entry('plain'),
    entry(Buffer.from('with its line feed\n'), { PRIORITY: '3' }),
    entry(bytes, { CONTAINER_PARTIAL_MESSAGE: 'true', __CURSOR: 's=1;i=3' }),
  ]);
  const time = '2024-03-01T10:00:00.123456000+00:00';
  for (const size of [1, 7, 64, stream.length]) {
    const parser = new JournalParser();
    const records: LogRecord[] = [];
    for (let at = 0; at < stream.length; at += size)
      records.push(...parser.push(stream.subarray(at, at + size)));
    expect(records.map(shown)).toEqual([
      { stream: 'stdout', complete: true, time, text: 'plain' },
      { stream: 'stderr', complete: true, time, text: 'with its line feed' },
      { stream: 'stdout', complete: false, time, text: bytes.toString('latin1') },
    ]);
    expect(parser.cursor).toBe('s=1;i=3');
  }
});

test('entries without a message are left out', () => {
  expect(
    new JournalParser().push(Buffer.from('__CURSOR=x\n__REALTIME_TIMESTAMP=1709287200123456\n\n\n')),
  ).toEqual([]);
});
