/**
 * Devices that a container is given by name: `--device vendor.com/class=name` and `--gpus`. What a name means is looked up at
 * each start, as drivers and the files that describe them change. Loaded only for containers that have such a device.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { type CdiDocument, type ContainerEdits, parseCdiDocument } from '../../oci/model/cdi.ts';
import type { GpuRequest } from '../../oci/model/gpus.ts';
import type { Mount, Spec } from '../../oci/model/runtime-spec/types.ts';
import { namedDevice } from './devices.ts';

/** Later folders win: what a driver wrote in this boot is truer than what an administrator did once. */
const FOLDERS: readonly string[] = ['/etc/cdi', '/var/run/cdi'];

const GPU_VENDOR = 'nvidia.com/gpu';

/** All that is described on this host. A name that two files of one folder have is ambiguous. */
class Registry {
  private readonly found = new Map<string, { document: CdiDocument; edits: ContainerEdits; file: string }>();
  /** Names by the two files that have them. */
  private readonly ambiguous = new Map<string, string[]>();

  constructor(folders: readonly string[]) {
    for (const folder of folders) {
      const here = new Map<string, string>();
      for (const file of documentsIn(folder)) {
        const document = parseCdiDocument(readDocument(file), file);
        for (const [device, edits] of document.devices) {
          const name = `${document.kind}=${device}`;
          const other = here.get(name);
          if (other !== undefined) this.ambiguous.set(name, [other, file]);
          else this.ambiguous.delete(name);
          here.set(name, file);
          this.found.set(name, { document, edits, file });
        }
      }
    }
  }

  /** @throws ProaError DEVICE_MISSING */
  get(name: string) {
    const files = this.ambiguous.get(name);
    if (files !== undefined)
      throw new ProaError('DEVICE_MISSING', `use device ${name}: both ${files.join(' and ')} describe it`);
    const entry = this.found.get(name);
    if (entry !== undefined) return entry;
    throw missing(`use device ${name}: no file in ${FOLDERS.join(' or ')} describes it`, this.names());
  }

  names(): string[] {
    return [...this.found.keys()].sort();
  }
}

/** Looks the names up, to refuse them before anything is made. @throws ProaError DEVICE_MISSING, INVALID_CDI */
export function checkCdiDevices(names: readonly string[], folders = FOLDERS): void {
  const registry = new Registry(folders);
  for (const name of names) registry.get(name);
}

/**
 * The device names of a `--gpus`: NVIDIA's when they are described, else those of whoever describes a class `gpu`.
 * @throws ProaError DEVICE_MISSING, INVALID_CDI
 */
export function gpuDevices({ count, ids }: GpuRequest, folders = FOLDERS): string[] {
  const names = new Registry(folders).names().filter((name) => /\/gpu=/.test(name));
  const kinds = new Set(names.map((name) => name.split('=')[0]!));
  const kind = kinds.has(GPU_VENDOR) ? GPU_VENDOR : [...kinds][0];
  if (kind === undefined) throw missing('use --gpus: no GPU is described on this host', []);
  const own = names.filter((name) => name.startsWith(`${kind}=`)).map((name) => name.slice(kind.length + 1));
  if (ids.length > 0) return ids.map((id) => `${kind}=${id}`);
  if (count === 'all' && own.includes('all')) return [`${kind}=all`];
  const single = own.filter((name) => name !== 'all');
  // A card is described by its number and by its UUID; numbers count each once.
  const numbered = single.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  const cards = numbered.length > 0 ? numbered : single;
  const wanted = count === 'all' ? cards.length : count;
  if (wanted <= cards.length) return cards.slice(0, wanted).map((name) => `${kind}=${name}`);
  throw new ProaError('DEVICE_MISSING', `use ${wanted} GPUs: this host describes ${cards.length}`, {
    hint: `ls ${FOLDERS.join(' ')}`,
  });
}

/**
 * Makes the edits of these devices in a specification.
 * @param userNamespace the container is in a user namespace, where no device nodes can be made: the host's are shown
 */
