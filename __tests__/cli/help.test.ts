import { defineCommand } from '../../lib/cli/command.ts';
import type { CommandTable } from '../../lib/cli/dispatch.ts';
import {
  fold,
  overviewGroups,
  renderGroup,
  renderHelp,
  renderOptions,
  renderOverview,
} from '../../lib/cli/help.ts';

const command = defineCommand({
  names: ['ps', 'container ls', 'container list', 'container ps'],
  summary: 'List containers',
  usage: '[OPTIONS]',
  options: {
    quiet: { short: 'q', type: 'bool', summary: 'Only display container IDs' },
    all: { short: 'a', type: 'bool', summary: 'Show all containers (default shows just running)' },
    last: {
      short: 'n',
      type: 'int',
      default: -1,
      summary: 'Show n last created containers (includes all states)',
    },
    filter: {
      short: 'f',
      type: 'list',
      metavar: 'filter',
      summary: 'Filter output based on conditions provided',
    },
    'no-trunc': { type: 'bool', summary: "Don't truncate output" },
    latest: { short: 'l', type: 'bool', summary: 'Show the latest created container (includes all states)' },
    size: { short: 's', type: 'bool', summary: 'Display total file sizes' },
    secret: { type: 'bool', hidden: true, summary: 'Not told' },
  },
  run: async () => {},
});

test("the layout is that of Docker's own `ps --help`, to the column", () => {
  expect(renderHelp(command, { program: 'docker', width: 80 })).toBe(`Usage:  docker ps [OPTIONS]

List containers

Aliases:
  docker container ls, docker container list, docker container ps, docker ps

Options:
  -a, --all             Show all containers (default shows just running)
  -f, --filter filter   Filter output based on conditions provided
  -n, --last int        Show n last created containers (includes all
                        states) (default -1)
  -l, --latest          Show the latest created container (includes all
                        states)
      --no-trunc        Don't truncate output
  -q, --quiet           Only display container IDs
  -s, --size            Display total file sizes
`);
});

test('the name as typed, description and examples', () => {
  const text = renderHelp(
    { ...command, description: 'Longer words\nabout it.\n\n  code\n  more', examples: ['ps -a', 'ps -q'] },
    { name: 'container ls', width: 80 },
  );
  expect(text).toMatch(
    /^Usage: {2}proa container ls \[OPTIONS\]\n\nList containers\n\nLonger words about it\.\n\n {2}code\n {2}more\n\n/,
  );
  expect(text).toContain('\n\nExamples:\n  proa ps -a\n  proa ps -q\n\nOptions:\n');
  expect(text).not.toContain('secret');
});

test('defaults and optional values are shown', () => {
  const options = {
    keys: { type: 'string', default: 'ctrl-p', summary: 'Keys' },
    systemd: { type: 'string', optionalValue: 'true', summary: 'Mode' },
    proxy: { type: 'bool', default: true, summary: 'Proxy' },
    off: { type: 'bool', default: false, summary: 'Off' },
    dns: { type: 'list', default: ['a', 'b'], summary: 'DNS' },
    verify: { type: 'tristate', summary: 'Verify' },
  } as const;
  expect(renderOptions(options, 80)).toBe(
    [
      '      --dns list                  DNS (default [a,b])',
      '      --keys string               Keys (default "ctrl-p")',
      '      --off                       Off',
      '      --proxy                     Proxy (default true)',
      '      --systemd string[="true"]   Mode',
      '      --verify                    Verify',
    ].join('\n'),
  );
});

test('on a narrow terminal the texts go below their options', () => {
  const lines = renderOptions(command.options, 44).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '  -a, --all',
    '          Show all containers',
    '          (default shows just running)',
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(44);
});

const load = () => Promise.reject(new Error('help must not load a command'));
const TABLE: CommandTable = {
  run: { summary: 'Create and run a new container', load, group: 'Common Commands' },
  ps: { summary: 'List containers', load },
  'container run': { summary: 'Create and run a new container', load },
  'container ls': { summary: 'List containers', load },
  'container cleanup': { summary: 'Not told', load, hidden: true },
  'system check': { summary: 'Check the store', load },
  __complete: { summary: 'Not told', load, hidden: true },
};

test('the overview', () => {
  const groups = overviewGroups(TABLE, { system: 'Manage Proa' });
  const options = { debug: { short: 'D', type: 'bool', summary: 'Enable debug mode' } } as const;
  expect(
    renderOverview(groups, { summary: 'Containers without a daemon', options, width: 80 }),
  ).toBe(`Usage:  proa [OPTIONS] COMMAND

Containers without a daemon

Common Commands:
  run         Create and run a new container

Management Commands:
  container   Manage containers
  system      Manage Proa

Commands:
  ps          List containers

Global Options:
  -D, --debug   Enable debug mode

Run 'proa COMMAND --help' for more information on a command.
`);
});

test('a group', () => {
  expect(renderGroup('container', {}, TABLE)).toBe(`Usage:  proa container COMMAND

Manage containers

Commands:
  ls          List containers
  run         Create and run a new container

Run 'proa container COMMAND --help' for more information on a command.
`);
});

test('folding keeps line breaks and indents, and lets long words be', () => {
  expect(fold('one two three', 8)).toEqual(['one two', 'three']);
  expect(fold('one two three', 8, 6)).toEqual(['one two three']);
  expect(fold('  one two three\nfour', 10)).toEqual(['  one two', '  three', 'four']);
  expect(fold('https://example.com/long/path x', 10)).toEqual(['https://example.com/long/path', 'x']);
});

test('a group in a group has its own words', () => {
  const row = (summary: string) => ({ summary, load });
  const table = { 'buildx imagetools create': row('Make one'), 'buildx ls': row('List') };
  const managed = { buildx: 'Build', 'buildx imagetools': 'In registries' };
  expect(renderGroup('buildx', managed, table)).toContain(
    'Build\n\nCommands:\n  imagetools  In registries\n  ls          List\n',
  );
});
