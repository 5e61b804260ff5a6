import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, defineCommand } from '../../lib/cli/command.ts';
import { complete, completionScript, SHELLS } from '../../lib/cli/completion.ts';
import type { CommandTable } from '../../lib/cli/dispatch.ts';

const run = defineCommand({
  names: ['run'],
  summary: 'Run',
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  interspersed: false,
  completeArgs: 'image',
  options: {
    interactive: { short: 'i', type: 'bool', summary: 'Keep STDIN open' },
    env: { short: 'e', type: 'list', summary: 'Environment', complete: 'none' },
    'env-file': { type: 'list', summary: 'File', complete: 'file' },
    network: { type: 'string', summary: 'Network', complete: 'network', aliases: ['net'] },
    signal: { type: 'string', summary: 'Signal' },
    volume: { short: 'v', type: 'list', summary: 'Mount', complete: 'mount' },
    pull: { type: 'string', summary: 'Pull', choices: ['always', 'missing', 'never'] },
    secret: { type: 'bool', hidden: true, summary: 'Not told' },
  },
  run: async () => {},
});
const rm = defineCommand({
  names: ['rm'],
  summary: 'Remove',
  usage: 'CONTAINER',
  completeArgs: 'container',
  options: { force: { short: 'f', type: 'bool', summary: 'Force' } },
  run: async () => {},
});
const shell = defineCommand({
  names: ['completion'],
  summary: 'Script',
  usage: 'bash|zsh',
  completeArgs: ['bash', 'zsh'],
  options: { filter: { type: 'list', summary: 'Filter' } },
  run: async () => {},
});
const load = (command: Command) => () => Promise.resolve(command);
const TABLE: CommandTable = {
  run: { summary: 'Run', load: load(run) },
  rm: { summary: 'Remove', load: load(rm) },
  shell: { summary: 'Script', load: load(shell), hidden: true },
  'container run': { summary: 'Run', load: load(run) },
  'container rm': { summary: 'Remove', load: load(rm) },
  'container cleanup': { summary: 'Not told', load: load(rm), hidden: true },
};
const GLOBALS = {
  root: { type: 'string', summary: 'Root', complete: 'dir' },
  debug: { type: 'bool', summary: 'Debug' },
} as const;
const lookups = {
  image: () => ['alpine:latest', 'busybox:1'],
  network: async () => ['bridge', 'backend'],
  container: (typed: string) => (typed === 'f0' ? ['f00'] : ['web', 'db']),
  volume: () => ['store'],
};
const at = (...words: string[]) => complete(words, TABLE, lookups, GLOBALS);

