/**
 * `--change` of import and commit: single Dockerfile instructions that set an image's defaults
 * (https://docs.docker.com/reference/dockerfile/). Podman's spelling `CMD=…` is taken too.
 */
import { expandInstruction } from '../../build/dockerfile/expand.ts';
import { parseInstruction } from '../../build/dockerfile/parse.ts';
import { changedDefaults, type DefaultsInstruction } from '../../build/image-defaults.ts';
import { messageOf, ProaError } from '../../core/error.ts';
import type { ContainerDefaults } from '../../oci/model/image-config.ts';

const KINDS: Readonly<Record<DefaultsInstruction['kind'], true>> = {
  CMD: true,
  ENTRYPOINT: true,
  ENV: true,
  EXPOSE: true,
  HEALTHCHECK: true,
  LABEL: true,
  ONBUILD: true,
  SHELL: true,
  STOPSIGNAL: true,
  USER: true,
  VOLUME: true,
  WORKDIR: true,
};

/**
 * The defaults after all changes, which apply in their order; `$NAME` in them is a variable of the image, as with Docker.
 * @throws ProaError INVALID_CHANGE with the instruction
 */
export function applyChanges(defaults: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  const now = { ...defaults };
  let commandSet = false;
  for (const change of changes) {
    try {
      const instruction = expandInstruction(parseChange(change), variables(now));
      Object.assign(now, changedDefaults(now, instruction, commandSet));
      commandSet ||= instruction.kind === 'CMD';
    } catch (cause) {
      const message = `invalid change ${JSON.stringify(change)}: ${messageOf(cause)}`;
      throw new ProaError('INVALID_CHANGE', message, { cause });
    }
  }
  return now;
}

function parseChange(change: string): DefaultsInstruction {
  const match = /^\s*([A-Za-z]+)[\s=]\s*\S/.exec(change);
  if (match === null) throw refusal('it must be an instruction and its value, as in CMD ["sh"]');
  const kinds = Object.keys(KINDS);
  if (!kinds.includes(match[1]!.toUpperCase())) throw refusal(`only ${kinds.join(', ')} can be changed`);
  return parseInstruction(change.replace(/^(\s*[A-Za-z]+)=/, '$1 ')) as DefaultsInstruction;
}

function variables({ Env = [] }: ContainerDefaults): Map<string, string> {
  return new Map(
    Env.map((entry) => {
      const [name = ''] = entry.split('=', 1);
      return [name, entry.slice(name.length + 1)];
    }),
  );
}

function refusal(why: string): ProaError {
  return new ProaError('INVALID_CHANGE', why);
}
