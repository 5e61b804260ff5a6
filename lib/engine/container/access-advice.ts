/**
 * Why a container was denied something: most often a host folder whose owner is another one in the container. Whoever
 * reads "permission denied" sees one side of the mapping at most; this says both, and the option that helps. It looks only
 * after a failure, and only when the failure speaks of it.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { hasCode, ProaError } from '../../core/error.ts';
import { S_IFDIR, S_IFMT } from '../../core/sys/stat.ts';
import type { ContainerUser } from '../../oci/model/runtime-spec/user.ts';
import { type IdMap, toOutside } from '../../rootless/id-map.ts';
import {
  bundlePath,
  type ContainerConfig,
  type ContainerMount,
  mergedPath,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerUser } from './container-user.ts';
import { userDatabases } from './identity-files.ts';
import { logFile } from './log-driver.ts';
import { outsideId } from './outside-id.ts';
import { isSystemFolder } from './system-folders.ts';

const DENIED = /permission denied|\bEACCES\b|operation not permitted/i;
/** How much of the end of a log is looked at: bytes. */
const TAIL = 4096;
/** "Cannot be invoked" (docker-run(1), "Exit status"). */
const NOT_INVOKED = 126;

/**
 * For a container whose process has ended in failure and that was not cleaned up yet.
 * @returns a line for each mount that its user may not use as it was asked for
 */
export function adviseAfterEnd(engine: Engine, config: ContainerConfig, exitCode: number): string[] {
  const root = config.rootfs ?? mergedPath(engine.store, config.id);
  const log = logFile(engine.store, config);
  if (exitCode !== NOT_INVOKED && (log === undefined || !DENIED.test(tailOf(log)))) return [];
  return existsSync(root) ? deniedMounts(engine, config, root) : [];
}

/** The error of a start, with this as its hint when it is of that kind. */
export function explainDenial(
  engine: Engine,
  config: ContainerConfig,
  root: string,
  error: ProaError,
): ProaError {
  if (!DENIED.test(error.message)) return error;
  const lines = deniedMounts(engine, config, root);
  if (lines.length === 0) return error;
  const { code, message, exitCode } = error;
  return new ProaError(code, message, { cause: error, exitCode, hint: lines.join('\n') });
}

function tailOf(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, TAIL));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('latin1');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function deniedMounts(engine: Engine, config: ContainerConfig, root: string): string[] {
  const user = userOf(engine, config, root);
  if (user === undefined) return [];
  const { uid, gid, additionalGids } = user;
  const person = { uid, gid, gids: [gid, ...additionalGids] };
  return config.mounts.flatMap((mount) => adviceOn(engine, config, mount, person) ?? []);
}

/** Whom it ran as. By now the files that name its users are what the container made of them: then there is nothing to say. */
function userOf(engine: Engine, config: ContainerConfig, root: string): ContainerUser | undefined {
  try {
    return containerUser(
      engine.identity,
      config,
      userDatabases(config, root, bundlePath(engine.store, config.id)),
    );
  } catch (error) {
    if (error instanceof ProaError) return undefined;
    throw error;
  }
}

interface Person {
  /** As the container counts them. */
  uid: number;
  gid: number;
  gids: readonly number[];
}

function adviceOn(
  engine: Engine,
  config: ContainerConfig,
  mount: ContainerMount,
  person: Person,
): string | undefined {
  const { type, source, destination, options } = mount;
  // What these show, or whose it is, is another matter.
  if (options.some((word) => /^(O|U|(idmap|subpath)(=.*)?)$/.test(word))) return undefined;
  const status =
    type === 'bind' || type === 'volume' ? statSync(source, { throwIfNoEntry: false }) : undefined;
  if (status === undefined) return undefined;
  const missing = missingBits(status, config, person, options.includes('ro'));
  if (missing === 0) return undefined;
  const { uidMap } = engine.identity;
  const owner = `${inside(config, status.uid)}${onHost(uidMap, status.uid)}`;
  const runner = `user ${person.uid}${onHost(uidMap, outsideId(config.idMaps?.uids, person.uid))}`;
  const mode = (status.mode & 0o7777).toString(8).padStart(4, '0');
  const what = ['read', 'write', 'execute'].filter((_, at) => missing & (0o4 >> at)).join(' or ');
  return (
    `${source} on ${destination} belongs to ${owner} and has mode ${mode}: ${runner}, as whom the container ran, ` +
    `may not ${what} it. ${remedy(engine, config, mount, person)}`
  );
}

/** Which of the bits rwx it would take, and are not there. */
function missingBits(
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
  { idMaps }: ContainerConfig,
  person: Person,
  readonly: boolean,
): number {
  const wanted = ((mode & S_IFMT) === S_IFDIR ? 0o5 : 0o4) | (readonly ? 0 : 0o2);
  // The container's root may do everything with what belongs to ids of the container (user_namespaces(7)).
  if (person.uid === 0 && isMapped(idMaps?.uids, uid) && isMapped(idMaps?.gids, gid)) return 0;
  const isOwner = outsideId(idMaps?.uids, person.uid) === uid;
  const isMember = person.gids.some((id) => outsideId(idMaps?.gids, id) === gid);
  const bits = (mode >> (isOwner ? 6 : isMember ? 3 : 0)) & 0o7;
  return wanted & ~bits;
}

type Maps = NonNullable<ContainerConfig['idMaps']>['uids'];

/** What nobody here has shows as 65534 (user_namespaces(7), "Unmapped user and group IDs"). */
const OVERFLOW = 65534;

function isMapped(maps: Maps | undefined, id: number): boolean {
  if (maps === undefined) return id !== OVERFLOW;
  return maps.some(({ hostID, size }) => id >= hostID && id < hostID + size);
}

/** An owner as the container sees it. */
function inside({ idMaps }: ContainerConfig, id: number): string {
  if (!isMapped(idMaps?.uids, id)) return 'a user that the container does not have';
  const range = idMaps?.uids.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  return `user ${range === undefined ? id : id - range.hostID + range.containerID}`;
}

/** The same one on this machine. */
function onHost(map: IdMap, id: number): string {
  const outside = id === OVERFLOW ? undefined : toOutside(map, id);
  return outside === undefined ? '' : ` (${outside} on this machine)`;
}

function remedy(
  { identity }: Engine,
  { idMaps }: ContainerConfig,
  { source, destination, type, volume }: ContainerMount,
  { uid, gid }: Person,
): string {
  if (isSystemFolder(realpathSync(source))) return 'It is the system’s: mount a folder below it';
  const name = type === 'volume' ? volume : source;
  const own = `Give it to that user with -v ${name}:${destination}:U`;
  // Who runs us is 0 here, and can be made any user of the container.
  const isOurs = statSync(source).uid === 0;
  if (identity.rootless && !identity.singleId && isOurs && idMaps === undefined)
    return `${own}, or make it your own user with --userns=keep-id:uid=${uid},gid=${gid}`;
  if (identity.rootless && statSync(source).uid === OVERFLOW)
    return 'Only its owner or root can change that, with chown, chmod or setfacl';
  return own;
}
