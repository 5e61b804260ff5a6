import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { LogFiles } from '../../../lib/engine/container/log-files.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

let folder: TemporaryFolder;
let path: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  path = `${folder.path}/log`;
});
afterEach(() => folder[Symbol.dispose]());

const record = (text: string, tag = 'F') => `2024-03-01T10:00:00.000000000+00:00 stdout ${tag} ${text}\n`;

/** What there is to read now. */
function read(log: LogFiles, follow = true): string[] {
  const texts: string[] = [];
  while (log.next(follow)) {
    const { buffer, textStart, textEnd } = log.reader!;
    texts.push(buffer.toString('latin1', textStart, textEnd));
  }
  return texts;
}

/** As rotation does it: names move up, and a new file appears under the first. */
function rotate(files: number, text = ''): void {
  for (let i = files - 1; i > 0; i--) {
    const from = i === 1 ? path : `${path}.${i - 1}`;
    if (existsSync(from)) renameSync(from, `${path}.${i}`);
  }
  if (files === 1) rmSync(path);
  writeFileSync(path, text);
}

test('all files, oldest first', () => {
  writeFileSync(path, record('c'));
  writeFileSync(`${path}.1`, record('b'));
  writeFileSync(`${path}.2`, record('a'));
  using log = new LogFiles(path, 3);
  expect(read(log, false)).toEqual(['a', 'b', 'c']);
});

test('the last lines, wherever they begin', () => {
  writeFileSync(`${path}.2`, record('a') + record('b'));
  writeFileSync(`${path}.1`, record('c') + record('d1', 'P'));
  writeFileSync(path, record('d2') + record('e'));
  const last = (lines: number): string[] => {
    using log = new LogFiles(path, 3);
    log.tail(lines);
    return read(log, false);
  };
  expect(last(0)).toEqual([]);
  expect(last(1)).toEqual(['e']);
  expect(last(2)).toEqual(['d1', 'd2', 'e']);
  expect(last(3)).toEqual(['c', 'd1', 'd2', 'e']);
  expect(last(4)).toEqual(['b', 'c', 'd1', 'd2', 'e']);
  expect(last(9)).toEqual(['a', 'b', 'c', 'd1', 'd2', 'e']);
  // Just rotated: nothing is in the present one yet.
  writeFileSync(path, '');
  expect(last(1)).toEqual(['d1']);
  expect(last(2)).toEqual(['c', 'd1']);
});

test('a follower reads each file to its end, however far it has moved', () => {
  writeFileSync(path, record('1'));
  using log = new LogFiles(path, 4);
  expect(read(log)).toEqual(['1']);
  appendFileSync(path, record('2'));
  rotate(4, record('3'));
  rotate(4, record('4'));
  // conmon had not reopened yet when the names moved.
  appendFileSync(`${path}.2`, record('2b'));
  rotate(4);
  expect(read(log)).toEqual(['2', '2b', '3', '4']);
  appendFileSync(path, record('5'));
  expect(read(log)).toEqual(['5']);
  expect(log.lost).toBe(false);
});

test('in the middle of a rotation, the follower waits for what comes of it', () => {
  writeFileSync(path, record('1'));
  using log = new LogFiles(path, 3);
  rotate(3, record('2'));
  renameSync(`${path}.1`, `${path}.2`);
  // The present file is about to become .1, which is not there yet.
  expect(read(log)).toEqual(['1']);
  writeFileSync(`${path}.1`, readFileSync(path));
  rmSync(path);
  writeFileSync(path, record('3'));
  expect(read(log)).toEqual(['2', '3']);
  expect(log.lost).toBe(false);
});

test('a single file is replaced under the follower', () => {
  writeFileSync(path, record('1'));
  using log = new LogFiles(path, 1);
  expect(read(log)).toEqual(['1']);
  appendFileSync(path, record('2'));
  rotate(1, record('3'));
  expect(read(log)).toEqual(['2', '3']);
  expect(log.lost).toBe(false);
});

test('what was taken away before it was read is said', () => {
  writeFileSync(path, record('1'));
  using log = new LogFiles(path, 2);
  rotate(2, record('2'));
  rotate(2, record('3'));
  rotate(2, record('4'));
  expect(read(log)).toEqual(['1', '3', '4']);
  expect(log.lost).toBe(true);
});

test('a log that appears later', () => {
  using log = new LogFiles(path, 2);
  expect(read(log)).toEqual([]);
  writeFileSync(path, record('1'));
  expect(read(log, false)).toEqual([]);
  expect(read(log)).toEqual(['1']);
});
