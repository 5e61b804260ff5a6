/** RUN: what its process is given, what its result depends on, and how history spells it. */

import { PROXY_ARGS } from '../../build/dockerfile/args.ts';
import type { RunInstruction } from '../../build/dockerfile/ast.ts';
import { commandWords } from '../../build/image-defaults.ts';
import { formatPlatform } from '../../oci/model/platform.ts';
import type { StageState } from './stage-state.ts';

/** A script of the instruction's own that is executed as a file. */
export interface RunScript {
  readonly path: string;
  readonly content: string;
}

export interface RunCommand {
  readonly args: readonly string[];
  readonly script?: RunScript;
}

/** Where a heredoc with a `#!` line is shown to be executed. */
const SCRIPTS = '/dev/pipes';

/**
 * The words to execute. A heredoc that is the whole command is a script: for the shell, or with a `#!` line for whom that
 * names; behind a command it is that one's input, which is the shell's own matter.
 */
export function runCommand({ command, heredocs }: RunInstruction, shell: readonly string[]): RunCommand {
  if (command.form === 'exec' || heredocs.length === 0) return { args: commandWords(command, shell) };
  const [first] = heredocs;
  if (heredocs.length === 1 && /^<<-?\s*(["']?)[^\s"']+\1$/.test(command.line.trim())) {
    if (!first!.content.startsWith('#!')) return { args: [...shell, first!.content] };
    const path = `${SCRIPTS}/${first!.name}`;
    return { args: [path], script: { path, content: first!.content } };
  }
  const bodies = heredocs.map(({ name, content }) => `${content}${name}`);
  return { args: [...shell, [command.line, ...bodies].join('\n')] };
}

/** NAME=VALUE for the process: ENV wins over ARG. */
export function runEnv(state: StageState, proxies: ReadonlyMap<string, string>): string[] {
  const env = new Map([...proxies, ...state.variables]);
  return Array.from(env, ([name, value]) => `${name}=${value}`);
}

/** What a RUN's result depends on besides the layers below and what is mounted. */
export function runFacts(state: StageState, instruction: RunInstruction, command: RunCommand): unknown[] {
  return [
    'RUN',
    formatPlatform(state.base.platform),
    command.args,
    command.script ?? null,
    argsInUse(state),
    state.config.Env ?? [],
    state.workingDir,
    state.config.User ?? '',
    instruction.network ?? '',
    instruction.security ?? '',
    instruction.devices,
  ];
}

/** `RUN |1 name=value /bin/sh -c make`, as BuildKit's images have it. */
export function runText(state: StageState, { args, script }: RunCommand): string {
  const used = argsInUse(state).map(([name, value]) => (value === null ? name : `${name}=${value}`));
  const words = script === undefined ? args : [script.content.trimEnd()];
  return ['RUN', ...(used.length > 0 ? [`|${used.length}`, ...used] : []), ...words].join(' ');
}

/** ARG of the stage that make a difference: proxies are the machine's matter. */
function argsInUse(state: StageState): [name: string, value: string | null][] {
  return [...state.args]
    .filter(([name]) => !PROXY_ARGS.has(name))
    .map(([name, value]) => [name, value ?? null]);
}
