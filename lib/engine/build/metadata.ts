/** Instructions that change the image's configuration and no file; and how history spells them, as BuildKit does. */
import { normalize } from 'node:path/posix';
import type {
  CommandInstruction,
  CommandLine,
  HealthcheckInstruction,
  Instruction,
} from '../../build/dockerfile/ast.ts';
import { ProaError } from '../../core/error.ts';
import { parseSignal } from '../../core/signals.ts';
import type { Healthcheck } from '../../oci/model/image-config.ts';
import type { StageState } from './stage-state.ts';

export type MetadataInstruction = Exclude<
  Instruction,
  { kind: 'RUN' } | { kind: 'COPY' | 'ADD' } | { kind: 'ARG' }
>;

/**
 * Applies one whose variables are replaced.
 * @throws ProaError DOCKERFILE_SYNTAX for a port or signal that is none
 */
export function applyMetadata(state: StageState, instruction: MetadataInstruction): void {
  const { config } = state;
  switch (instruction.kind) {
    case 'ENV':
      for (const { name, value } of instruction.pairs) state.setEnv(name, value);
      state.noteMetadata(`ENV ${pairsText(instruction.pairs)}`);
      return;
    case 'LABEL':
      config.Labels = {
        ...config.Labels,
        ...Object.fromEntries(instruction.pairs.map(({ name, value }) => [name, value])),
      };
      state.noteMetadata(`LABEL ${pairsText(instruction.pairs)}`);
      return;
    case 'MAINTAINER':
      state.author = instruction.word;
      state.noteMetadata(`MAINTAINER ${instruction.word}`);
      return;
    case 'EXPOSE': {
      const ports = instruction.words.flatMap(exposedPorts);
      config.ExposedPorts = { ...config.ExposedPorts, ...keys(ports) };
      state.noteMetadata(`EXPOSE [${ports.join(' ')}]`);
      return;
    }
    case 'VOLUME':
      config.Volumes = { ...config.Volumes, ...keys(instruction.words) };
      state.noteMetadata(`VOLUME [${instruction.words.join(' ')}]`);
      return;
    case 'USER':
      config.User = instruction.word;
      state.noteMetadata(`USER ${instruction.word}`);
      return;
    case 'STOPSIGNAL':
      parseSignal(instruction.word);
      config.StopSignal = instruction.word;
      state.noteMetadata(`STOPSIGNAL ${instruction.word}`);
      return;
    case 'SHELL':
      config.Shell = instruction.words;
      state.noteMetadata(`SHELL [${instruction.words.join(' ')}]`);
      return;
    case 'ONBUILD':
      config.OnBuild = [...(config.OnBuild ?? []), instruction.trigger];
      state.noteMetadata(`ONBUILD ${instruction.trigger}`);
      return;
    case 'HEALTHCHECK':
      config.Healthcheck = healthcheck(instruction);
      state.noteMetadata(instruction.text);
      return;
    case 'CMD':
    case 'ENTRYPOINT':
      applyCommand(state, instruction);
  }
}

/** ENTRYPOINT takes the base's CMD away, as that was meant for another program. */
function applyCommand(state: StageState, { kind, command }: CommandInstruction): void {
  const { config } = state;
  const words = commandWords(command, state.shell);
  if (kind === 'CMD') {
    config.Cmd = words;
    state.commandSet = true;
  } else {
    config.Entrypoint = words;
    if (!state.commandSet) delete config.Cmd;
  }
  state.noteMetadata(`${kind} [${words.map((word) => JSON.stringify(word)).join(' ')}]`);
}

/** A line is the shell's to read. */
export function commandWords(command: CommandLine, shell: readonly string[]): string[] {
  return command.form === 'exec' ? [...command.words] : [...shell, command.line];
}

/** Absolute, below the folder from before where it is not. */
export function newWorkingDir(state: StageState, word: string): string {
  const path = normalize(word.startsWith('/') ? word : `${state.workingDir}/${word}`);
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function healthcheck({
  test,
  interval,
  timeout,
  startPeriod,
  startInterval,
  retries,
}: HealthcheckInstruction): Healthcheck {
  return {
    Test: test,
    ...(interval && { Interval: interval }),
    ...(timeout && { Timeout: timeout }),
    ...(startPeriod && { StartPeriod: startPeriod }),
    ...(startInterval && { StartInterval: startInterval }),
    ...(retries && { Retries: retries }),
  };
}

function pairsText(pairs: readonly { name: string; value: string }[]): string {
  return pairs.map(({ name, value }) => `${name}=${value}`).join(' ');
}

/** `80`, `53/udp`, `8000-8002` → Docker's keys, one a port. */
function exposedPorts(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-z]+))?$/i.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  const protocol = (match?.[3] ?? 'tcp').toLowerCase();
  if (match === null || last > 65535 || last < first || !['tcp', 'udp', 'sctp'].includes(protocol)) {
    throw new ProaError('DOCKERFILE_SYNTAX', `EXPOSE ${text}: it is no port`, {
      hint: 'EXPOSE 80, EXPOSE 53/udp, EXPOSE 8000-8010',
    });
  }
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol}`);
}

/** Go's `map[string]struct{}`. */
function keys(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
