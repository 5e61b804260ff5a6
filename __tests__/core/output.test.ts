import { closeSync, openSync, read, readFileSync } from 'node:fs';
import { FdWriter } from '../../lib/core/output.ts';
import { close, pipe, setNonBlocking } from '../../lib/core/sys/file.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

const readSome = (fd: number, buffer: Buffer, ...rest: [number, number, null]) =>
  new Promise<{ bytesRead: number }>((resolve, reject) => {
    read(fd, buffer, ...rest, (error, bytesRead) => (error ? reject(error) : resolve({ bytesRead })));
  });

/** Reads until `length` bytes are there. */
async function drain(fd: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let have = 0; have < length; ) {
    const buffer = Buffer.alloc(length - have);
    const { bytesRead } = await readSome(fd, buffer, 0, buffer.length, null);
    parts.push(buffer.subarray(0, bytesRead));
    have += bytesRead;
  }
  return Buffer.concat(parts);
}

const pattern = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7));

test('a file takes everything at once', () => {
  using folder = new TemporaryFolder();
  const fd = openSync(`${folder.path}/file`, 'w');
  const writer = new FdWriter(fd);
  expect(writer.write(pattern(300_000))).toBeUndefined();
  expect(writer.write(pattern(5))).toBeUndefined();
  closeSync(fd);
  expect(readFileSync(`${folder.path}/file`).equals(Buffer.concat([pattern(300_000), pattern(5)]))).toBe(
    true,
  );
});

test.each([
  ['a pipe', false],
  ['a pipe that does not block', true],
])('%s that is full keeps nobody up, and what was written stays in order', async (_, nonBlocking) => {
  const ends = pipe();
  if (nonBlocking) setNonBlocking(ends.write);
  const writer = new FdWriter(ends.write);
  expect(writer.write(Buffer.from('small'))).toBeUndefined();
  const big = pattern(200_000);
  const first = writer.write(big);
  expect(first).toBeInstanceOf(Promise);
  big.fill(0); // the caller's buffer is the caller's again
  const second = writer.write(Buffer.from('end'));
  let done = false;
  second!.then(() => {
    done = true;
  });
  await Bun.sleep(20);
  expect(done).toBe(false);
  const all = await drain(ends.read, 200_008);
  await Promise.all([first, second]);
  expect(all.equals(Buffer.concat([Buffer.from('small'), pattern(200_000), Buffer.from('end')]))).toBe(true);
  expect(writer.write(Buffer.from('quick again'))).toBeUndefined();
  close(ends.read);
  close(ends.write);
});

test('nobody who reads: exit code 141, while it waits and at once', async () => {
  const closed = { code: 'OUTPUT_CLOSED', exitCode: 141 };
  const full = pipe();
  const waiting = new FdWriter(full.write).write(pattern(200_000));
  close(full.read);
  await expect(waiting).rejects.toMatchObject(closed);
  const empty = pipe();
  close(empty.read);
  expect(() => new FdWriter(empty.write).write(Buffer.from('x'))).toThrow(expect.objectContaining(closed));
  close(full.write);
  close(empty.write);
});

test('a full disk is told', () => {
  const fd = openSync('/dev/full', 'w');
  expect(() => new FdWriter(fd).write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  closeSync(fd);
});
