import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { ExitWatch } from '../../../lib/engine/container/exit-watch.ts';
import { clearLocked, listRunState } from '../../../lib/engine/container/run-state.ts';
import { bundlePath, exitFilePath, newContainerId } from '../../../lib/storage/containers.ts';
import { TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
let id: string;
beforeEach(() => {
  records = new TestStore();
  id = newContainerId();
});
afterEach(() => records[Symbol.dispose]());

const found = () => {
  return Object.fromEntries([...listRunState(records.store)].map(([key, kinds]) => [key, [...kinds].sort()]));
};

test('each kind of thing in RUNROOT is found under its container', () => {
  mkdirSync(bundlePath(records.store, id));
  writeFileSync(`${records.runRoot}/netns/${id}`, '');
  writeFileSync(exitFilePath(records.store, id), '0');
  mkdirSync(`${records.runRoot}/crun/${id}`, { recursive: true });
  writeFileSync(`${records.runRoot}/exits/not-an-id`, '');
  const kinds = ['bundle', 'crun state', 'exit file', 'network namespace'];
  expect(found()).toEqual({ [id]: kinds });
  {
    // Its watcher removes it.
    using _ = ExitWatch.open(records.store, id);
    expect(found()[id]).not.toContain('exit file');
  }
  expect(found()[id]).toContain('exit file');
});

// Unmounting is refused before it is looked at; users may do it in the namespace that these tests are outside of.
const withPrivileges = process.geteuid!() === 0 ? test : test.skip;

withPrivileges('all of it goes, and nothing of another container', async () => {
  const other = newContainerId();
  for (const one of [id, other]) {
    mkdirSync(`${bundlePath(records.store, one)}/merged`, { recursive: true });
    writeFileSync(exitFilePath(records.store, one), '0');
  }
  await clearLocked(records.engine, id);
  expect(Object.keys(found())).toEqual([other]);
  expect(readdirSync(`${records.runRoot}/containers`)).toEqual([other]);
  await clearLocked(records.engine, id);
});

test('the exit code that somebody waits for stays', async () => {
  using _ = ExitWatch.open(records.store, id);
  mkdirSync(bundlePath(records.store, id));
  writeFileSync(exitFilePath(records.store, id), '7');
  await clearLocked(records.engine, id);
  expect([existsSync(bundlePath(records.store, id)), existsSync(exitFilePath(records.store, id))]).toEqual([
    false,
    true,
  ]);
});
