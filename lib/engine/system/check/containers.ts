/** Containers: their records, what they are made of, and their names. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { bootId } from '../../../core/boot.ts';
import { hasCode, ProaError } from '../../../core/error.ts';
import { isAlive, processHandle } from '../../../core/process-handle.ts';
import {
  bundlePath,
  type ContainerConfig,
  type ContainerState,
  containerPath,
  layersOf,
  lockContainer,
  writeConfig,
  writeState,
} from '../../../storage/containers.ts';
import { readLayer } from '../../../storage/layers.ts';
import { listStaleNames, releaseName, resolveName } from '../../../storage/names.ts';
import type { Store } from '../../../storage/store.ts';
import { ensureVolume, volumePath } from '../../../storage/volumes.ts';
import { EXIT_CODE_UNKNOWN, isRunning } from '../../container/state.ts';
import { type Finding, isBusy, setAside } from './finding.ts';
import { isWholeContainer, readCritically, wholeContainers, writtenByNewer } from './records.ts';

/** Containers whose records are unreadable. */
export function* findBadContainers(store: Store): Iterable<Finding> {
  for (const id of readdirSync(`${store.root}/containers`)) {
    const folder = containerPath(store, id);
    const config = readCritically<ContainerConfig>(
      `${folder}/config.json`,
      (record) => record.id === id && isWholeContainer(record),
    );
    const state = readCritically<ContainerState>(
      `${folder}/state.json`,
      (record) => typeof record.status === 'string',
    );
    const finding = { what: 'container', which: config.kind === 'good' ? config.record.name : id };
    if (config.kind === 'newer' || state.kind === 'newer') {
      const why = config.kind === 'newer' ? config.why : (state as { why: string }).why;
      yield { ...finding, why, repair: () => Promise.reject(writtenByNewer(`container ${id}`)) };
    } else if (config.kind !== 'good') {
      const why = config.kind === 'absent' ? 'its record is missing' : config.why;
      const running = state.kind === 'good' ? state.record : undefined;
      if (existsSync(folder)) yield { ...finding, why, repair: () => setContainerAside(store, id, running) };
    } else if (state.kind === 'bad' && statSync(`${folder}/state.json`).size > 0) {
      // (An empty one says that it ran when the power went; it is told of below.)
      yield {
        ...finding,
        why: state.why.replace('its record', 'the record of its state'),
        repair: () => rebuildState(store, id),
      };
    }
  }
}

/** Containers that lack what they are made of. */
export function* findIncompleteContainers(store: Store): Iterable<Finding> {
  for (const { config } of wholeContainers(store)) {
    const finding = { what: 'container', which: config.name };
    const layer = layersOf(config).find((diffId) => !hasLayer(store, diffId));
    if (layer !== undefined) {
      const why = `its layer ${layer} is not here`;
      yield { ...finding, why, repair: () => Promise.reject(layerLost(config)) };
    }
    for (const { volume } of config.mounts) {
      if (volume === undefined || existsSync(volumePath(store, volume))) continue;
      const make = (): string => {
        ensureVolume(store, volume, { anonymous: /^[0-9a-f]{64}$/.test(volume) });
        return 'made anew, empty';
      };
      yield { ...finding, why: `its volume ${volume} is not here`, repair: make };
    }
  }
}

/** Names without a container. */
export function* findStaleNames(store: Store): Iterable<Finding> {
  // A container leaves its folder before its name is released; its remains are locked that long.
  const removing = readdirSync(store.tmp).some(
    (name) => name.startsWith('gone-') && isBusy(`${store.tmp}/${name}`),
  );
  for (const { name, id } of removing ? [] : listStaleNames(store)) {
    const finding = { what: 'container name', which: name };
    if (id === '') {
      const move = (): string => `moved to ${setAside(store, `${store.root}/names/${name}`, `name-${name}`)}`;
      yield { ...finding, why: 'it is no symbolic link', repair: move };
      continue;
    }
    const release = (): string => {
      releaseName(store, name, id);
      return 'removed';
    };
    yield { ...finding, why: `its container ${id.slice(0, 12)} is not here`, repair: release };
  }
}

