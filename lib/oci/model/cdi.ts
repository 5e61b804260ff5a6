/**
 * Devices by name, described by their vendors: the Container Device Interface
 * (https://github.com/cncf-tags/container-device-interface, SPEC.md). Pure: documents are handed in.
 */
import { DEVICE, KIND } from './cdi-name.ts';
import { JsonCursor } from './json-cursor.ts';
import type { HookName } from './runtime-spec/types.ts';

/** What a device, or a whole document, changes of a container. */
export interface ContainerEdits {
  /** `NAME=VALUE`. */
  env: string[];
  deviceNodes: CdiDeviceNode[];
  mounts: { hostPath: string; containerPath: string; type?: string; options: string[] }[];
  hooks: { hookName: HookName; path: string; args?: string[]; env?: string[]; timeout?: number }[];
  additionalGids: number[];
  /** `intelRdt.closID`: a class of the processor's cache that is there. */
  cacheClass?: string;
}

export interface CdiDeviceNode {
  path: string;
  hostPath?: string;
  type?: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  /** Some of `rwm`. */
  permissions?: string;
  uid?: number;
  gid?: number;
}

export interface CdiDocument {
  /** `VENDOR/CLASS`. */
  kind: string;
  edits: ContainerEdits;
  devices: Map<string, ContainerEdits>;
}

const HOOKS: readonly string[] = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];

/** @throws ProaError INVALID_CDI with the place in the document */
export function parseCdiDocument(value: unknown, file: string): CdiDocument {
  const document = new JsonCursor(value, '', {
    code: 'INVALID_CDI',
    what: `read device specification ${file}`,
  });
  const version = document.at('cdiVersion').string();
  if (!/^(0|1)\.\d+\.\d+$/.test(version)) document.at('cdiVersion').fail(`${version} is not known`);
  const kind = document.at('kind').string();
  if (!KIND.test(kind)) document.at('kind').fail(`${JSON.stringify(kind)} is not VENDOR/CLASS`);
  const devices = new Map<string, ContainerEdits>();
  for (const device of document.at('devices').maybe((c) => c.items()) ?? []) {
    // YAML has numbers where names are digits.
    const name = String(device.object().name);
    if (!DEVICE.test(name)) device.at('name').fail(`${JSON.stringify(name)} is no device name`);
    if (devices.has(name)) device.at('name').fail(`${name} is there twice`);
    devices.set(name, readEdits(device.at('containerEdits')));
  }
  return { kind, edits: readEdits(document.at('containerEdits')), devices };
}

const MEMBERS = ['env', 'deviceNodes', 'mounts', 'hooks', 'additionalGids', 'intelRdt'];

function readEdits(edits: JsonCursor): ContainerEdits {
  // What is not understood would be missing in the container.
  const [unknown] = Object.keys(edits.maybe((c) => c.others(MEMBERS)) ?? {});
  if (unknown !== undefined) edits.at(unknown).fail('is not known to Proa');
  const cache = edits.maybe((c) => c.at('intelRdt'));
  const [setting] = Object.keys(cache?.maybe((c) => c.others(['closID'])) ?? {});
  if (setting !== undefined) cache!.at(setting).fail('is not known to Proa: only closID is');
  const cacheClass = cache?.maybe((c) => c.at('closID').maybe((id) => id.string()));
  const list = <T>(name: string, read: (item: JsonCursor) => T): T[] =>
    edits.maybe((c) => c.at(name).maybe((items) => items.items().map(read))) ?? [];
  return {
    env: list('env', (item) => {
      const entry = item.string();
      return /^[^=]+=/.test(entry) ? entry : item.fail('is not NAME=VALUE');
    }),
    deviceNodes: list('deviceNodes', readNode),
    mounts: list('mounts', (item) => ({
      hostPath: item.at('hostPath').string(),
      containerPath: absolute(item.at('containerPath')),
      ...optional(item, 'type', (c) => c.string()),
      options: item.at('options').maybe((c) => c.strings()) ?? [],
    })),
    hooks: list('hooks', (item) => {
      const hookName = item.at('hookName').string();
      if (!HOOKS.includes(hookName))
        item.at('hookName').fail(`${hookName} is not one of ${HOOKS.join(', ')}`);
      return {
        hookName: hookName as HookName,
        path: absolute(item.at('path')),
        ...optional(item, 'args', (c) => c.strings()),
        ...optional(item, 'env', (c) => c.strings()),
        ...optional(item, 'timeout', (c) => c.integer()),
      };
    }),
    additionalGids: list('additionalGids', (item) => item.integer()),
    ...(cacheClass !== undefined && { cacheClass }),
  };
}

function readNode(item: JsonCursor): CdiDeviceNode {
  const permissions = item.at('permissions').maybe((c) => c.string());
  if (permissions !== undefined && !/^[rwm]{0,3}$/.test(permissions))
    item.at('permissions').fail(`${permissions} is not some of rwm`);
  const numbers = ['major', 'minor', 'fileMode', 'uid', 'gid'] as const;
  return {
    path: absolute(item.at('path')),
    ...optional(item, 'hostPath', absolute),
    ...optional(item, 'type', (c) => c.string()),
    ...Object.assign({}, ...numbers.map((name) => optional(item, name, (c) => c.integer()))),
    ...(permissions && { permissions }),
  };
}

function absolute(place: JsonCursor): string {
  const path = place.string();
  return path.startsWith('/') ? path : place.fail('must be an absolute path');
}

function optional<Name extends string, T>(item: JsonCursor, name: Name, read: (c: JsonCursor) => T) {
  const value = item.at(name).maybe(read);
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: T };
}
