/** Help texts, on stdout. */
import type { Command, OptionTable } from '../cli/command.ts';
import type { Resolution } from '../cli/dispatch.ts';
import { overviewGroups, renderGroup, renderHelp, renderOverview } from '../cli/help.ts';
import { terminalWidth } from '../cli/terminal.ts';
import { print } from './context.ts';
import { globalOptions } from './globals.ts';
import { commands } from './index.ts';

/** Of those for which "Manage …s" would not do. */
export const GROUPS: Readonly<Record<string, string>> = {
  buildx: "Work on images as Docker's builder does",
  'buildx imagetools': 'Work on images in registries',
  healthcheck: 'Check the health of containers',
  manifest: 'Manage manifest lists: one name for images of several platforms',
  system: 'Manage Proa',
  systemd: 'Run containers as services of systemd',
};

/** What the commands of a group (`container`) are for. */
export function groupSummary(group: string): string {
  return GROUPS[group] ?? `Manage ${group}s`;
}

/** What the program itself takes before a command: bin reads `--version`, and every command `--help`. */
export const programOptions = {
  ...globalOptions,
  help: { short: 'h', type: 'bool', summary: 'Print usage' },
  version: { short: 'v', type: 'bool', summary: 'Print the version' },
} as const satisfies OptionTable;

/** The program's own help, or a group's. */
export async function showHelp(found: Extract<Resolution, { kind: 'group' | 'overview' }>): Promise<number> {
  const width = terminalWidth();
  if (found.kind === 'group') {
    await print(renderGroup(found.name, GROUPS, commands, { width }));
    return 0;
  }
  const groups = overviewGroups(commands, GROUPS);
  await print(
    renderOverview(groups, {
      width,
      summary: 'A container engine without a daemon',
      options: programOptions,
    }),
  );
  return 0;
}

export async function showCommandHelp(command: Command, name: string): Promise<number> {
  await print(renderHelp(command, { name, width: terminalWidth() }));
  return 0;
}
