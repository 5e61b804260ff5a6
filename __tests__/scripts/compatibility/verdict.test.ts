import { type Command, defineCommand } from '../../../lib/cli/command.ts';
import type { Note } from '../../../scripts/compatibility/notes.ts';
import {
  judgeCommand,
  judgeOption,
  namedCommands,
  type Subject,
} from '../../../scripts/compatibility/verdict.ts';
import type { Peer } from '../../../scripts/peers/peer.ts';

const env = { short: 'e', type: 'list', summary: '' } as const;
const run = defineCommand({
  names: ['run', 'container run'],
  summary: '',
  usage: '',
  options: {
    env,
    label: { short: 'L', type: 'bool', summary: '' },
    quiet: { type: 'string', summary: '' },
  },
  run: async () => {},
});
const create = defineCommand({
  names: ['create'],
  summary: '',
  usage: '',
  options: { env },
  run: async () => {},
});
const subject: Subject = {
  commands: new Map<string, Command>([
    ['run', run as Command],
    ['container run', run as Command],
    ['create', create as Command],
  ]),
  coverage: new Map([
    ['run', [{ file: 'a.test.ts', test: 'something' }]],
    [
      'run --env',
      [
        { file: 'a.test.ts', test: 'something' },
        { file: 'run.test.ts', test: 'something' },
        { file: 'a.test.ts', test: 'with --env' },
      ],
    ],
  ]),
  notes: [
    { commands: ['pod *'], why: 'yet: pods' },
    { commands: ['*'], options: ['isolation'], why: 'for Windows' },
    { commands: ['run'], options: ['quiet'], verdict: 'differs', why: 'is louder' },
  ] satisfies Note[],
  used: new Set(),
};
const option = (name: string, shown: string, command: Command = run as Command) =>
  judgeOption(command.names, name, shown, command.options, command, subject, peer).text;
const peer: Peer = {
  program: 'docker',
  versions: ['1'],
  globals: {},
  commands: {
    run: { summary: '', usage: '', aliases: [], options: { env: '-e list' } },
    'container run': { summary: '', usage: '', aliases: [], options: { env: '-e list' } },
    create: { summary: '', usage: '', aliases: ['container create'], options: { env: '-e list' } },
    'pod ls': { summary: '', usage: '', aliases: [], options: {} },
  },
};

test('a command and its other names are one', () => {
  expect(namedCommands(peer).map(({ names }) => names)).toEqual([
    ['create', 'container create'],
    ['run', 'container run'],
    ['pod ls'],
  ]);
});

test('commands', () => {
  const texts = namedCommands(peer).map((command) => judgeCommand(command, subject, peer).text);
  expect(texts).toEqual([
    'differs (not under the name `container create`)',
    'works (a.test.ts: something)',
    'not yet (pods)',
  ]);
});

test.each([
  ['env', '-e list', 'works (a.test.ts: with --env)'],
  ['label', '', 'works (no test of its own)'],
  ['label', '-l list', 'differs (has no -l; takes true and false only, as --option=VALUE)'],
  ['quiet', '', 'differs (is louder)'],
  ['isolation', 'string', 'not (for Windows)'],
  ['else', 'string', 'not yet'],
])('--%s %s', (name, shown, text) => expect(option(name, shown)).toBe(text));

test('what another command tests with the same table is named as that', () => {
  expect(option('env', '-e list', create as Command)).toBe('works (as with `run`, a.test.ts: with --env)');
});
