/** A container that is there as a `.container` file: of what it was made with, and of its record where that says more. */
import { ProaError } from '../../core/error.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { type ContainerRequest, containerFile, type RunOption } from './container-file.ts';

/** The command that made it, read by the options of `run`. */
export interface CreateCommand {
  /** Of options that were given; of lists each of them. */
  options: readonly RunOption[];
  /** Image (or folder) and command. */
  args: readonly string[];
}

/** What is the service's own, or has nothing to do where nobody looks on. */
const OWN = new Set([
  ...['attach', 'cgroups', 'cidfile', 'conmon-pidfile', 'detach', 'detach-keys', 'name', 'pidfile', 'quiet'],
  ...['replace', 'restart', 'rm', 'rmi', 'rootfs', 'sdnotify', 'sig-proxy', 'interactive', 'tty'],
]);

/** Known by what the record has: it was said in words that count from a folder or shell of then. */
const BY_RECORD = new Set(['env', 'env-file', 'env-host', 'label', 'label-file', 'user', 'volume', 'mount']);

/** By which a container says what service it is of: the new one is another. */
const UNIT_LABEL = 'PODMAN_SYSTEMD_UNIT';

/** An anonymous volume's name. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/**
 * @param image what the image itself brings, undefined when it is gone
 * @throws ProaError CANNOT_BE_SERVICE for one that no command made
 */
export function quadletOfContainer(
  config: ContainerConfig,
  { options, args }: CreateCommand,
  image: { env: readonly string[]; labels: Readonly<Record<string, string>> },
  wantedBy: string,
): string {
  if (config.image === undefined && config.rootfs === undefined)
    throw new ProaError(
      'CANNOT_BE_SERVICE',
      `make a service of ${config.name}: it has neither image nor folder`,
    );
  const notify = options.find(([name]) => name === 'sdnotify')?.[1];
  const request: ContainerRequest = {
    description: `Container ${config.name}`,
    name: config.name,
    ...(config.image === undefined ? { rootfs: config.rootfs! } : { image: config.image.name }),
    command: args.slice(1),
    options: [
      ...options.filter(([name]) => !OWN.has(name) && !BY_RECORD.has(name)),
      // A stream that somebody may attach to.
      ...(config.openStdin ? ([['interactive', true]] as const) : []),
      ...(config.tty ? ([['tty', true]] as const) : []),
      ...(options.some(([name]) => name === 'user') ? ([['user', config.user]] as const) : []),
      ...config.env
        .filter((entry) => !image.env.includes(entry) && !/^container(_uuid)?=/.test(entry))
        .map((entry) => ['env', entry] as const),
      ...ownLabels(config, image.labels),
      ...mounts(config, options),
    ],
    ...(notify === 'container' ? { notify: 'yes' } : notify === 'healthy' ? { notify } : {}),
    ...restartOf(config),
    wantedBy,
  };
  return containerFile(request);
}

function restartOf({ restart }: ContainerConfig): Pick<ContainerRequest, 'restart' | 'restartLimit'> {
  if (restart.name === 'always' || restart.name === 'unless-stopped') return { restart: 'always' };
  const limit = restart.maximumRetryCount;
  return { restart: 'on-failure', ...(limit > 0 ? { restartLimit: limit } : {}) };
}

function ownLabels({ labels }: ContainerConfig, ofImage: Readonly<Record<string, string>>): RunOption[] {
  return Object.entries(labels)
    .filter(([key, value]) => ofImage[key] !== value && key !== UNIT_LABEL)
    .map(([key, value]) => ['label', `${key}=${value}`] as const);
}

/** As they were given, with paths that count from everywhere; anonymous volumes by their names, so that the data stays. */
function mounts({ mounts: resolved }: ContainerConfig, options: readonly RunOption[]): RunOption[] {
  const asGiven = options.filter(([name]) => name === 'mount') as (readonly ['mount', string])[];
  return [
    ...resolved.flatMap(({ type, origin, source, volume, destination, options: words }): RunOption[] => {
      if (origin === 'mount' || origin === 'tmpfs' || origin === 'from') return [];
      if (type !== 'bind' && type !== 'volume') return [];
      const from = type === 'volume' ? volume! : source;
      const kept = words.filter((word) => !/^r?(bind|private)$/.test(word));
      return [['volume', [from, destination, ...(kept.length === 0 ? [] : [kept.join(',')])].join(':')]];
    }),
    ...asGiven.map(([, text]): RunOption => ['mount', withPath(text, resolved)]),
  ];
}

/** A source that was relative, as it was found then. */
function withPath(text: string, resolved: ContainerConfig['mounts']): string {
  const [, target] = /(?:^|,)(?:target|dst|destination)=([^,]*)/.exec(text) ?? [];
  const found = resolved.find(({ type, destination }) => type === 'bind' && destination === target);
  return found === undefined ? text : text.replace(/((?:^|,)(?:source|src)=)[^/,][^,]*/, `$1${found.source}`);
}

/** Volumes that had no name of their own, and get one by standing in a file. */
export function anonymousVolumes({ mounts: resolved }: ContainerConfig): string[] {
  return resolved.flatMap(({ volume }) => (volume !== undefined && ANONYMOUS.test(volume) ? [volume] : []));
}
