/** What the instructions without files of their own make of an image's defaults, in a build and in `commit --change`. */
import { normalize } from 'node:path/posix';
import { ProaError } from '../core/error.ts';
import { parseSignal } from '../core/signals.ts';
import type { ContainerDefaults, Healthcheck } from '../oci/model/image-config.ts';
import type { CommandLine, HealthcheckInstruction, Instruction } from './dockerfile/ast.ts';
import { exposedPorts } from './exposed-ports.ts';

type DefaultsKind =
  | 'CMD'
  | 'ENTRYPOINT'
  | 'ENV'
  | 'EXPOSE'
  | 'HEALTHCHECK'
  | 'LABEL'
  | 'ONBUILD'
  | 'SHELL'
  | 'STOPSIGNAL'
  | 'USER'
  | 'VOLUME'
  | 'WORKDIR';
export type DefaultsInstruction = Extract<Instruction, { kind: DefaultsKind }>;

export const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];

/**
 * The members that an instruction, its variables replaced, gives new values. `undefined`: the member goes.
 * @param commandSet CMD was said before, so that ENTRYPOINT does not take it away: the base's was meant for another program
 * @throws ProaError DOCKERFILE_SYNTAX for what is no port or an empty path, INVALID_SIGNAL
 */
export function changedDefaults(
  now: ContainerDefaults,
  instruction: DefaultsInstruction,
  commandSet: boolean,
): Partial<ContainerDefaults> {
  switch (instruction.kind) {
    case 'CMD':
      return { Cmd: commandWords(instruction.command, now.Shell) };
    case 'ENTRYPOINT': {
      const Entrypoint = commandWords(instruction.command, now.Shell);
      return commandSet ? { Entrypoint } : { Entrypoint, Cmd: undefined };
    }
    case 'ENV':
      return { Env: withVariables(now.Env ?? [], instruction.pairs) };
    case 'LABEL': {
      const labels = instruction.pairs.map(({ name, value }) => [name, value]);
      return { Labels: { ...now.Labels, ...Object.fromEntries(labels) } };
    }
    case 'EXPOSE':
      return { ExposedPorts: { ...now.ExposedPorts, ...keys(instruction.words.flatMap(exposedPorts)) } };
    case 'VOLUME':
      if (instruction.words.includes(''))
        throw new ProaError('DOCKERFILE_SYNTAX', 'a volume is an empty string');
      return { Volumes: { ...now.Volumes, ...keys(instruction.words) } };
    case 'USER':
      return { User: instruction.word };
    case 'WORKDIR':
      return { WorkingDir: newWorkingDir(now, instruction.word) };
    case 'STOPSIGNAL':
      parseSignal(instruction.word);
      return { StopSignal: instruction.word };
    case 'SHELL':
      return { Shell: instruction.words };
    case 'ONBUILD':
      return { OnBuild: [...(now.OnBuild ?? []), instruction.trigger] };
    case 'HEALTHCHECK':
      return { Healthcheck: healthcheck(instruction) };
  }
}

/** A line is the shell's to read. */
export function commandWords(command: CommandLine, shell: readonly string[] = DEFAULT_SHELL): string[] {
  return command.form === 'exec' ? [...command.words] : [...shell, command.line];
}

/** Absolute, below the folder from before where it is not. */
export function newWorkingDir({ WorkingDir }: ContainerDefaults, word: string): string {
  const path = normalize(word.startsWith('/') ? word : `/${WorkingDir ?? ''}/${word}`);
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function withVariables(
  env: readonly string[],
  pairs: readonly { readonly name: string; readonly value: string }[],
): string[] {
  const variables = new Map(env.map((entry) => [entry.split('=', 1)[0]!, entry]));
  for (const { name, value } of pairs) variables.set(name, `${name}=${value}`);
  return [...variables.values()];
}

function healthcheck(instruction: HealthcheckInstruction): Healthcheck {
  const { test, interval, timeout, startPeriod, startInterval, retries } = instruction;
  return {
    Test: test,
    ...(interval && { Interval: interval }),
    ...(timeout && { Timeout: timeout }),
    ...(startPeriod && { StartPeriod: startPeriod }),
    ...(startInterval && { StartInterval: startInterval }),
    ...(retries && { Retries: retries }),
  };
}

/** Go's `map[string]struct{}`. */
function keys(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
