import type { Command, OptionTable } from '../../lib/cli/command.ts';
import { type CommandTable, readInvocation, resolveCommand } from '../../lib/cli/dispatch.ts';

const load = () => Promise.reject(new Error('resolving must not load a command'));
const entry = (summary: string, more = {}) => ({ summary, load, ...more });
const TABLE: CommandTable = {
  run: entry('Run'),
  rm: entry('Remove'),
  ps: entry('List'),
  'container run': entry('Run'),
  'container ls': entry('List'),
  'container cleanup': entry('Clean up', { hidden: true }),
  'image ls': entry('List'),
  images: entry('List'),
  'system connection add': entry('Add'),
};
const GLOBALS = {
  root: { type: 'string', summary: 'Root' },
  debug: { short: 'D', type: 'bool', summary: 'Debug' },
  version: { short: 'v', type: 'bool', summary: 'Version' },
} as const satisfies OptionTable;
const resolve = (...argv: string[]) => resolveCommand(argv, TABLE, { options: GLOBALS });

test.each([
  [['run', '-it', 'alpine'], 'run', ['-it', 'alpine']],
  [['container', 'run', 'alpine', 'ls'], 'container run', ['alpine', 'ls']],
  [['system', 'connection', 'add', 'x'], 'system connection add', ['x']],
  [['images', 'ls'], 'images', ['ls']],
  [['-D', '--root', '/x', 'ps', '-a'], 'ps', ['-a']],
  [['run', '--help'], 'run', ['--help']],
])('%j is a command', (argv, name, rest) => {
  expect(resolve(...argv)).toMatchObject({
    kind: 'command',
    name,
    argv: rest,
    entry: TABLE[name],
    help: false,
  });
});

test('global options are read before the verb, and only there', () => {
  const found = resolve('--root=/x', '-D', 'run', '--root', 'y');
  expect(found).toMatchObject({
    globals: { root: '/x', debug: true, version: false },
    argv: ['--root', 'y'],
  });
  expect([...found.given]).toEqual(['root', 'debug']);
});

test('no verb asks for the overview, a bare group for its help', () => {
  expect(resolve()).toMatchObject({ kind: 'overview', help: false });
  expect(resolve('--help')).toMatchObject({ kind: 'overview', help: true });
  expect(resolve('-v')).toMatchObject({ kind: 'overview', globals: { version: true } });
  expect(resolve('container')).toMatchObject({ kind: 'group', name: 'container' });
  expect(resolve('container', '--help')).toMatchObject({ kind: 'group', name: 'container' });
  expect(resolve('system', 'connection')).toMatchObject({ kind: 'group', name: 'system connection' });
});

test('help NAME and --help NAME', () => {
  expect(resolve('help', 'container', 'run')).toMatchObject({
    kind: 'command',
    name: 'container run',
    help: true,
  });
  expect(resolve('help')).toMatchObject({ kind: 'overview', help: true });
  expect(resolve('help', 'image')).toMatchObject({ kind: 'group', name: 'image' });
});

test.each([
  [['runn'], "proa: 'runn' is not a proa command.", "Did you mean 'proa run'? See 'proa --help'"],
  [['xyzzy'], "proa: 'xyzzy' is not a proa command.", "See 'proa --help'"],
  [
    ['contianer', 'ls'],
    "proa: 'contianer' is not a proa command.",
    "Did you mean 'proa container'? See 'proa --help'",
  ],
  [
    ['container', 'rnu'],
    "proa: 'container rnu' is not a proa command.",
    "Did you mean 'proa container run'? See 'proa container --help'",
  ],
  [
    ['container', 'cleanpu'],
    "proa: 'container cleanpu' is not a proa command.",
    "See 'proa container --help'",
  ],
  [['constructor'], "proa: 'constructor' is not a proa command.", "See 'proa --help'"],
])('%j is unknown', (argv, message, hint) => {
  expect(() => resolve(...argv)).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_COMMAND', message, hint, exitCode: 1 }),
  );
});

test('a mistake in a global option names the program', () => {
  expect(() => resolve('--rot=x', 'ps')).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_OPTION', hint: "Did you mean --root? See 'proa --help'" }),
  );
});

describe('readInvocation', () => {
  const command = (more: Partial<Command>): Command => ({
    names: ['stop'],
    summary: 'Stop',
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    options: { time: { short: 't', type: 'int', summary: 'Seconds' } },
    run: async () => {},
    ...more,
  });

  test('gives the call as the command runs it', () => {
    const call = readInvocation(command({}), 'container stop', ['-t1', 'a', '--debug'], { globals: GLOBALS });
    expect(call).toMatchObject({ options: { time: 1 }, args: ['a'], name: 'container stop', help: false });
    expect(call.globals).toEqual({ debug: true });
  });

  test.each([
    [{ min: 1 }, [], "'proa stop' requires at least 1 argument, got 0"],
    [{ min: 0, max: 0 }, ['a'], "'proa stop' accepts no arguments, got 1"],
    [{ min: 2, max: 2 }, ['a'], "'proa stop' requires exactly 2 arguments, got 1"],
    [{ min: 0, max: 1 }, ['a', 'b'], "'proa stop' requires at most 1 argument, got 2"],
    [{ min: 1, max: 2 }, [], "'proa stop' requires at least 1 and at most 2 arguments, got 0"],
  ])('%j with %j', (args, argv, message) => {
    expect(() => readInvocation(command({ args }), 'stop', argv)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENTS', message, exitCode: 1 }),
    );
  });

  test('--help needs no arguments', () => {
    expect(readInvocation(command({ args: { min: 1 } }), 'stop', ['--help']).help).toBe(true);
  });
});
