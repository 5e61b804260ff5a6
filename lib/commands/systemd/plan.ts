/** What `systemd install` is to make of its arguments: Quadlet files, and services to start. */
import type { Invocation, OptionTable } from '../../cli/command.ts';
import { readInvocation, resolveCommand } from '../../cli/dispatch.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { readContainer, resolveContainer } from '../../storage/containers.ts';
import { readImage, readImageConfig } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import { quadletsOfCompose } from '../../systemd/install/compose/quadlets.ts';
import { FILE_NAMES, findComposeFile, readComposeFile } from '../../systemd/install/compose/read.ts';
import { type CreateCommand, quadletOfContainer } from '../../systemd/install/container.ts';
import type { RunOption } from '../../systemd/install/container-file.ts';
import { nameOfImage, quadletOfImage } from '../../systemd/install/image.ts';
import { isUnitPrefix } from '../../systemd/unit-file/unit-name.ts';
import { globalOptions, globalOptionsAfterVerb } from '../globals.ts';
import { commands } from '../index.ts';

export interface Plan {
  files: { name: string; text: string }[];
  services: string[];
  /** All files go together under this name. */
  application?: string;
  /** A container that the service takes the place of. */
  container?: ContainerConfig;
}

export interface PlanRequest {
  target: string;
  name?: string | undefined;
  /** For an image. */
  options: readonly RunOption[];
  wantedBy: string;
}

/**
 * A container of that name, a compose file or folder with one, else an image.
 * @throws ProaError INVALID_UNIT_NAME, BAD_COMPOSE_FILE, CANNOT_BE_SERVICE, CONFLICTING_OPTIONS
 */
export async function planInstall(store: Store, request: PlanRequest): Promise<Plan> {
  const { target, wantedBy, options } = request;
  const container = findContainer(store, target);
  const compose = container === undefined ? findComposeFile(target) : undefined;
  if (options.length > 0 && (container !== undefined || compose !== undefined)) {
    throw new ProaError('CONFLICTING_OPTIONS', `install ${target}: only an image takes options of run`, {
      hint: 'A container has its own; a compose file says them itself',
    });
  }
  if (container !== undefined) {
    const name = unitName(request.name ?? container.name, target);
    const command = await readCreateCommand(container);
    const text = quadletOfContainer(container, command, imageDefaults(store, container), wantedBy);
    return { files: [{ name: `${name}.container`, text }], services: [`${name}.service`], container };
  }
  if (compose !== undefined) {
    const project = await readComposeFile(compose, process.env);
    const name = unitName(request.name ?? project.name, target);
    return { ...quadletsOfCompose({ ...project, name }, wantedBy), application: name };
  }
  if (/^[./~]|\.ya?ml$/.test(target)) {
    throw new ProaError('NO_SUCH_FILE', `install ${target}: there is no compose file`, {
      hint: `A folder has it as ${FILE_NAMES.join(', ')}`,
    });
  }
  const name = unitName(request.name ?? nameOfImage(target), target);
  const text = quadletOfImage(target, { name, options, wantedBy });
  return { files: [{ name: `${name}.container`, text }], services: [`${name}.service`] };
}

function findContainer(store: Store, name: string): ContainerConfig | undefined {
  try {
    return readContainer(store, resolveContainer(store, name))?.config;
  } catch (error) {
    if (hasCode(error, 'CONTAINER_NOT_FOUND')) return undefined;
    throw error;
  }
}

function unitName(name: string, target: string): string {
  if (isUnitPrefix(name)) return name;
  throw new ProaError('INVALID_UNIT_NAME', `install ${target}: ${name}.service is no valid name of a unit`, {
    hint: 'Give it one of letters, digits, :, -, _ and . by --name',
  });
}

function imageDefaults(store: Store, { image }: ContainerConfig) {
  const record = image === undefined ? undefined : readImage(store, image.id);
  const config = record === undefined ? undefined : readImageConfig(store, record).config;
  return { env: config?.Env ?? [], labels: config?.Labels ?? {} };
}

/** The options of the command that made a container, as they were given. */
async function readCreateCommand({ name, createCommand }: ContainerConfig): Promise<CreateCommand> {
  const found = resolveCommand(createCommand.slice(1), commands, { options: globalOptions });
  if (found.kind !== 'command' || !/^(container )?(run|create)$/.test(found.name)) {
    throw new ProaError('CANNOT_BE_SERVICE', `install ${name}: it was not made by proa run or proa create`, {
      hint: 'Its settings are in its record alone; make it again by proa run, or write a .container file',
    });
  }
  const command = await found.entry.load();
  const call = readInvocation(command, found.name, found.argv, { globals: globalOptionsAfterVerb });
  return { options: givenOptions(call, command.options), args: call.args };
}

function givenOptions({ options, given }: Invocation, table: OptionTable): RunOption[] {
  return [...given].flatMap((name): RunOption[] => {
    const value = (options as Record<string, unknown>)[name];
    if (Array.isArray(value)) return value.map((each) => [name, String(each)] as const);
    if (typeof value === 'boolean') return [[name, value]];
    return value === undefined || table[name] === undefined ? [] : [[name, String(value)]];
  });
}

/** What a target's Quadlet file, or the application of several, may be called; the likeliest first. */
export async function installedNames(target: string, name: string | undefined): Promise<string[]> {
  if (name !== undefined) return [name, `${name}.container`];
  const compose = findComposeFile(target);
  if (compose !== undefined) return [(await readComposeFile(compose, process.env)).name];
  const names = [target, `${target}.container`];
  return isUnitPrefix(target) ? names : [`${nameOfImage(target)}.container`];
}
