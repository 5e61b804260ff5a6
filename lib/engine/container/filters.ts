/** `--filter KEY=VALUE` of container listings: docker-ps(1), podman-ps(1). */
import { ProaError } from '../../core/error.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import { type Container, readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { networkNamesOf } from '../network/attachments.ts';
import { healthStatus } from './health-status.ts';
import { startsOnBoot } from './restart-policy.ts';

type Test = (container: Container) => boolean;

export interface ContainerFilter {
  /** True for a container (with its observed state) that passes all filters. */
  matches: Test;
  /** A filter asks for containers that do not run, so those are listed even without --all. */
  wantsStopped: boolean;
}

/** Docker's and Podman's words for a state, and ours for the same. */
const STATES: Readonly<Record<string, string>> = {
  created: 'created',
  configured: 'created',
  running: 'running',
  paused: 'paused',
  exited: 'exited',
  stopped: 'exited',
  initialized: 'initialized',
  // No container of Proa's is ever seen in one of these.
  restarting: '',
  removing: '',
  dead: '',
  unknown: '',
};

/** Makes a test of one filter value. */
type Maker = (value: string, store: Store) => Test | Promise<Test>;

const MAKERS: Readonly<Record<string, Maker>> = {
  ancestor: (value, store) => byAncestor(value, store),
  before: (value, store) => byAge(value, store, (created, other) => created < other),
  command: (value) =>
    byPattern('command', value, ({ config }) => [[...config.entrypoint, ...config.command][0] ?? '']),
  exited: (value) => byExitCode(value),
  expose: (value) => byPort('expose', value),
  health: (value) => byHealth(value),
  id: (value) => byPattern('id', value, ({ config }) => [config.id]),
  'is-task': (value) => byTask(value),
  label: (value) => byLabel(value),
  'label!': (value) => not(byLabel(value)),
  name: (value) => byPattern('name', value, ({ config }) => [config.name, `/${config.name}`]),
  network: (value) => byNetwork(value),
  pod: (value) => byPod(value),
  publish: (value) => byPort('publish', value),
  'restart-policy': (value) => byRestartPolicy(value),
  'should-start-on-boot': (value) => byStartOnBoot(value),
  since: (value, store) => byAge(value, store, (created, other) => created > other),
  status: (value) => byStatus(value),
  until: (value) => byCreation(value),
  volume: (value) => byVolume(value),
};

const ALL_MUST_FIT = new Set(['label', 'label!', 'until']);

/**
 * Compiles filters. Values of one key are alternatives, but for labels, which must all be there (docker-ps(1)).
 * @throws ProaError INVALID_FILTER; CONTAINER_NOT_FOUND for `before` and `since`
 */
export async function compileFilters(store: Store, filters: readonly string[]): Promise<ContainerFilter> {
  const groups = new Map<string, Test[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 0) throw invalid(filter, 'it is not KEY=VALUE');
    const key = filter.slice(0, equals).trim().toLowerCase();
    const value = filter.slice(equals + 1).trim();
    if (!Object.hasOwn(MAKERS, key)) throw invalid(filter, `there is no filter ${JSON.stringify(key)}`);
    const test = await MAKERS[key]!(value, store);
    const group = ALL_MUST_FIT.has(key) ? filter : key;
    groups.set(group, [...(groups.get(group) ?? []), test]);
  }
  const tests = [...groups.values()];
  return {
    matches: (container) => tests.every((any) => any.some((test) => test(container))),
    wantsStopped: groups.has('status') || groups.has('exited'),
  };
}

