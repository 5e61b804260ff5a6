import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOptions } from '../../lib/commands/help.ts';
import { compatibility } from '../../scripts/compatibility.ts';
import { loadCommands } from '../../scripts/lib/load-commands.ts';

test('docs/compatibility.md says what the command tables and the tests say', async () => {
  const root = join(__dirname, '../..');
  const written = readFileSync(join(root, 'docs/compatibility.md'), 'utf8').split('\n');
  const { page } = compatibility(root, await loadCommands(), programOptions);
  const expected = page.split('\n');
  const at = expected.findIndex((line, at) => line !== written[at]);
  if (at >= 0 || written.length !== expected.length) {
    const [is, should] = [written[at] ?? '(nothing)', expected[at] ?? '(nothing)'];
    throw new Error(
      `docs/compatibility.md is out of date: npm run docs\nline ${at + 1} is  ${is}\nshould be ${should}`,
    );
  }
});