test.each([
  [['r'], ['rm\tRemove', 'run\tRun']],
  [[''], ['container', 'rm\tRemove', 'run\tRun']],
  [['con'], ['container']],
  [
    ['container', ''],
    ['rm\tRemove', 'run\tRun'],
  ],
  [['container', 'x'], []],
  [['--root', ''], [':dir']],
  [
    ['--root', '/x', 'r'],
    ['rm\tRemove', 'run\tRun'],
  ],
  [['--d'], ['--debug\tDebug']],
  [
    ['run', ''],
    ['alpine:latest', 'busybox:1'],
  ],
  [['container', 'run', 'a'], ['alpine:latest']],
  [
    ['run', '-i', '--pull', ''],
    ['always', 'missing', 'never'],
  ],
  [['run', '--pull', 'm'], ['missing']],
  [['run', '--pull=m'], ['--pull=missing']],
  [
    ['run', '--network=b'],
    ['--network=bridge', '--network=backend'],
  ],
  [['run', '--net', 'ba'], ['backend']],
  [['run', '--env-file', ''], [':file']],
  [['run', '--env-file='], [':file']],
  [['run', '-ie', ''], []],
  [['run', '-ie', 'A=b', 'al'], ['alpine:latest']],
  [
    ['run', '--interactive='],
    ['--interactive=true', '--interactive=false'],
  ],
  [
    ['run', '--en'],
    ['--env\tEnvironment', '--env-file\tFile'],
  ],
  [['run', '--secr'], []],
  [['run', '--pull=never', '--p'], []],
  [
    ['run', '--env=x', '--env'],
    ['--env\tEnvironment', '--env-file\tFile'],
  ],
  [['run', 'alpine', ''], []],
  [['run', 'alpine', '--p'], []],
  [['run', '--', 'b'], ['busybox:1']],
  [['rm', 'web', ''], ['db']],
  [
    ['rm', 'web', '-'],
    ['--force\tForce', '-f\tForce'],
  ],
  [['rm', '--h'], ['--help\tPrint usage']],
  [['nonsense', ''], []],
  [['help', 'container', 'ru'], ['run\tRun']],
  [
    ['help', 'r'],
    ['rm\tRemove', 'run\tRun'],
  ],
  [
    ['shell', ''],
    ['bash', 'zsh'],
  ],
  [['shell', 'z'], ['zsh']],
  [['shell', '--filter', ''], []],
  [['run', '--signal', 'SIGH'], ['SIGHUP']],
  [['run', '--signal=SIGH'], ['--signal=SIGHUP']],
  [['run', '-v', 's'], ['store']],
  [['run', '-v', '/e'], [':file']],
  [['rm', 'f0'], ['f00']],
])('%j', async (words, candidates) => expect(await at(...words)).toEqual(candidates));

describe('the scripts', () => {
  test.each(SHELLS)('%s calls proa __complete', (shell) => {
    expect(completionScript(shell)).toContain('proa __complete');
  });

  test('another shell is an error', () => {
    expect(() => completionScript('csh' as never)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SHELL' }),
    );
  });

  /** What bash offers for a line, with `proa __complete` answering as given and its arguments echoed to a file. */
  function bash(line: string, answer: string): { offered: string[]; asked: string[] } {
    const folder = mkdtempSync(join(tmpdir(), 'proa-completion-'));
    try {
      writeFileSync(join(folder, 'script'), completionScript('bash'));
      writeFileSync(join(folder, 'a file'), '');
      writeFileSync(join(folder, 'answer'), answer);
      const shell = spawnSync(
        'bash',
        [
          '-c',
          `proa() { printf '%s\\n' "$@" > asked; cat answer; }
           source ./script
           COMP_LINE=$1 COMP_POINT=\${#1}
           _proa
           (( \${#COMPREPLY[@]} )) && printf '%s\\n' "\${COMPREPLY[@]}"
           echo == ; cat asked`,
          'bash',
          line,
        ],
        { cwd: folder, encoding: 'utf8' },
      );
      expect(shell.stderr).toBe('');
      const [offered, asked] = shell.stdout.split('==\n');
      return { offered: offered!.split('\n').slice(0, -1), asked: asked!.split('\n').slice(0, -1) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('bash: words up to the cursor, descriptions left out', () => {
    expect(bash('proa container r', 'rm\tRemove\nrun\tRun\n')).toEqual({
      offered: ['rm', 'run'],
      asked: ['__complete', '--', 'container', 'r'],
    });
    expect(bash('proa rm ', 'web\n').asked).toEqual(['__complete', '--', 'rm', '']);
  });

  test('bash: what it cuts off at : and = is cut off the candidates', () => {
    expect(bash('proa run alpine:la', 'alpine:latest\n')).toEqual({
      offered: ['latest'],
      asked: ['__complete', '--', 'run', 'alpine:la'],
    });
    expect(bash('proa run --pull=m', '--pull=missing\n').offered).toEqual(['missing']);
  });

  test('bash: its own paths, also behind an equals sign and with spaces', () => {
    expect(bash('proa run --env-file a', ':file\n').offered.sort()).toEqual(['a file', 'answer', 'asked']);
    expect(bash('proa run --env-file=a', ':file\n').offered).toContain('a file');
    expect(bash('proa --root a', ':dir\n').offered).toEqual([]);
  });
});
