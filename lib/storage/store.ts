/**
 * Where everything lies (ARCHITECTURE.md, "On disk"). ROOT keeps what outlives a reboot; RUNROOT (a tmpfs on most
 * machines) what a reboot invalidates.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { bootId } from '../core/boot.ts';
import { hasCode, messageOf, ProaError } from '../core/error.ts';
import { lockBriefly } from '../core/lock.ts';

export interface Store {
  /** Absolute path of ROOT. */
  readonly root: string;
  /** Absolute path of RUNROOT. */
  readonly runRoot: string;
  /** Objects under construction and on their way out; on ROOT's file system, so a rename publishes. */
  readonly tmp: string;
  /** In a user namespace overlayfs keeps its marks in `user.overlay.*`, otherwise in `trusted.overlay.*`. */
  readonly xattrPrefix: 'trusted' | 'user';
}

export interface StoreOptions {
  root?: string;
  runRoot?: string;
  /** True for an ordinary user (inside their user namespace). */
  rootless: boolean;
  /** The user's id on the host, for the default places. */
  uid: number;
}

/** What ROOT has from the start. */
export const ROOT_FOLDERS: readonly string[] = [
  'tmp',
  'blobs/sha256',
  'images/names',
  'images/by-id',
  'layers',
  'containers',
  'names',
  'volumes',
  'artifacts/blobs/sha256',
  'networks',
  'build-cache/records',
  'secrets',
  'told',
];
/** What RUNROOT has from the start; beside them OCI runtimes make folders of their own names. */
export const RUN_FOLDERS: readonly string[] = [
  'containers',
  'dns',
  'events',
  'exits',
  'mounts',
  'netns',
  'networks',
  'build-cache/records',
  'ports',
  'seccomp',
  'volumes',
];

/** Whether the store is an ordinary user's, in the user's namespace. */
export function isOfUser({ xattrPrefix }: Store): boolean {
  return xattrPrefix === 'user';
}

/** Opens the store, making it on first use and resetting RUNROOT when it is left over from another boot. */
export function openStore(options: StoreOptions): Store {
  const places = defaultPlaces(options);
  const store: Store = {
    root: options.root ?? places.root,
    runRoot: options.runRoot ?? places.runRoot,
    tmp: `${options.root ?? places.root}/tmp`,
    xattrPrefix: options.rootless ? 'user' : 'trusted',
  };
  try {
    // The last of them: a store of an older Proa lacks it.
    if (!existsSync(`${store.root}/${ROOT_FOLDERS.at(-1)}`)) makeRoot(store);
    if (!isOfThisBoot(store)) {
      // Of the first commands after a boot one resets it; the others must not reset what that one has started by then.
      using _ = lockBriefly(store.root);
      if (!isOfThisBoot(store)) resetRunRoot(store);
    }
  } catch (error) {
    if (error instanceof ProaError) throw error;
    throw new ProaError(
      (error as { code?: string }).code ?? 'EIO',
      `open storage ${store.root}: ${messageOf(error)}`,
      {
        cause: error,
        hint: 'Choose a writable place: --root DIR --runroot DIR',
      },
    );
  }
  return store;
}

/** The default ROOT and RUNROOT of root and of a user (XDG Base Directory Specification). */
export function defaultPlaces(options: Pick<StoreOptions, 'rootless' | 'uid'>): {
  root: string;
  runRoot: string;
} {
  if (!options.rootless) return { root: '/var/lib/proa', runRoot: '/run/proa' };
  const data = process.env.XDG_DATA_HOME ?? `${process.env.HOME ?? '/'}/.local/share`;
  const runtime = process.env.XDG_RUNTIME_DIR ?? fallbackRuntimeFolder(options.uid);
  return { root: `${data}/proa`, runRoot: `${runtime}/proa` };
}

/**
 * Where a network namespace is pinned. A user's default place is Podman's, XDG_RUNTIME_DIR/netns: the AppArmor profile that
 * Debian and Ubuntu ship with pasta(1) lets it open namespaces nowhere else.
 * @param name the container's id, or `rootless`
 */
export function namespacePath({ runRoot }: Pick<Store, 'runRoot'>, name: string): string {
  const [, runtime] = /^(\/run\/user\/\d+)\/proa$/.exec(runRoot) ?? [];
  return runtime === undefined ? `${runRoot}/netns/${name}` : `${runtime}/netns/proa-${name}`;
}

/**
 * Without a login session there is no XDG_RUNTIME_DIR. /run/user/UID may be there all the same (linger); else a folder
 * in /tmp serves, where anyone could have made it first.
 * @throws ProaError UNSAFE_FOLDER when somebody else did
 */
function fallbackRuntimeFolder(uid: number): string {
  if (existsSync(`/run/user/${uid}`)) return `/run/user/${uid}`;
  const folder = `/tmp/proa-run-${uid}`;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const { uid: owner, mode } = lstatSync(folder);
  const isFolder = (mode & 0o170000) === 0o040000;
  if (isFolder && owner === process.geteuid!() && (mode & 0o022) === 0) return folder;
  throw new ProaError('UNSAFE_FOLDER', `use ${folder}: it belongs to somebody else or is open to others`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder of your own, or log in with loginctl enable-linger set',
  });
}

function makeRoot(store: Store): void {
  mkdirSync(store.root, { recursive: true, mode: 0o711 });
  for (const folder of ROOT_FOLDERS) mkdirSync(`${store.root}/${folder}`, { recursive: true, mode: 0o700 });
}

function isOfThisBoot(store: Store): boolean {
  try {
    return readFileSync(`${store.runRoot}/boot-id`, 'utf8') === bootId();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function resetRunRoot(store: Store): void {
  // Everything in here spoke of processes, mounts and addresses of a kernel that is gone.
  if (existsSync(`${store.runRoot}/boot-id`)) rmSync(store.runRoot, { recursive: true, force: true });
  mkdirSync(store.runRoot, { recursive: true, mode: 0o711 });
  for (const folder of RUN_FOLDERS) mkdirSync(`${store.runRoot}/${folder}`, { recursive: true, mode: 0o700 });
  writeFileSync(`${store.runRoot}/boot-id.${process.pid}`, bootId());
  renameSync(`${store.runRoot}/boot-id.${process.pid}`, `${store.runRoot}/boot-id`);
}
