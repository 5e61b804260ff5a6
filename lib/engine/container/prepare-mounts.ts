/** What mounts need before the runtime can make them: overlays, images, owners, propagation. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { openInRoot } from '../../core/rooted.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { O } from '../../core/sys/file.ts';
import { MS, mount as mountAt } from '../../core/sys/mount.ts';
import type { RuntimeKind } from '../../oci/runtime/select.ts';
import {
  bundlePath,
  type ContainerConfig,
  type ContainerMount,
  containerPath,
  sideMountsPath,
} from '../../storage/containers.ts';
import { lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mountOverlay } from '../../storage/overlay.ts';
import type { Engine } from '../engine.ts';
import { containerUser } from './container-user.ts';
import { userDatabases } from './identity-files.ts';
import { wordValue } from './mount-request.ts';
import { outsideId } from './outside-id.ts';
import { rootPropagation } from './propagation.ts';
import { overlaysPath } from './side-mounts.ts';
import { isSystemFolder } from './system-folders.ts';

export interface PreparedMounts {
  /** What is not a tmpfs and the like is a bind mount of its source now. */
  mounts: readonly ContainerMount[];
  /** What the root of the container's mount namespace has to be, so that mounts pass. */
  propagation?: 'shared' | 'rslave';
}

/**
 * Makes overlays and image mounts (undone by unmountSideMounts), changes owners (U), looks at propagation.
 * @param root the container's mounted root
 * @throws ProaError MOUNT_SOURCE_MISSING, LAYER_MISSING, NOT_SHARED, CHOWN_REFUSED, IDMAP_UNSUPPORTED, …
 */
export async function prepareMounts(
  engine: Engine,
  config: ContainerConfig,
  root: string,
  runtime: RuntimeKind,
): Promise<PreparedMounts> {
  removeTree(overlaysPath(engine.store, config.id));
  const propagation = rootPropagation(config.mounts, readFileSync('/proc/self/mountinfo', 'utf8'));
  const mounts: ContainerMount[] = [];
  for (const [number, mount] of config.mounts.entries()) {
    if (runtime === 'runc' && mount.options.some((word) => /^idmap(=|$)/.test(word))) {
      throw new ProaError('IDMAP_UNSUPPORTED', `mount ${mount.destination} with idmap: ${runtime} cannot`, {
        hint: 'apt-get install crun',
      });
    }
    mounts.push(await prepare(engine, config, root, number, mount));
  }
  return { mounts, ...(propagation && { propagation }) };
}

async function prepare(
  engine: Engine,
  config: ContainerConfig,
  root: string,
  number: number,
  mount: ContainerMount,
): Promise<ContainerMount> {
  const place = { engine, config, number };
  if (mount.type === 'image') return mountImage(place, mount);
  if (mount.options.includes('O')) return mountOver(place, mount);
  const owned = mount.options.includes('U') ? await giveToUser(engine, config, root, mount) : mount;
  const subpath = wordValue(owned.options, 'subpath');
  return subpath === undefined ? owned : { ...owned, source: mountPart(place, owned, owned.source, subpath) };
}

interface Place {
  engine: Engine;
  config: ContainerConfig;
  number: number;
}

function mountImage(place: Place, mount: ContainerMount): ContainerMount {
  const { store } = place.engine;
  const { diffIds } = mount.image!;
  requireLayers(store, diffIds);
  const writable = mount.options.includes('rw');
  const lower = lowerDirs(store, diffIds);
  // Without an upper folder the kernel wants two lower ones.
  for (const name of ['empty', 'empty2'].slice(0, Math.max(0, 2 - lower.length))) {
    const empty = `${containerPath(store, place.config.id)}/${name}`;
    mkdirSync(empty, { recursive: true, mode: 0o755 });
    lower.push(empty);
  }
  const target = sidePath(place, '');
  mkdirSync(target, { recursive: true });
  mountOverlay({
    lower,
    ...(writable && { upper: newUpper(place, lower[0]!) }),
    target,
    userxattr: store.xattrPrefix === 'user',
  });
  const subpath = wordValue(mount.options, 'subpath');
  const source = subpath === undefined ? target : mountPart(place, mount, target, subpath);
  // Mount flags of a read-only overlay are its own.
  return { ...mount, type: 'bind', source, options: writable ? [] : ['ro'] };
}

