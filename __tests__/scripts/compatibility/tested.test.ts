import { defineCommand } from '../../../lib/cli/command.ts';
import { readLine, testLines } from '../../../scripts/compatibility/tested.ts';

const run = defineCommand({
  names: ['run', 'container run'],
  summary: '',
  usage: '',
  interspersed: false,
  options: {
    env: { short: 'e', type: 'list', summary: '' },
    detach: { short: 'd', type: 'bool', summary: '' },
    network: { type: 'string', summary: '', aliases: ['net'] },
    rm: { type: 'bool', summary: '' },
  },
  run: async () => {},
});
const COMMANDS = new Map([
  ['run', run],
  ['container run', run],
]);
const GLOBALS = { root: { type: 'string', summary: '' }, debug: { type: 'bool', summary: '' } } as const;

const lines = (source: string) => testLines(source).map(({ test, words }) => [test, ...words]);

test('a line has the title of its test, and unknown words stay unknown', () => {
  expect(
    lines(
      "describe('d', () => { test('t', async () => { await machine.ok('run', '-d', `--name=$" +
        '{x}`, y); }) })',
    ),
  ).toEqual([['t', 'run', '-d', '--name=', undefined]]);
  expect(lines("machine.ok('run', 'x')")).toEqual([]);
});

test('helpers of the file are followed to the line that they make', () => {
  const source = `
    const caps = (...options: string[]) => machine.shOk('id', '--rm', ...options);
    async function mask(...options: string[]) { return BigInt(await caps(...options)); }
    const LIMITS = ['--a', '--b'];
    test('t', () => mask('--cap-add=x', ...LIMITS));`;
  expect(lines(source)).toContainEqual([
    't',
    'run',
    '--rm',
    '--network=none',
    '--rm',
    '--cap-add=x',
    '--a',
    '--b',
  ]);
});

test('tables of cases count, titles and what must be refused do not', () => {
  const source = `
    test.each([[['run', '--rm']], ['run --env x']])('run --detach %j', (words) => machine.proa(...words));
    test('u', () => refused(machine, ['run', '--network=x'], 125));`;
  const found = lines(source).map(([, ...words]) => words.join(' '));
  expect(found).toContain('run --rm');
  expect(found).toContain('run --env x');
  expect(found.join()).not.toMatch(/detach|network/);
});

test.each([
  [['run', '-de', 'A=b', '--net', 'none', 'image', '--rm'], 'run', ['detach', 'env', 'network'], []],
  [
    ['--root', 'run', '--debug', 'container', 'run', '--rm=false'],
    'container run',
    ['rm'],
    ['root', 'debug'],
  ],
  [['run', undefined, '--rm'], 'run', ['rm'], []],
  [['run', '--', '--rm'], 'run', [], []],
  [['runs', '--rm'], undefined, [], []],
])('%j', (words, name, options, globals) => {
  const read = readLine(words, COMMANDS, GLOBALS);
  expect(read?.name).toBe(name);
  expect([...(read?.options ?? [])]).toEqual(options);
  expect([...(read?.globals ?? [])]).toEqual(globals);
});
