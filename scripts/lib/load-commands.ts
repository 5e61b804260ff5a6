import type { Command } from '../../lib/cli/command.ts';
import { commands } from '../../lib/commands/index.ts';

/** Every visible command by its full name, loaded. */
export async function loadCommands(): Promise<Map<string, Command>> {
  const visible = Object.entries(commands).filter(([, { hidden }]) => !hidden);
  return new Map(await Promise.all(visible.map(async ([name, row]) => [name, await row.load()] as const)));
}
