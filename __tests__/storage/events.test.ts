import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { readEvents } from '../../lib/engine/system/events.ts';
import { EventReader, eventsPath, type NewEvent, parseEvent, writeEvents } from '../../lib/storage/events.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const event = (action: string, attributes: Record<string, string> = {}): NewEvent => ({
  type: 'container',
  action,
  id: 'f'.repeat(64),
  attributes,
});

const log = (): string => `${eventsPath(records.store)}/log`;
const actions = (reader: EventReader): string[] => Array.from(reader.read(), ({ action }) => action);

/** As if so many events had been written before: the next one finds the log full. */
function fill(): void {
  truncateSync(log(), (4 << 20) - 1);
  appendFileSync(log(), '\n');
}

test('events come back as they were told, with the time', () => {
  const before = Date.now() / 1000 - 1;
  writeEvents(records.store, event('create', { name: 'a "b"\n', ü: 'ä' }), event('start'));
  using reader = new EventReader(records.store, true);
  const [first, second] = Array.from(reader.read());
  expect(first).toMatchObject(event('create', { name: 'a "b"\n', ü: 'ä' }));
  expect(second).toMatchObject(event('start'));
  expect(first!.time.sec).toBeGreaterThan(before);
  expect(second!.time.sec).toBeLessThan(Date.now() / 1000 + 1);
  expect(readFileSync(log(), 'utf8').split('\n')).toHaveLength(3);
});

test('who does not want the past reads only what is new', () => {
  writeEvents(records.store, event('old'));
  using reader = new EventReader(records.store, false);
  expect(actions(reader)).toEqual([]);
  writeEvents(records.store, event('new'));
  expect(actions(reader)).toEqual(['new']);
  expect(actions(reader)).toEqual([]);
});

test('a line stays below a page: long labels go, the name stays', () => {
  writeEvents(records.store, event('create', { name: 'web', long: 'x'.repeat(9000), short: 'y' }));
  writeEvents(records.store, event(`exec_create: sh -c ${'z'.repeat(9000)}`, { name: 'web' }));
  const lines = readFileSync(log(), 'utf8').split('\n').slice(0, -1);
  expect(lines.map((line) => Buffer.byteLength(line) < 4096)).toEqual([true, true]);
  expect(parseEvent(lines[0]!)!.attributes).toEqual({ name: 'web', short: 'y' });
  expect(parseEvent(lines[1]!)!.action).toMatch(/^exec_create: sh -c z+…$/);
});

test('a line that its writer was killed in costs nobody else an event', () => {
  writeEvents(records.store, event('one'));
  appendFileSync(log(), '{"version":1,"time":[1,2],"type":"contai');
  writeEvents(records.store, event('two'), event('three'));
  appendFileSync(log(), 'no event at all\n');
  writeEvents(records.store, event('four'));
  using reader = new EventReader(records.store, true);
  expect(actions(reader)).toEqual(['one', 'two', 'three', 'four']);
});

test('a half line is waited for', () => {
  writeEvents(records.store, event('whole'));
  using reader = new EventReader(records.store, true);
  const line = readFileSync(log(), 'utf8');
  appendFileSync(log(), line.slice(0, 40));
  expect(actions(reader)).toEqual(['whole']);
  appendFileSync(log(), line.slice(40));
  expect(actions(reader)).toEqual(['whole']);
});

test('a full log is put aside; two are kept, and a follower misses nothing', () => {
  writeEvents(records.store, event('a'));
  using follower = new EventReader(records.store, true);
  fill();
  writeEvents(records.store, event('b'));
  expect(existsSync(log())).toBe(false);
  writeEvents(records.store, event('c'));
  using later = new EventReader(records.store, true);
  expect(actions(later)).toEqual(['a', 'b', 'c']);
  // Twice since the follower last looked.
  fill();
  writeEvents(records.store, event('d'));
  writeEvents(records.store, event('e'));
  expect(actions(follower)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(statSync(log()).size).toBeLessThan(1000);
  using newest = new EventReader(records.store, true);
  expect(actions(newest)).toEqual(['c', 'd', 'e']);
});

test('logs that are put aside while a follower is busy stay its own', () => {
  writeEvents(records.store, event('0'));
  using follower = new EventReader(records.store, true);
  for (let i = 1; i <= 5; i++) {
    fill();
    writeEvents(records.store, event(`full ${i}`));
    writeEvents(records.store, event(`${i}`));
    follower.findLogs();
  }
  expect(actions(follower).filter((action) => /^\d$/.test(action))).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('telling fails nobody: neither without the folder nor without a place for it', () => {
  rmSync(eventsPath(records.store), { recursive: true });
  writeEvents(records.store, event('made'));
  using reader = new EventReader(records.store, true);
  expect(actions(reader)).toEqual(['made']);
  writeEvents({ ...records.store, runRoot: '/proc/nowhere' }, event('lost'));
});

test('many writers at once lose no event while logs are put aside, and a follower sees each once', async () => {
  const script = `import { openStore } from 'LIB/storage/store.ts';
    import { writeEvents } from 'LIB/storage/events.ts';
    const [root, runRoot, me] = process.argv.slice(1);
    const store = openStore({ root, runRoot, rootless: false, uid: 0 });
    console.log('ready');
    ${UNTIL_GO}
    for (let i = 0; i < 1500; i++)
      writeEvents(store, { type: 'container', action: me + '-' + i, id: me, attributes: { filler: 'x'.repeat(1800) } });`;
  const seen: string[] = [];
  const wanted = 3 * 1500;
  const following = (async () => {
    for await (const { action } of readEvents(records.store, { follow: true })) {
      seen.push(action);
      if (seen.length === wanted) return;
    }
  })();
  const writers = ['a', 'b', 'c'].map((me) => new BunProcess(script, [records.root, records.runRoot, me]));
  await Promise.all(writers.map((writer) => writer.line()));
  for (const writer of writers) writer.go();
  expect(await Promise.all(writers.map(({ exited }) => exited))).toEqual([0, 0, 0]);
  await following;
  expect(new Set(seen).size).toBe(wanted);
  // Each writer's events are in their order.
  const own = seen.filter((action) => action.startsWith('b-')).map((action) => Number(action.slice(2)));
  expect(own).toEqual([...own].sort((x, y) => x - y));
  expect(existsSync(`${log()}.1`)).toBe(true);
}, 20_000);
