/**
 * The start of a container with a user namespace of its own: the namespace itself, and a root file system whose files
 * belong to the ids of the container. On the disk they always have the container's own ids, so that a layer serves
 * containers of all namespaces, and what commit, diff and cp find is the same for all.
 *
 * - Root shows layers and upper folder through ID-mapped mounts to overlayfs (overlayfs.rst, "Permission model"; Linux
 *   5.19): nothing is copied, and it costs two mounts.
 * - A user may not make such mounts of the host's file systems: fuse-overlayfs shifts the ids.
 */
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { openInRoot } from '../../core/rooted.ts';
import { O, tryGetXattr } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { tryMountMapped } from '../../core/sys/mount.ts';
import type { NamespaceChoice, NamespaceChoices } from '../../oci/model/runtime-spec/namespaces.ts';
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';
import { toOutside } from '../../rootless/id-map.ts';
import { MappedNamespace } from '../../rootless/mapped-namespace.ts';
import { bundlePath, type ContainerConfig, containerPath, type IdMaps } from '../../storage/containers.ts';
import { mountOverlay, type OverlayMount, unmountOverlay } from '../../storage/overlay.ts';
import type { Engine } from '../engine.ts';
import { isShown } from './root-mount.ts';

/**
 * The id on the disk of what the mounter itself makes, as overlayfs does in its work folder. An ID-mapped mount has to
 * know the mounter's id, 0 of the host, which is none of the container's. Never a container's.
 */
const MOUNTER = 4_000_000_000;

export class UserNamespaceOfStart implements Disposable {
  readonly choices: NamespaceChoices;
  private readonly resources = new DisposableStack();
  private owners: MappedNamespace | undefined;

  private constructor(
    private readonly engine: Engine,
    private readonly config: ContainerConfig,
    private readonly maps: IdMaps,
    own: MappedNamespace,
    joined: NamespaceChoice | undefined,
  ) {
    this.resources.use(own);
    this.choices = { user: typeof joined === 'object' ? joined : { path: own.userPath } };
    /** A network namespace that belongs to the user namespace. */
    this.networkPath = own.networkPath;
  }

  readonly networkPath: string;

  /**
   * @param joined that of another container, or at a path; a new one when left out
   * @throws ProaError USERNS_FAILED; ROOT_SHOWN while `proa mount` shows the root with its files' ids as they are
   */
  static async open(
    engine: Engine,
    config: ContainerConfig,
    joined: NamespaceChoice | undefined,
  ): Promise<UserNamespaceOfStart> {
    const maps = config.idMaps!;
    if (isShown(engine.store, config.id)) {
      throw new ProaError(
        'ROOT_SHOWN',
        `start container ${config.name}: its root is mounted, with other owners`,
        {
          hint: `proa unmount ${config.name}`,
        },
      );
    }
    const own =
      typeof joined === 'object'
        ? await MappedNamespace.join(joined.path)
        : await MappedNamespace.create(maps);
    using made = new DisposableStack();
    const start = made.use(new UserNamespaceOfStart(engine, config, maps, own, joined));
    if (!engine.identity.rootless && !shiftsNothing(maps)) {
      start.owners = await MappedNamespace.create({
        uids: withMounter(maps.uids),
        gids: withMounter(maps.gids),
      });
      start.resources.use(start.owners);
    }
    start.openWay();
    made.move();
    return start;
  }

  /**
   * The runtime comes to the root and to the files of /etc as the container's root, who is nobody on the host's way
   * there: it may pass, and read nothing.
   */
  private openWay(): void {
    const { identity, store } = this.engine;
    const owner = this.rootOutside;
    if (owner === undefined) return;
    const bundle = bundlePath(store, this.config.id);
    const isCallers = this.maps.uids.some(({ hostID }) => hostID === 0);
    if (!isCallers) {
      for (const folder of [store.runRoot, dirname(bundle)]) chmodSync(folder, 0o711);
      chownSync(bundle, 0, owner.gid);
      chmodSync(bundle, 0o710);
    }
    const closed = closedFolder(dirname(bundle), this.maps);
    if (closed === undefined) return;
    const uid = toOutside(identity.uidMap, owner.uid);
    throw new ProaError(
      'FOLDER_CLOSED',
      `start container ${this.config.name}: its root may not pass ${closed}`,
      {
        hint: `setfacl -m u:${uid}:x ${closed}${identity.rootless ? ', or map this user too: --userns=keep-id' : ''}`,
      },
    );
  }

  /** Mounts the container's root. @throws ProaError IDMAP_UNSUPPORTED, PROGRAM_MISSING, FUSE_FAILED */
  mountLayers(overlay: OverlayMount): void {
    if (this.owners !== undefined) this.mountByIdMaps(overlay, this.owners);
    else if (shiftsNothing(this.maps) || this.engine.identity.singleId) mountOverlay(overlay);
    else mountByFuse(overlay, this.maps);
  }

