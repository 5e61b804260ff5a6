import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { commands } from '../../lib/commands/index.ts';
import { loadCommands } from '../../scripts/lib/load-commands.ts';
import { manualPages } from '../../scripts/manual.ts';

let pages: Map<string, string>;
beforeAll(async () => {
  pages = await manualPages(join(__dirname, '../..'), { version: '1.2.3', date: '2024-05-06' });
});

/** A page as it is read, without backspaces and folding. */
function rendered(name: string): string {
  const source = pages.get(name)!;
  const { stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', '-rLL=1000n'], { input: source });
  return stdout.toString();
}

const withGroff = spawnSync('groff', ['--version']).status === 0 ? test : test.skip;
const withMandoc = spawnSync('mandoc', ['-T', 'lint'], { input: '' }).error === undefined ? test : test.skip;

test('there is a page for every name, each of one kind', () => {
  const file = (name: string) => `proa-${name.replaceAll(' ', '-')}.1`;
  const names = Object.keys(commands).filter((name) => !commands[name]!.hidden);
  const groups = names.flatMap((name) => {
    const words = name.split(' ');
    return words.slice(1).map((_, i) => words.slice(0, i + 1).join(' '));
  });
  const expected = ['proa.1', ...[...new Set([...names, ...groups])].map(file)];
  expect([...pages.keys()].sort()).toEqual(expected.sort());
  for (const page of pages.values()) {
    const target = /^\.so man1\/(.*)\n$/.exec(page)?.[1];
    if (target === undefined)
      expect(page).toMatch(/^\.TH PROA.* 1 2024-05-06 "Proa 1\.2\.3" "Proa Manual"$/m);
    else expect(pages.get(target)).toMatch(/^\.TH /);
  }
});

test('proa(1) has every command and group', () => {
  const page = pages.get('proa.1')!;
  for (const name of Object.keys(commands)) {
    if (!commands[name]!.hidden && !name.includes(' '))
      expect(page).toContain(`\\fBproa\\-${name.replaceAll('-', '\\-')}\\fP(1)`);
  }
  for (const group of ['container', 'image', 'system']) expect(page).toContain(`\\fBproa\\-${group}\\fP(1)`);
  expect(page).not.toMatch(/^\.\\"/m);
});

withGroff(
  'a page shows synopsis, other names, options with values and defaults, examples (needs groff)',
  () => {
    const page = rendered('proa-ps.1');
    expect(page).toMatch(/^NAME\n +proa-ps - list containers\n\nSYNOPSIS\n +proa ps \[OPTIONS\]$/m);
    expect(page).toMatch(/The same as proa container list, proa container ls/);
    expect(page).toMatch(/^ +-n, --last=INT\n +.*The default is -1\.$/m);
    expect(page).toMatch(
      /^EXAMPLES\n +proa ps -a\n +proa ps --filter status=exited --format '\{\{.Names\}\}/m,
    );
    expect(rendered('proa-container.1')).toMatch(/^ +proa-container-ls\(1\)\n +List containers\.$/m);
  },
);

withGroff('every page has all of its options (needs groff)', async () => {
  for (const [name, command] of await loadCommands()) {
    if (name !== command.names[0]) continue;
    const page = pages.get(`proa-${name.replaceAll(' ', '-')}.1`)!.replaceAll('\\-', '-');
    for (const [option, { hidden }] of Object.entries(command.options))
      expect([name, option, page.includes(`\\fB--${option}\\fP`)]).toEqual([name, option, !hidden]);
  }
});

withGroff('groff warns of nothing (needs groff)', () => {
  // All at once, as ninety starts of groff take ten seconds.
  const input = [...pages.values()].filter((page) => !page.startsWith('.so ')).join('');
  const { stderr } = spawnSync('groff', ['-man', '-ww', '-z', '-Tutf8'], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
});

withMandoc('mandoc warns of nothing (needs mandoc)', () => {
  for (const [name, page] of pages) {
    // It thinks that .so is fragile.
    if (page.startsWith('.so ')) continue;
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], {
      input: page,
      encoding: 'utf8',
    });
    expect([name, stdout]).toEqual([name, '']);
  }
});