/** `O`: the source below, the container's own changes above. */
function mountOver(place: Place, mount: ContainerMount): ContainerMount {
  const { store } = place.engine;
  if (statSync(mount.source, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw missing(mount, mount.source, 'an overlay (O) needs a folder');
  const dir = wordValue(mount.options, 'upperdir');
  const work = wordValue(mount.options, 'workdir');
  for (const path of [dir, work]) {
    if (path !== undefined && !existsSync(path)) throw missing(mount, path, 'no such directory');
  }
  const target = sidePath(place, '');
  mkdirSync(target, { recursive: true });
  mountOverlay({
    lower: [mount.source],
    upper: dir === undefined ? newUpper(place, mount.source) : { dir, work: work! },
    target,
    userxattr: store.xattrPrefix === 'user',
  });
  return { ...mount, type: 'bind', source: target, options: [] };
}

/** A part of a mounted tree, reached without leaving it: its links are resolved inside, and it is held while we bind it. */
function mountPart(place: Place, mount: ContainerMount, tree: string, subpath: string): string {
  using part = openInRoot(tree, subpath, O.PATH);
  if (part === undefined)
    throw missing(mount, `${mount.volume ?? mount.source}:${subpath}`, 'no such file or directory');
  const target = sidePath(place, '.part');
  if (statSync(part.path).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(target.slice(0, target.lastIndexOf('/')), { recursive: true });
    writeFileSync(target, '');
  }
  mountAt(part.path, target, '', MS.BIND | MS.REC);
  return target;
}

function sidePath({ engine, config, number }: Place, suffix: string): string {
  return `${sideMountsPath(engine.store, config.id)}/${number}${suffix}`;
}

/** The upper folder is what shows as the overlay's root, so it looks like what is below. */
function newUpper({ engine, config, number }: Place, below: string): { dir: string; work: string } {
  const folder = `${overlaysPath(engine.store, config.id)}/${number}`;
  const upper = { dir: `${folder}/upper`, work: `${folder}/work` };
  mkdirSync(upper.dir, { recursive: true });
  mkdirSync(upper.work);
  const { mode, uid, gid } = statSync(below);
  chownSync(upper.dir, uid, gid);
  chmodSync(upper.dir, mode & 0o7777);
  return upper;
}

/** `U`: the mount belongs to the container's user. */
async function giveToUser(
  engine: Engine,
  config: ContainerConfig,
  root: string,
  mount: ContainerMount,
): Promise<ContainerMount> {
  const databases = userDatabases(config, root, bundlePath(engine.store, config.id));
  const user = containerUser(engine.identity, config, databases);
  const options = mount.options.filter((word) => word !== 'U');
  // The runtime mounts it from inside the container's user namespace.
  if (mount.type === 'tmpfs')
    return { ...mount, options: [...options, `uid=${user.uid}`, `gid=${user.gid}`] };
  const uid = outsideId(config.idMaps?.uids, user.uid);
  const gid = outsideId(config.idMaps?.gids, user.gid);
  const source = realpathSync(mount.source);
  if (isSystemFolder(source)) {
    throw new ProaError('CHOWN_REFUSED', `change the owner of ${source} (U): it belongs to the system`, {
      hint: `If you mean it: chown -R ${uid}:${gid} ${source}`,
    });
  }
  const { uid: owner, gid: group } = statSync(source);
  // As Podman: what is theirs already is not walked through at each start.
  if (owner !== uid || group !== gid) await changeOwners(source, uid, gid);
  return { ...mount, options };
}

async function changeOwners(source: string, uid: number, gid: number): Promise<void> {
  // It follows no link, and works by descriptors while others may move what it walks through.
  const child = Bun.spawn(['chown', '-hRP', '--', `${uid}:${gid}`, source], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if ((await child.exited) === 0) return;
  const words = (await new Response(child.stderr).text()).trim().split('\n', 1)[0];
  throw new ProaError('CHOWN_FAILED', `change the owner of ${source} to ${uid}:${gid} (U): ${words}`);
}

function missing({ destination }: ContainerMount, path: string, why: string): ProaError {
  return new ProaError('MOUNT_SOURCE_MISSING', `mount ${path} on ${destination}: ${why}`);
}
