import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../lib/commands/index.ts';

test('the man page has every command, and no other', () => {
  const page = readFileSync(join(__dirname, '../../docs/proa.1'), 'utf8');
  const section = page.slice(page.indexOf('.SH COMMANDS'), page.indexOf('.SH GLOBAL OPTIONS'));
  const described = Array.from(section.matchAll(/^\.TP\n\.BI? "?([a-z ]*[a-z])/gm), ([, name]) => name);
  const expected = Object.entries(commands)
    .filter(([name, { hidden }]) => !hidden && (!name.includes(' ') || name.startsWith('system ')))
    .map(([name]) => name)
    // `system info` is `info`.
    .filter((name) => !(name.startsWith('system ') && Object.hasOwn(commands, name.slice(7))));
  expect(described.toSorted()).toEqual(expected.toSorted());
});