export function injectDevices(
  spec: Spec,
  names: readonly string[],
  userNamespace: boolean,
  folders = FOLDERS,
): void {
  const registry = new Registry(folders);
  const general = new Set<CdiDocument>();
  for (const name of names) {
    const { document, edits } = registry.get(name);
    if (!general.has(document)) applyEdits(spec, document.edits, userNamespace);
    general.add(document);
    applyEdits(spec, edits, userNamespace);
  }
  // Parents before children; the sort is stable.
  const depth = ({ destination }: Mount): number => destination.split('/').length;
  spec.mounts.sort((a, b) => depth(a) - depth(b));
}

function applyEdits(spec: Spec, edits: ContainerEdits, userNamespace: boolean): void {
  for (const entry of edits.env) {
    const name = entry.slice(0, entry.indexOf('=') + 1);
    spec.process.env = [...spec.process.env.filter((other) => !other.startsWith(name)), entry];
  }
  for (const node of edits.deviceNodes) addNode(spec, node, userNamespace);
  for (const { hostPath, containerPath, type, options } of edits.mounts) {
    const isBind = type === undefined || type === '' || type === 'bind';
    const words = isBind && !options.some((word) => /^r?bind$/.test(word)) ? ['rbind', ...options] : options;
    spec.mounts.push({
      destination: containerPath,
      type: isBind ? 'bind' : type,
      source: hostPath,
      options: [...words],
    });
  }
  for (const { hookName, ...hook } of edits.hooks) {
    spec.hooks ??= {};
    spec.hooks[hookName] = [...(spec.hooks[hookName] ?? []), hook];
  }
  if (edits.cacheClass !== undefined) spec.linux.intelRdt = { closID: edits.cacheClass };
  if (edits.additionalGids.length > 0) {
    // Group 0 means nothing there (SPEC.md, "additionalGids").
    const groups = edits.additionalGids.filter((group) => group !== 0);
    const { user } = spec.process;
    user.additionalGids = [...new Set([...(user.additionalGids ?? []), ...groups])];
  }
}

function addNode(spec: Spec, node: ContainerEdits['deviceNodes'][number], userNamespace: boolean): void {
  const hostPath = node.hostPath ?? node.path;
  if (userNamespace) {
    const options = ['bind', 'rprivate', 'nosuid', 'noexec'];
    spec.mounts.push({ destination: node.path, type: 'bind', source: hostPath, options });
    return;
  }
  const { device } =
    node.type !== undefined && node.major !== undefined && node.minor !== undefined
      ? {
          device: {
            type: node.type as 'c',
            major: node.major,
            minor: node.minor,
            fileMode: 0o666,
            uid: 0,
            gid: 0,
          },
        }
      : namedDevice(hostPath, node.path);
  const { linux } = spec;
  const chosen = {
    ...device,
    path: node.path,
    ...(node.fileMode !== undefined && { fileMode: node.fileMode }),
    ...(node.uid !== undefined && { uid: node.uid }),
    ...(node.gid !== undefined && { gid: node.gid }),
  };
  linux.devices = [...(linux.devices ?? []).filter(({ path }) => path !== node.path), chosen];
  const type = chosen.type === 'b' ? 'b' : 'c';
  const access = node.permissions ?? 'rwm';
  linux.resources?.devices?.push({ allow: true, type, major: chosen.major, minor: chosen.minor, access });
}

function documentsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).sort();
    return names.filter((name) => /\.(json|ya?ml)$/.test(name)).map((name) => `${folder}/${name}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function readDocument(file: string): unknown {
  try {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.json') ? JSON.parse(text) : Bun.YAML.parse(text);
  } catch (error) {
    throw new ProaError('INVALID_CDI', `read device specification ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function missing(what: string, known: readonly string[]): ProaError {
  const hint =
    known.length > 0
      ? `Described are ${known.join(', ')}`
      : "The driver's own tool describes its devices: for NVIDIA nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml";
  return new ProaError('DEVICE_MISSING', what, { hint });
}
