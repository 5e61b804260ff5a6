/**
 * The part of `npm run docs` that compares Proa with Docker and Podman: docs/compatibility.md from the command tables,
 * the sources of the end-to-end tests, the peers' options (scripts/peers/) and the reasons in compatibility/notes.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, OptionTable } from '../lib/cli/command.ts';
import { SHELLS } from '../lib/cli/completion-scripts.ts';
import { NOTES, type Note } from './compatibility/notes.ts';
import { compatibilityPage } from './compatibility/page.ts';
import { readLine, testLines } from './compatibility/tested.ts';
import docker from './peers/docker.json' with { type: 'json' };
import type { Peer } from './peers/peer.ts';
import podman from './peers/podman.json' with { type: 'json' };

/** Files whose command lines are to fail: using an option there does not show that it works. */
const FAILING = new Set(['bad-input.test.ts', 'missing-programs.test.ts', 'registry-errors.test.ts']);

/**
 * The page, and the notes that nothing needs any more.
 * @param root the repository
 * @param commands every visible command by its full name
 */
export function compatibility(
  root: string,
  commands: ReadonlyMap<string, Command>,
  globals: OptionTable,
): { page: string; unused: Note[] } {
  const coverage = new Map<string, { file: string; test: string }[]>();
  const cover = (key: string, use: { file: string; test: string }) => {
    const uses = coverage.get(key) ?? [];
    coverage.set(key, uses);
    if (!uses.some(({ file, test }) => file === use.file && test === use.test)) uses.push(use);
  };
  const folder = join(root, '__tests__/e2e');
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.test.ts') || FAILING.has(file)) continue;
    for (const { test, words } of testLines(readFileSync(join(folder, file), 'utf8'))) {
      const read = readLine(words, commands, globals);
      if (read === undefined) continue;
      const [name] = commands.get(read.name)!.names;
      cover(name!, { file, test });
      for (const option of read.options) cover(`${name} --${option}`, { file, test });
      for (const option of read.globals) cover(` --${option}`, { file, test });
    }
  }
  const used = new Set<Note>();
  const peers: Peer[] = [docker, podman];
  const subject = { commands: withShells(commands), coverage, notes: NOTES, used };
  const page = compatibilityPage(peers, subject, globals);
  return { page, unused: NOTES.filter((note) => !used.has(note)) };
}

/** What is a command for each shell with Docker is one with the shell as its argument here, and typed alike. */
function withShells(commands: ReadonlyMap<string, Command>): Map<string, Command> {
  const completion = commands.get('completion')!;
  return new Map([...commands, ...SHELLS.map((shell) => [`completion ${shell}`, completion] as const)]);
}
