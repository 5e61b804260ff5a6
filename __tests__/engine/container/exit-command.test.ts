import { existsSync, mkdirSync } from 'node:fs';
import { exitCommand } from '../../../lib/engine/container/exit-command.ts';
import { ExitWatch } from '../../../lib/engine/container/exit-watch.ts';
import { Engine } from '../../../lib/engine/engine.ts';
import { bundlePath, newContainerId } from '../../../lib/storage/containers.ts';
import { TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
let id: string;
let marker: string;
beforeEach(() => {
  records = new TestStore();
  id = newContainerId();
  marker = `${records.root}/cleaned`;
  mkdirSync(bundlePath(records.store, id));
});
afterEach(() => records[Symbol.dispose]());

/** What conmon would run; in proa's place a shell that notes how it was called. */
function start() {
  const self = ['/bin/sh', '-c', `echo "$@" > '${marker}'`, 'proa', '--root=a b'];
  const { store, engine } = records;
  return Bun.spawn(exitCommand(new Engine({ store, identity: engine.identity, self }), id));
}

test('with nobody watching it cleans up at once', async () => {
  expect(await start().exited).toBe(0);
  expect(await Bun.file(marker).text()).toBe(`--root=a b container cleanup ${id}\n`);
});

test('while somebody watches it waits, and has nothing to do when they cleaned up', async () => {
  const watch = ExitWatch.open(records.store, id);
  const command = start();
  await Bun.sleep(60);
  expect([command.exitCode, existsSync(marker)]).toEqual([null, false]);
  Bun.spawnSync(['rmdir', bundlePath(records.store, id)]);
  watch.close(true);
  expect([await command.exited, existsSync(marker)]).toEqual([0, false]);
});

test('when they only died, it does their work', async () => {
  const watch = ExitWatch.open(records.store, id);
  const command = start();
  await Bun.sleep(30);
  watch.close(false);
  expect([await command.exited, existsSync(marker)]).toEqual([0, true]);
});
