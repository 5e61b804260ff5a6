import { existsSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { rotateLog } from '../../engine/container/log-rotation.ts';
import { openEngine } from '../context.ts';
import { globals } from '../globals.ts';

export const command = defineCommand({
  names: ['container rotate'],
  summary: 'Rotate logs that have reached their max-size; the watcher of logs calls it',
  usage: 'ID [ID...]',
  options: {},
  args: { min: 1 },
  completeArgs: 'none',
  async run({ args }) {
    // The watcher may outlive a store that was deleted under it; opening would make that anew.
    const { root } = globals();
    if (root !== undefined && !existsSync(root)) return;
    const engine = openEngine();
    for (const id of args) await rotateLog(engine, id);
  },
});
