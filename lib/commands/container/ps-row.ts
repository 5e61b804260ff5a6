/** One line of `ps`: the fields that templates may name (docker-ps(1) and podman-ps(1), "--format"). */
import { readlinkSync } from 'node:fs';
import { formatLocalTime } from '../../cli/local-time.ts';
import { textWidth } from '../../cli/table.ts';
import { quote } from '../../cli/template/literal.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import type { ImageLabels } from '../../engine/container/image-label.ts';
import { currentPorts } from '../../engine/container/ports.ts';
import type { ContainerSize } from '../../engine/container/size.ts';
import { networkNamesOf } from '../../engine/network/attachments.ts';
import type { Container } from '../../storage/containers.ts';
import { formatPorts } from './port-text.ts';
import { statusText } from './status-text.ts';

export interface RowContext {
  images: ImageLabels;
  /** Show ids, commands and mounts in full. */
  full: boolean;
  /** Left out when sizes were not asked for: measuring them walks folders. */
  sizeOf: ((container: Container) => ContainerSize) | undefined;
}

export const PS_HEADERS: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  LocalVolumes: 'LOCAL VOLUMES',
  ImageID: 'IMAGE ID',
  ExitCode: 'EXIT CODE',
  ExitedAt: 'EXITED AT',
  StartedAt: 'STARTED AT',
  Pid: 'PID',
  Restarts: 'RESTARTS',
  AutoRemove: 'AUTO REMOVE',
  IsInfra: 'IS INFRA',
  Created: 'CREATED',
  CreatedHuman: 'CREATED',
  Exited: 'EXITED',
  Pod: 'POD ID',
  PodName: 'PODNAME',
  CGROUPNS: 'CGROUPNS',
  IPC: 'IPC',
  MNT: 'MNT',
  NET: 'NET',
  PIDNS: 'PIDNS',
  USERNS: 'USERNS',
  UTS: 'UTS',
};

const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #container: Container;

  constructor(container: Container) {
    this.#container = container;
  }
  get ImageID(): string {
    return this.#container.config.image?.id.replace(/^sha256:/, '') ?? '';
  }
  get ExitCode(): number {
    return this.#container.state.exitCode ?? 0;
  }
  get ExitedAt(): string {
    return optionalTime(this.#container.state.finishedAt);
  }
  get StartedAt(): string {
    return optionalTime(this.#container.state.startedAt);
  }
  get Pid(): number {
    return this.#container.state.process?.pid ?? 0;
  }
  get Restarts(): number {
    return this.#container.state.restartCount;
  }
  get AutoRemove(): boolean {
    return this.#container.config.autoRemove;
  }
  get IsInfra(): boolean {
    return false;
  }
  get Created(): string {
    return formatLocalTime(this.#container.config.created);
  }
  get CreatedHuman(): string {
    return formatAge(this.#container.config.created);
  }
  get Exited(): boolean {
    return this.#container.state.status === 'exited';
  }
  get Pod(): string {
    return '';
  }
  get PodName(): string {
    return '';
  }
  get CGROUPNS(): string {
    return this.#namespace('cgroup');
  }
  get IPC(): string {
    return this.#namespace('ipc');
  }
  get MNT(): string {
    return this.#namespace('mnt');
  }
  get NET(): string {
    return this.#namespace('net');
  }
  get PIDNS(): string {
    return this.#namespace('pid');
  }
  get USERNS(): string {
    return this.#namespace('user');
  }
  get UTS(): string {
    return this.#namespace('uts');
  }

  /** The number of a namespace of its first process, '' without one. */
  #namespace(kind: string): string {
    const { Pid } = this;
    if (Pid === 0) return '';
    try {
      return /\d+/.exec(readlinkSync(`/proc/${Pid}/ns/${kind}`))?.[0] ?? '';
    } catch {
      return ''; // it ended meanwhile
    }
  }
}

/** Docker's fields, each worked out when it is asked for. */
const FIELDS: Readonly<Record<string, (container: Container, context: RowContext) => string>> = {
  Command: ({ config }, { full }) => quoted(shorten(commandLine(config), full ? undefined : COMMAND_WIDTH)),
  CreatedAt: ({ config }) => formatLocalTime(config.created),
  ID: ({ config }, { full }) => (full ? config.id : config.id.slice(0, 12)),
  Image: ({ config }, { images }) => images.of(config),
  Labels: ({ config }) =>
    Object.entries(config.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
  LocalVolumes: ({ config }) => String(config.mounts.filter(({ type }) => type === 'volume').length),
  Mounts: ({ config }, { full }) =>
    config.mounts
      .filter(({ type }) => type === 'bind' || type === 'volume' || type === 'image')
      .map((mount) => shorten(mount.volume ?? mount.source, full ? undefined : MOUNT_WIDTH))
      .join(','),
  Names: ({ config }) => config.name,
  // One of another container's is that one's.
  Networks: ({ config }) => networkNamesOf(config).join(','),
  Ports: (container) => formatPorts(currentPorts(container)),
  RunningFor: ({ config }) => formatAge(config.created),
  Size: (container, { sizeOf }) => sizeText(sizeOf?.(container)),
  State: ({ state }) => state.status,
  Status: ({ state }) => statusText(state),
};

/** The row that a template or JSON is made of; what a format does not name is not worked out. */
export function psRow(container: Container, context: RowContext): object {
  const row: Record<string, unknown> = { Label: (name: string) => container.config.labels[name] ?? '' };
  for (const name in FIELDS) row[name] = () => FIELDS[name]!(container, context);
  return Object.assign(new PodmanFields(container), row);
}

/** Only these fields, for tables of our own: a list of thousands has no time for rows of functions. */
export function psCells(container: Container, context: RowContext, names: readonly string[]): string[] {
  return names.map((name) => {
    const field = FIELDS[name];
    if (field !== undefined) return field(container, context);
    return String(new PodmanFields(container)[name as keyof PodmanFields]);
  });
}

/** The words in a row; as in Docker, those with spaces in quotes, which does not make it safe for a shell. */
export function commandLine({ entrypoint, command }: Container['config']): string {
  const [program = '', ...words] = [...entrypoint, ...command];
  return [program, ...words.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ');
}

/** In Go's quotes. Most commands have nothing to escape, and looking at each character of a long list takes its time. */
function quoted(text: string): string {
  return /^[ !#-[\]-~…]*$/.test(text) ? `"${text}"` : quote(text);
}

/** The text, or its beginning and an ellipsis in so many columns. */
function shorten(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  if (/^[ -~]*$/.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  if (textWidth(text) <= width) return text;
  let short = '';
  for (const character of text) {
    if (textWidth(short + character) > width - 1) break;
    short += character;
  }
  return `${short}…`;
}

function sizeText(size: ContainerSize | undefined): string {
  if (size === undefined) return '0B';
  return size.total > 0
    ? `${formatBytes(size.own)} (virtual ${formatBytes(size.total)})`
    : formatBytes(size.own);
}

function optionalTime(when: string | undefined): string {
  return when === undefined ? '' : formatLocalTime(when);
}
