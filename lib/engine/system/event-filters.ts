/** `--filter KEY=VALUE` of `events`: docker-events(1), podman-events(1). */
import { ProaError } from '../../core/error.ts';
import type { StoredEvent } from '../../storage/events.ts';

type Test = (event: StoredEvent) => boolean;

/** Podman's words for what Docker calls otherwise; they are taken for both. */
const PODMAN_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  died: ['die'],
  exec: ['exec_start'],
  exec_died: ['exec_die'],
  exited: ['die'],
  loadfromarchive: ['load'],
  loadFromArchive: ['load'],
  remove: ['destroy', 'delete'],
};

/** Steps that only Podman tells of: a script for Docker, which did not ask for them, does not get them. */
const PODMAN_ONLY: readonly string[] = ['init', 'cleanup'];

/** Makes a test of one value. */
const MAKERS: Readonly<Record<string, (value: string) => Test>> = {
  config: byName('config'),
  container: byName('container'),
  daemon: byName('daemon'),
  event: byAction,
  image: byImage,
  label: byLabel,
  network: byName('network'),
  node: byName('node'),
  plugin: byName('plugin'),
  pod: byName('pod'),
  scope: (value) => () => value === 'local',
  secret: byName('secret'),
  service: byName('service'),
  type: (value) => (event) => event.type === value,
  volume: byName('volume'),
};

/**
 * Compiles filters. Values of one key are alternatives, but for labels, which must all be there.
 * @throws ProaError INVALID_FILTER
 */
export function compileEventFilters(filters: readonly string[]): Test {
  const groups = new Map<string, Test[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 0) throw invalid(filter, 'it is not KEY=VALUE');
    const key = filter.slice(0, equals).trim().toLowerCase();
    if (!Object.hasOwn(MAKERS, key)) throw invalid(filter, `there is no filter ${JSON.stringify(key)}`);
    const test = MAKERS[key]!(filter.slice(equals + 1).trim());
    const group = key === 'label' ? filter : key;
    groups.set(group, [...(groups.get(group) ?? []), test]);
  }
  if (!groups.has('event')) groups.set('event', [(event) => !PODMAN_ONLY.includes(event.action)]);
  const tests = [...groups.values()];
  return (event) => tests.every((any) => any.some((test) => test(event)));
}

function invalid(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`, {
    hint: `Filters: ${Object.keys(MAKERS).join(', ')}; for example --filter event=die`,
  });
}

/** `health_status` stands for `health_status: healthy` and the others, `exec_start` for every command. */
function byAction(value: string): Test {
  const actions = PODMAN_ACTIONS[value] ?? [value];
  return ({ action }) => actions.some((each) => action === each || action.startsWith(`${each}:`));
}

/** By the beginning of its id or name, as Docker has it. */
function byName(type: string): (value: string) => Test {
  return (value) => (event) =>
    event.type === type &&
    (event.id.startsWith(value) || (event.attributes.name?.startsWith(value.replace(/^\//, '')) ?? false));
}

/** An image's own events and those of containers that were made from it; a name without a tag means all tags. */
function byImage(value: string): Test {
  const isId = /^[0-9a-f]{12,64}$/.test(value);
  return ({ type, id, attributes }) => {
    const name = type === 'image' ? attributes.name : attributes.image;
    const names = [type === 'image' ? id : undefined, name].filter((each) => each !== undefined);
    return names.some(
      (each) =>
        each === value ||
        withoutTag(each) === value ||
        (isId && each.replace('sha256:', '').startsWith(value)),
    );
  };
}

function withoutTag(name: string): string {
  return name.replace(/(@.*|:[^:/]*)$/, '');
}

function byLabel(value: string): Test {
  const equals = value.indexOf('=');
  const key = equals < 0 ? value : value.slice(0, equals);
  return ({ attributes }) =>
    Object.hasOwn(attributes, key) && (equals < 0 || attributes[key] === value.slice(equals + 1));
}
