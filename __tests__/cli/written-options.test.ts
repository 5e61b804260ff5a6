import type { OptionTable } from '../../lib/cli/command.ts';
import { writtenOptions } from '../../lib/cli/written-options.ts';

const TABLE = {
  detach: { short: 'd', type: 'bool', summary: '' },
  tty: { short: 't', type: 'bool', summary: '' },
  env: { short: 'e', type: 'list', summary: '' },
  name: { type: 'string', summary: '', aliases: ['called'] },
  pull: { type: 'string', optionalValue: 'always', summary: '' },
} as const satisfies OptionTable;

const read = (...argv: string[]) => {
  const { options, args } = writtenOptions(argv, TABLE);
  return [...options.map(({ names, words, value }) => [names.join(), words.join(' '), value]), args];
};

test('long options, with the value in the word or behind it', () => {
  expect(
    read('--name=a', '--called', '--b', '--detach', '--detach=false', '--pull', 'image', '--name', 'c'),
  ).toEqual([
    ['name', '--name=a', 'a'],
    ['name', '--called --b', '--b'],
    ['detach', '--detach', undefined],
    ['detach', '--detach=false', 'false'],
    ['pull', '--pull', undefined],
    ['image', '--name', 'c'],
  ]);
});

test('groups of short ones', () => {
  expect(read('-dt', '-de', 'A=1', '-teB=2', '-d=false', '-e=C', '--', '-x')).toEqual([
    ['detach,tty', '-dt', undefined],
    ['detach,env', '-de A=1', 'A=1'],
    ['tty,env', '-teB=2', 'B=2'],
    ['detach', '-d=false', 'false'],
    ['env', '-e=C', 'C'],
    ['-x'],
  ]);
});

test('the first argument ends them, and a lone dash is one', () => {
  expect(read('-d', '-', '-t')).toEqual([
    ['detach', '-d', undefined],
    ['-', '-t'],
  ]);
});
