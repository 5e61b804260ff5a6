/** Instructions that change the image's configuration and no file; and how history spells them, as BuildKit does. */
import type { MaintainerInstruction } from '../../build/dockerfile/ast.ts';
import { exposedPorts } from '../../build/exposed-ports.ts';
import { changedDefaults, commandWords, type DefaultsInstruction } from '../../build/image-defaults.ts';
import type { StageState } from './stage-state.ts';

export type MetadataInstruction = DefaultsInstruction | MaintainerInstruction;

/**
 * Applies one whose variables are replaced.
 * @throws ProaError DOCKERFILE_SYNTAX for a port or path that is none, INVALID_SIGNAL
 */
export function applyMetadata(state: StageState, instruction: MetadataInstruction): void {
  if (instruction.kind === 'MAINTAINER') state.author = instruction.word;
  else {
    // Of CMD and ENTRYPOINT history has the words that they came to, with the shell of that place.
    Object.assign(state.config, changedDefaults(state.config, instruction, state.commandSet));
    if (instruction.kind === 'CMD') state.commandSet = true;
  }
  state.noteMetadata(historyText(state, instruction));
}

function historyText(state: StageState, instruction: MetadataInstruction): string {
  const { kind } = instruction;
  switch (kind) {
    case 'ENV':
    case 'LABEL':
      return `${kind} ${instruction.pairs.map(({ name, value }) => `${name}=${value}`).join(' ')}`;
    case 'EXPOSE':
      return `EXPOSE [${instruction.words.flatMap(exposedPorts).join(' ')}]`;
    case 'VOLUME':
    case 'SHELL':
      return `${kind} [${instruction.words.join(' ')}]`;
    case 'CMD':
    case 'ENTRYPOINT': {
      const words = commandWords(instruction.command, state.shell);
      return `${kind} [${words.map((word) => JSON.stringify(word)).join(' ')}]`;
    }
    case 'ONBUILD':
      return `ONBUILD ${instruction.trigger}`;
    case 'HEALTHCHECK':
      return instruction.text;
    default:
      return `${kind} ${instruction.word}`;
  }
}
