// docs/quadlet.md names every key that Quadlet files and compose files may have, and no other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_KEYS } from '../../lib/systemd/install/compose/service.ts';
import { CONVERTERS } from '../../lib/systemd/quadlet/generate.ts';
import { KIND, KINDS } from '../../lib/systemd/quadlet/kinds.ts';
import { COMMON_RULES } from '../../lib/systemd/quadlet/rules.ts';

const text = readFileSync(join(__dirname, '../../docs/quadlet.md'), 'utf8');
const wordsOf = (part: string): string[] =>
  [...part.matchAll(/[A-Za-z][A-Za-z0-9_]+|\bIP\b/g)].map(([word]) => word);
/** Told apart, as those that are refused. */
const REMAP = /^Remap/;

test.each(KINDS)('keys of .%s files', (kind) => {
  const [, part = ''] =
    new RegExp(`^- \`\\[${KIND[kind].section}\\]\`: ([\\s\\S]*?)(?:; of older|\\n- )`, 'm').exec(text) ?? [];
  const rules = Object.entries(CONVERTERS[kind].rules);
  const known = rules.filter(
    ([key, { refused }]) => refused === undefined && !REMAP.test(key) && key !== 'VolatileTmp',
  );
  expect(wordsOf(part).sort()).toEqual(known.map(([key]) => key).sort());
  for (const [key] of rules) expect(text).toContain(key);
});

test('keys of all', () => {
  for (const key of [...Object.keys(COMMON_RULES), 'DefaultDependencies']) expect(text).toContain(key);
});

test('keys of compose services', () => {
  const [, part = ''] = /Of\s+services: ([\s\S]*?)\. Any other/.exec(text) ?? [];
  expect(wordsOf(part.replace(/\(with\s+conditions\)/, '')).sort()).toEqual([...SERVICE_KEYS].sort());
});