  private mountByIdMaps(overlay: OverlayMount, owners: MappedNamespace): void {
    const { store } = this.engine;
    const bundle = bundlePath(store, this.config.id);
    const places = [
      { from: `${store.root}/layers`, to: `${bundle}/owners-of-layers` },
      // What it writes to; without that, the container's other folders.
      {
        from: overlay.upper ? dirname(overlay.upper.dir) : containerPath(store, this.config.id),
        to: `${bundle}/owners`,
      },
    ];
    const mapped = (path: string): string => {
      const place = places.find(({ from }) => path.startsWith(`${from}/`))!;
      return `${place.to}${path.slice(place.from.length)}`;
    };
    // overlayfs keeps mounts of its own of all that it shows.
    using away = new DisposableStack();
    for (const { from, to } of places) {
      mkdirSync(to, { recursive: true });
      away.defer(() => unmountOverlay(to));
      const result = tryMountMapped(from, to, owners.userFd);
      if (result === 0) continue;
      if (result !== -22 && result !== -38) throw sysError(-result, 'map owners of', from);
      throw new ProaError(
        'IDMAP_UNSUPPORTED',
        `map owners of ${from}: this kernel, or the file system, cannot`,
        {
          hint: 'it needs Linux 5.19 and ext4, xfs, btrfs or tmpfs',
        },
      );
    }
    const { upper } = overlay;
    mountOverlay({
      ...overlay,
      lower: overlay.lower.map(mapped),
      upper: upper && { dir: mapped(upper.dir), work: mapped(upper.work) },
    });
  }

  /** Who the container's root is outside; undefined when it has none. */
  get rootOutside(): { uid: number; gid: number } | undefined {
    const uid = outsideOf(this.maps.uids, 0);
    const gid = outsideOf(this.maps.gids, 0);
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  }

  /** Gives the container's root what we made for it on the host. */
  giveToRoot(paths: readonly string[]): void {
    const owner = this.rootOutside;
    if (owner === undefined) return;
    for (const path of paths) chownSync(path, owner.uid, owner.gid);
  }

  /** The same for its working folder, when we have just made that. */
  giveFolder(root: string, folder: string): void {
    const owner = this.rootOutside;
    if (owner === undefined || this.owners === undefined) return;
    using found = openInRoot(root, folder, O.PATH | O.DIRECTORY);
    if (found !== undefined && statSync(found.path).uid === 0) chownSync(found.path, owner.uid, owner.gid);
  }

  [Symbol.dispose](): void {
    this.resources.dispose();
  }
}

/**
 * The first folder on the way that the container's root may not pass. Where both owner and group of a folder are in the
 * container, it may (user_namespaces(7), "Interaction of user namespaces and … capabilities").
 */
function closedFolder(path: string, { uids, gids }: IdMaps): string | undefined {
  const has = (maps: readonly IdMapping[], id: number): boolean =>
    maps.some(({ hostID, size }) => id >= hostID && id < hostID + size);
  const parents = path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/') || '/');
  return parents.find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    return (mode & 0o001) === 0 && !(has(uids, uid) && has(gids, gid)) && !hasAccessList(folder);
  });
}

/** Whoever set an access control list (acl(5)) let someone pass: then the kernel decides. */
function hasAccessList(folder: string): boolean {
  const list = tryGetXattr(folder, 'system.posix_acl_access');
  return typeof list !== 'number';
}

function outsideOf(maps: readonly IdMapping[], id: number): number | undefined {
  const range = maps.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && id - range.containerID + range.hostID;
}

function shiftsNothing({ uids, gids }: IdMaps): boolean {
  return [...uids, ...gids].every(({ containerID, hostID }) => containerID === hostID);
}

function withMounter(maps: readonly IdMapping[]): IdMapping[] {
  if (maps.some(({ hostID }) => hostID === 0)) return [...maps];
  return [...maps, { containerID: MOUNTER, hostID: 0, size: 1 }];
}

/** It goes to the background when it is mounted, and ends when it is unmounted. */
function mountByFuse({ lower, upper, target }: OverlayMount, { uids, gids }: IdMaps): void {
  const mapping = (maps: readonly IdMapping[]): string =>
    maps.map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`).join(':');
  const options = [
    `lowerdir=${lower.join(':')}`,
    ...(upper === undefined ? [] : [`upperdir=${upper.dir}`, `workdir=${upper.work}`]),
    `uidmapping=${mapping(uids)}`,
    `gidmapping=${mapping(gids)}`,
  ];
  const { exitCode, stderr } = Bun.spawnSync(
    [findProgram('fuse-overlayfs'), '-o', options.join(','), target],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
    },
  );
  if (exitCode === 0) return;
  const words = stderr.toString().trim().split('\n').at(-1);
  throw new ProaError('FUSE_FAILED', `mount root with fuse-overlayfs: ${words || `exit code ${exitCode}`}`, {
    hint: 'it needs /dev/fuse: ls -l /dev/fuse should show crw-rw-rw-',
  });
}
