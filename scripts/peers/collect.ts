/**
 * Writes docker.json and podman.json beside this file: the commands and options of the real programs, from their own
 * `--help`, for scripts/compatibility.ts. To be run again when the peers on the machine are newer ones:
 *
 *   node scripts/bun.mjs scripts/peers/collect.ts docker=/usr/bin/docker,/opt/docker podman=/usr/bin/podman
 *
 * Of several versions of one program everything is taken that any of them has.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, PeerCommand } from './peer.ts';
import { type PeerHelp, readHelp } from './read-help.ts';

/** Asked with a server that is not there, Docker's client shows what it has for any. */
const ENVIRONMENT = { ...process.env, DOCKER_HOST: 'unix:///nonexistent', COLUMNS: '200' };

for (const argument of process.argv.slice(2)) {
  const [program = '', paths = ''] = argument.split('=');
  const peer: Peer = { program, versions: [], globals: {}, commands: {} };
  for (const path of paths.split(',')) {
    peer.versions.push(/\d[\w.+~-]*/.exec(await output(path, '--version'))?.[0]?.replace(/,$/, '') ?? '?');
    const top = await helpOf(path, program, '');
    Object.assign(peer.globals, top.options);
    await walk(path, program, '', top.subcommands, peer.commands);
  }
  peer.commands = Object.fromEntries(Object.entries(peer.commands).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(import.meta.dir, `${program}.json`), `${JSON.stringify(peer, null, 1)}\n`);
  process.stdout.write(`${program}.json: ${Object.keys(peer.commands).length} commands\n`);
}

async function walk(
  path: string,
  program: string,
  group: string,
  names: readonly string[],
  commands: Record<string, PeerCommand>,
): Promise<void> {
  for (const word of names) {
    const name = [group, word].filter(Boolean).join(' ');
    const help = await helpOf(path, program, name);
    if (help.subcommands.length > 0) {
      await walk(path, program, name, help.subcommands, commands);
      continue;
    }
    const known = commands[name];
    commands[name] = {
      summary: help.summary,
      usage: help.usage,
      aliases: [...new Set([...(known?.aliases ?? []), ...fullAliases(help.aliases, group, name)])].sort(),
      options: sorted({ ...known?.options, ...help.options }),
    };
  }
}

/** Whole names: an alias of one word stands for another last word of the same group. */
function fullAliases(aliases: readonly string[], group: string, name: string): string[] {
  const whole = aliases.some((alias) => alias.includes(' '));
  const full = aliases.map((alias) => (whole || group === '' ? alias : `${group} ${alias}`));
  return full.filter((alias) => alias !== name);
}

function sorted(options: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function helpOf(path: string, program: string, name: string): Promise<PeerHelp> {
  return readHelp(await output(path, ...name.split(' ').filter(Boolean), '--help'), program, name);
}

async function output(...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'ignore'] });
  return new Response(child.stdout).text();
}
