/** The help texts of programs made with Go's cobra and pflag, which Docker and Podman both are. */

export interface PeerHelp {
  summary: string;
  /** What follows the name in the usage line. */
  usage: string;
  /** Names of subcommands; empty for a command that does something itself. */
  subcommands: string[];
  /** Other names, as its help lists them: whole names (Docker 23 and later) or their last words. */
  aliases: string[];
  /** Options by long name: `-a list`, `string`, and '' for a flag. */
  options: Record<string, string>;
}

const HEADING = /^(?:([A-Z][\w ]*):|(Usage): +\S.*)$/;

/** Reads `PROGRAM NAME --help`. */
export function readHelp(text: string, program: string, name: string): PeerHelp {
  const help: PeerHelp = { summary: '', usage: '', subcommands: [], aliases: [], options: {} };
  const full = name === '' ? program : `${program} ${name}`;
  let section = '';
  for (const line of text.split('\n')) {
    const heading = HEADING.exec(line);
    if (heading !== null) section = heading[1] ?? heading[2]!;
    if (line.trim() === '') continue;
    if (heading === null && !line.startsWith(' ') && section !== 'Description') help.summary ||= line.trim();
    if (section === 'Usage') {
      const usage = /^(?:Usage: )? *(.*)$/.exec(line)![1]!;
      if (usage.startsWith(full)) help.usage ||= usage.slice(full.length).trim();
    } else if (heading !== null) continue;
    else if (section.endsWith('Commands')) {
      const subcommand = /^ {2}([a-z][\w-]*)\*? +\S/.exec(line)?.[1];
      if (subcommand !== undefined && subcommand !== 'help') help.subcommands.push(subcommand);
    } else if (section === 'Aliases')
      help.aliases.push(...line.split(',').map((alias) => alias.trim().replace(`${program} `, '')));
    else if (section.endsWith('Options')) readOption(line, help.options);
  }
  return help;
}

/** `  -a, --attach list   Attach to …`: what is folded onto further lines begins further right. */
function readOption(line: string, options: Record<string, string>): void {
  const match = /^ {2}(?:-(\w), | {4})--([\w-]+)(?: (\S+(?: \S+)*?))?(?: {2,}.*)?$/.exec(line);
  if (match === null || match[2] === 'help') return;
  const [, short, name, value = ''] = match;
  options[name!] = [short && `-${short}`, value.replace(/\[=.*\]$/, '[=]')].filter(Boolean).join(' ');
}
