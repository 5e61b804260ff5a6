/**
 * Where Podman (and Buildah, CRI-O) keep images on this machine: containers-storage.conf(5). Only read; Proa writes
 * nothing there and takes no lock, as the records are replaced by renames and everything that they name is verified.
 */
import { existsSync, readFileSync } from 'node:fs';
import { messageOf, ProaError } from '../../core/error.ts';

/** How layers lie on the disk. What other drivers make (btrfs, zfs) only their kernel modules can read. */
export type Driver = 'overlay' | 'vfs';

/** One store. */
export interface PodmanPlace {
  /** Absolute. */
  root: string;
  driver: Driver;
}

const DRIVERS: readonly Driver[] = ['overlay', 'vfs'];

/** `[[driver@]root[+run-root][:options]]` of a name. Throws ProaError INVALID_REFERENCE, UNSUPPORTED_STORE, ENOENT. */
export function placeOf(specifier: string): PodmanPlace {
  const [, driver, root] = /^(?:([a-z0-9]+)@)?(\/[^+:]*)(?:\+[^:]*)?(?::.*)?$/.exec(specifier) ?? [];
  if (root === undefined) {
    throw new ProaError(
      'INVALID_REFERENCE',
      `use store [${specifier}]: it must be [DRIVER@ROOT+RUNROOT:OPTIONS]`,
    );
  }
  const known = driver === undefined ? driverIn(root) : DRIVERS.find((name) => name === driver);
  if (known !== undefined) return { root, driver: known };
  if (driver !== undefined || existsSync(root)) throw unsupported(root, driver);
  throw new ProaError('ENOENT', `use store ${root}: no such folder`);
}

/**
 * The stores of root or of this user: that in which Podman works, and those that it reads besides.
 * @throws ProaError CONFIG_INVALID, UNSUPPORTED_STORE, STORE_MISSING
 */
export async function defaultPlaces(rootless: boolean): Promise<PodmanPlace[]> {
  const { root, additional } = await configured(rootless);
  const driver = driverIn(root);
  const others = additional.flatMap((store) => {
    const found = driverIn(store);
    return found === undefined ? [] : [{ root: store, driver: found }];
  });
  if (driver !== undefined) return [{ root, driver }, ...others];
  if (others.length > 0) return others;
  if (existsSync(root)) throw unsupported(root, undefined);
  throw new ProaError('STORE_MISSING', `use Podman's store ${root}: there is none`, {
    hint: "Of another user, or elsewhere: 'containers-storage:[overlay@/path/to/storage]NAME'",
  });
}

function driverIn(root: string): Driver | undefined {
  return DRIVERS.find((driver) => existsSync(`${root}/${driver}-images/images.json`));
}

function unsupported(root: string, driver: string | undefined): ProaError {
  const why = driver === undefined ? 'it holds no images of the drivers' : `its driver ${driver} is none of`;
  return new ProaError('UNSUPPORTED_STORE', `use store ${root}: ${why} ${DRIVERS.join(' and ')}`, {
    hint: 'podman save IMAGE | proa load',
  });
}

/** The keys of storage.conf that say where. A file of the user's own stands for the system's. */
async function configured(rootless: boolean): Promise<{ root: string; additional: string[] }> {
  const home = process.env.HOME ?? '/';
  const data = process.env.XDG_DATA_HOME ?? `${home}/.local/share`;
  const own = `${process.env.XDG_CONFIG_HOME ?? `${home}/.config`}/containers/storage.conf`;
  const system = ['/etc/containers/storage.conf', '/usr/share/containers/storage.conf'];
  const files = [process.env.CONTAINERS_STORAGE_CONF, rootless ? own : undefined, ...system];
  const file = files.find((name) => name !== undefined && existsSync(name));
  const storage = file === undefined ? {} : await readStorage(file);
  const usual = rootless ? `${data}/containers/storage` : '/var/lib/containers/storage';
  // The system's graphroot is root's; for users it has a key of its own.
  const key = rootless && file !== undefined && system.includes(file) ? 'rootless_storage_path' : 'graphroot';
  const options = storage.options as { additionalimagestores?: unknown } | undefined;
  return {
    root: text(storage[key]) ?? (rootless ? text(storage.rootless_storage_path) : undefined) ?? usual,
    additional: Array.isArray(options?.additionalimagestores)
      ? options.additionalimagestores.flatMap((value) => text(value) ?? [])
      : [],
  };
}

async function readStorage(file: string): Promise<Record<string, unknown>> {
  const { parse } = await import('smol-toml');
  try {
    return (parse(readFileSync(file, 'utf8')).storage ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new ProaError('CONFIG_INVALID', `read ${file}: ${messageOf(error).split('\n')[0]}`, {
      cause: error,
    });
  }
}

/** A path, in which $HOME, $USER and $UID stand for the user's. */
function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const variables: Record<string, string | undefined> = {
    HOME: process.env.HOME,
    USER: process.env.USER,
    UID: String(process.geteuid!()),
  };
  return value.replace(/\$(HOME|USER|UID)\b/g, (whole, name: string) => variables[name] ?? whole);
}
