/** `npm run docs`: writes what is made from the sources and checked in, which is docs/compatibility.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOptions } from '../lib/commands/help.ts';
import { compatibility } from './compatibility.ts';
import { loadCommands } from './lib/load-commands.ts';

const root = join(import.meta.dir, '..');
const { page, unused } = compatibility(root, await loadCommands(), programOptions);
writeFileSync(join(root, 'docs/compatibility.md'), page);
for (const { commands, options = [], why } of unused) {
  const what = [...commands, ...options.map((option) => `--${option}`)].join(' ');
  process.stderr.write(`scripts/compatibility/notes.ts: not needed any more: ${what}: ${why}\n`);
}