function invalid(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`, {
    hint: `Filters: ${Object.keys(MAKERS).join(', ')}; for example --filter status=exited`,
  });
}

/** Id and name are regular expressions that may match anywhere, so a part of the text serves as well. */
function byPattern(key: string, value: string, texts: (container: Container) => string[]): Test {
  let pattern: RegExp;
  try {
    pattern = new RegExp(value);
  } catch {
    throw invalid(`${key}=${value}`, 'it is not a regular expression');
  }
  return (container) => texts(container).some((text) => pattern.test(text));
}

function byLabel(value: string): Test {
  const equals = value.indexOf('=');
  if (equals < 0) return ({ config }) => Object.hasOwn(config.labels, value);
  const key = value.slice(0, equals);
  const wanted = value.slice(equals + 1);
  return ({ config }) => Object.hasOwn(config.labels, key) && config.labels[key] === wanted;
}

function not(test: Test): Test {
  return (container) => !test(container);
}

function byHealth(value: string): Test {
  const known: readonly string[] = ['none', 'starting', 'healthy', 'unhealthy'];
  if (!known.includes(value)) throw invalid(`health=${value}`, `a health is one of ${known.join(', ')}`);
  return (container) => healthStatus(container) === value;
}

/** Docker's swarm has tasks; no container here is one. */
function byTask(value: string): Test {
  if (/^(true|1|t)$/i.test(value)) return () => false;
  if (/^(false|0|f)$/i.test(value)) return () => true;
  throw invalid(`is-task=${value}`, 'it is neither true nor false');
}

/** No container here is in a pod: only the empty name matches. */
function byPod(value: string): Test {
  return () => value === '';
}

function byRestartPolicy(value: string): Test {
  const [name, count] = value.split(':');
  const known: readonly string[] = ['no', 'on-failure', 'always', 'unless-stopped'];
  if (!known.includes(name!))
    throw invalid(`restart-policy=${value}`, `a policy is one of ${known.join(', ')}`);
  return ({ config: { restart } }) =>
    restart.name === name && (count === undefined || restart.maximumRetryCount === Number(count));
}

/** Podman's: those that a boot of the machine starts. */
function byStartOnBoot(value: string): Test {
  const wanted = /^(true|1|t)$/i.test(value);
  if (!wanted && !/^(false|0|f)$/i.test(value))
    throw invalid(`should-start-on-boot=${value}`, 'it is neither true nor false');
  return ({ config, state }) => startsOnBoot(config.restart, state) === wanted;
}

/** @param value milliseconds since the epoch as RFC 3339: commands bring times into this form */
function byCreation(value: string): Test {
  const border = Date.parse(value);
  if (Number.isNaN(border)) throw invalid(`until=${value}`, 'it is no time');
  return ({ config }) => Date.parse(config.created) < border;
}

function byStatus(value: string): Test {
  if (!Object.hasOwn(STATES, value)) {
    throw invalid(`status=${value}`, `a status is one of ${Object.keys(STATES).join(', ')}`);
  }
  return ({ state }) => state.status === STATES[value];
}

function byExitCode(value: string): Test {
  if (!/^\d+$/.test(value)) throw invalid(`exited=${value}`, 'it is not an exit code');
  return ({ state }) => state.status === 'exited' && state.exitCode === Number(value);
}

function byAge(value: string, store: Store, compare: (created: string, other: string) => boolean): Test {
  const other = readContainer(store, resolveContainer(store, value));
  return ({ config }) => other !== undefined && compare(config.created, other.config.created);
}

function byNetwork(value: string): Test {
  return ({ config, state }) => {
    const places = endpointsOf(state.network as unknown as NetworkStatus | undefined);
    const isId = value.length >= 12 && places.some(({ networkId }) => networkId.startsWith(value));
    return networkNamesOf(config).includes(value) || isId;
  };
}

function byVolume(value: string): Test {
  const destination = value.length > 1 ? value.replace(/\/+$/, '') : value;
  return ({ config }) =>
    config.mounts.some(
      (mount) =>
        mount.destination === destination ||
        (mount.volume === undefined ? mount.source === destination : mount.volume === value),
    );
}

/** `8080`, `8000-8010/udp`: `publish` looks at the host's side, `expose` at the container's. */
function byPort(key: 'publish' | 'expose', value: string): Test {
  const [, first, last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
  if (first === undefined) throw invalid(`${key}=${value}`, 'it is not PORT[-LAST][/PROTOCOL]');
  const fits = (port: unknown, of: unknown): boolean =>
    of === protocol && Number(port) >= Number(first) && Number(port) <= Number(last);
  return ({ config, state }) => {
    const published = (state.network?.ports ?? []) as { hostPort: number; protocol: string }[];
    if (key === 'publish') return published.some((port) => fits(port.hostPort, port.protocol));
    const exposed = config.exposedPorts.map((port) => port.split('/'));
    return (
      config.network.ports.some((port) => fits(port.containerPort, port.protocol)) ||
      exposed.some(([port, of = 'tcp']) => fits(port, of))
    );
  };
}

/** The image itself, by any of its names, and images that were built on its layers. */
async function byAncestor(value: string, store: Store): Promise<Test> {
  const { findImage } = await import('../../storage/images.ts');
  const image = findImage(store, value);
  // The image may be gone, or its name point elsewhere by now: the name that was asked for at creation still counts.
  if (image === undefined) return ({ config }) => config.image?.name === value;
  const { id, diffIds } = image;
  return ({ config }) =>
    config.image?.id === id ||
    (diffIds.length > 0 &&
      config.diffIds.length > diffIds.length &&
      diffIds.every((diffId, i) => config.diffIds[i] === diffId));
}