/** Containers without their name. Stale names are to be mended before: one of them may be in the way. */
export function* findNamelessContainers(store: Store): Iterable<Finding> {
  for (const { config } of wholeContainers(store)) {
    if (resolveName(store, config.name) === config.id) continue;
    const why = `its name ${config.name} does not lead to it`;
    yield { what: 'container', which: config.id.slice(0, 12), why, repair: () => claimAgain(store, config) };
  }
}

function hasLayer(store: Store, diffId: ContainerConfig['diffIds'][number]): boolean {
  try {
    return readLayer(store, diffId) !== undefined;
  } catch (error) {
    if (hasCode(error, 'CORRUPT_RECORD')) return true; // told of the layer itself
    throw error;
  }
}

function layerLost(config: ContainerConfig): ProaError {
  const image = config.image?.name ?? 'its image';
  return new ProaError('LAYER_MISSING', `repair container ${config.name}: a layer of ${image} is lost`, {
    hint: `proa pull ${image} brings it back; what the container wrote itself is still here`,
  });
}

async function setContainerAside(
  store: Store,
  id: string,
  state: ContainerState | undefined,
): Promise<string> {
  if (state !== undefined && isRunning(state)) {
    throw new ProaError(
      'RUNNING',
      `repair container ${id.slice(0, 12)}: its process ${state.process!.pid} runs`,
      {
        hint: `kill ${state.process!.pid}, then proa system check --repair`,
      },
    );
  }
  using _ = await lockContainer(store, id);
  return `moved to ${setAside(store, containerPath(store, id), `container-${id}`)}`;
}

/** Writes the state anew from what the kernel and the bundle show. */
async function rebuildState(store: Store, id: string): Promise<string> {
  using _ = await lockContainer(store, id);
  const kept = setAside(store, `${containerPath(store, id)}/state.json`, `container-${id}-state.json`);
  const running = runningState(store, id);
  const exited: ContainerState = {
    version: 1,
    status: 'exited',
    exitCode: EXIT_CODE_UNKNOWN,
    finishedAt: new Date().toISOString(),
    restartCount: 0,
  };
  writeState(store, id, running ?? exited);
  return `state made anew: ${running === undefined ? 'exited' : 'running'}, the old one is ${kept}`;
}

/** The state of a container whose process lives and is a child of the conmon that its bundle names. */
function runningState(store: Store, id: string): ContainerState | undefined {
  const bundle = bundlePath(store, id);
  const [process, conmon] = ['pidfile', 'conmon.pid'].map((name) => {
    const file = `${bundle}/${name}`;
    return existsSync(file) ? processHandle(Number(readFileSync(file, 'latin1'))) : undefined;
  });
  if (!isAlive(process) || !isAlive(conmon)) return undefined;
  const status = readFileSync(`/proc/${process!.pid}/status`, 'latin1');
  if (Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]) !== conmon!.pid) return undefined;
  const startedAt = statSync(`${bundle}/pidfile`).mtime.toISOString();
  return { version: 1, status: 'running', bootId: bootId(), process, conmon, startedAt, restartCount: 0 };
}

async function claimAgain(store: Store, config: ContainerConfig): Promise<string> {
  using _ = await lockContainer(store, config.id);
  const link = `${store.root}/names/${config.name}`;
  if (readLinkIfThere(link) === undefined) {
    symlinkSync(config.id, link);
    return 'name given back';
  }
  const name = `${config.name}-${config.id.slice(0, 12)}`;
  symlinkSync(config.id, `${store.root}/names/${name}`);
  writeConfig(store, { ...config, name });
  return `another container has that name, so it is called ${name} now`;
}

function readLinkIfThere(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
