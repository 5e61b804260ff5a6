/**
 * Where Quadlet files are looked for: podman-systemd.unit(5), "search path". The first folder that has a name decides.
 *
 * A machine may have Podman too, whose generator reads the same folders: both would write the same units, and it would be
 * chance which program runs them. Then these folders are Podman's, and Proa reads only its own.
 */
import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { tryFindProgram } from '../../core/programs.ts';
import { selfCommand } from '../../core/self.ts';

/** For whom units are made. */
export interface Audience {
  /** Undefined for the system; a user's units belong to `systemctl --user`. */
  uid?: number | undefined;
  environment: Readonly<Record<string, string | undefined>>;
}

export interface SearchFolders {
  /** With their subfolders, the most important first. */
  folders: string[];
  /** Where a command puts new files. */
  target: string;
  /** The folders that are left to Podman's generator, and where that is. */
  left?: { folders: string[]; generator: string };
}

const SYSTEM_PLACES = ['/run', '/etc', '/usr/share'];

/** systemd.generator(7), "Synopsis". */
const GENERATOR_PLACES = [
  '/run/systemd',
  '/etc/systemd',
  '/usr/local/lib/systemd',
  '/usr/lib/systemd',
  '/lib/systemd',
];

/** @param podman for tests: the path of Podman's generator */
export function searchFolders(
  audience: Audience,
  podman: string | undefined = generatorPath('podman', audience),
): SearchFolders {
  const shared = baseFolders(audience, 'containers/systemd');
  const target = targetOf(audience, podman === undefined ? 'containers/systemd' : 'proa/systemd');
  const given = audience.environment.QUADLET_UNIT_DIRS;
  if (given !== undefined && given !== '') {
    return {
      folders: walk(
        given.split(':').filter((folder) => folder.startsWith('/')),
        audience,
      ),
      target,
    };
  }
  const ours = baseFolders(audience, 'proa/systemd');
  if (podman === undefined) return { folders: walk([...ours, ...shared], audience), target };
  return { folders: walk(ours, audience), target, left: { folders: shared, generator: podman } };
}

function baseFolders({ uid, environment }: Audience, name: string): string[] {
  if (uid === undefined) return SYSTEM_PLACES.map((place) => `${place}/${name}`);
  const runtime = environment.XDG_RUNTIME_DIR;
  return [
    ...(runtime === undefined || runtime === '' ? [] : [`${runtime}/${name}`]),
    `${configHome(environment)}/${name}`,
    `/etc/${name}/users/${uid}`,
    `/etc/${name}/users`,
  ];
}

function targetOf({ uid, environment }: Audience, name: string): string {
  return uid === undefined ? `/etc/${name}` : `${configHome(environment)}/${name}`;
}

export function configHome(environment: Audience['environment']): string {
  const { XDG_CONFIG_HOME: config, HOME: home } = environment;
  return config?.startsWith('/') ? config : `${home ?? ''}/.config`;
}

/** The generator of that program which systemd would run, undefined when there is none or it is masked. */
function generatorPath(program: string, { uid }: Pick<Audience, 'uid'>): string | undefined {
  const kind = uid === undefined ? 'system' : 'user';
  for (const place of GENERATOR_PLACES) {
    const path = `${place}/${kind}-generators/${program}-${kind}-generator`;
    if (linkTarget(path) === '/dev/null') return undefined;
    if (tryFindProgram(path) !== undefined) return path;
  }
  return undefined;
}

/** Files alone are nothing: systemd has to know who reads them. @throws ProaError NO_GENERATOR */
export function requireGenerator(program: string, uid: number | undefined): void {
  if (generatorPath(program, { uid }) !== undefined) return;
  const kind = uid === undefined ? 'system' : 'user';
  throw new ProaError('NO_GENERATOR', `make services: systemd has no ${program}-${kind}-generator`, {
    hint: `scripts/install places it, or: sudo ln -s ${selfCommand()[0]} ${GENERATOR_PLACES[1]}/${kind}-generators/${program}-${kind}-generator`,
  });
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // no link, or nothing at all
  }
}

/** The folders and all below them, each once, however links lead there. */
function walk(bases: readonly string[], { uid }: Audience): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (folder: string): void => {
    const real = realFolder(folder);
    if (real === undefined || seen.has(real)) return;
    seen.add(real);
    found.push(folder);
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith('.d') || isForOthers(folder, name, uid)) continue;
      visit(join(folder, name));
    }
  };
  for (const base of bases) visit(base);
  return found;
}

/** `users` is no part of the system's folders, and below it each number is a user of their own. */
function isForOthers(folder: string, name: string, uid: number | undefined): boolean {
  if (uid === undefined) return name === 'users' && /^\/etc\/(containers|proa)\/systemd$/.test(folder);
  return /^\/etc\/(containers|proa)\/systemd\/users$/.test(folder) && /^\d+$/.test(name);
}

function realFolder(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? realpathSync(path) : undefined;
  } catch {
    return undefined; // most of the folders are on no machine, and what may not be read has nothing for us
  }
}
