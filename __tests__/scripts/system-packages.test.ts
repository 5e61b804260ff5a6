/** scripts/lib runs under plain Node before anything is installed, so its table stands apart from the engine's own. */
import { join } from 'node:path';
import { packageOf } from '../../lib/core/programs.ts';

const MODULE = join(__dirname, '../../scripts/lib/system-packages.mjs');

/** The value of an expression over the module's exports, in Node. */
function inNode<T>(expression: string): T {
  const program = `import * as m from '${MODULE}'; console.log(JSON.stringify(${expression}));`;
  const { stdout, stderr } = Bun.spawnSync(['node', '--input-type=module', '--eval', program]);
  if (stderr.length > 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}

test('set-up and error hints name the same package for a program', () => {
  const choices = inNode<{ program: string; package: string }[]>('[...m.FOR_RUN, ...m.FOR_TEST].flat()');
  expect(choices.length).toBeGreaterThan(10);
  for (const { program, package: name } of choices) {
    if (program !== 'busybox') expect([program, packageOf(program)]).toEqual([program, name]);
  }
});

test('a need is met by any one of its programs', () => {
  const none = { program: 'no-such-program-here' };
  const needs = [[none], [none, { program: 'sh' }], [{ program: 'sh' }]];
  expect(inNode(`m.missing(${JSON.stringify(needs)})`)).toEqual([[none]]);
});

test('a program that wants a dynamic loader is not static', () => {
  expect(inNode(`['/bin/sh', '${MODULE}'].map(m.isStatic)`)).toEqual([false, false]);
});
