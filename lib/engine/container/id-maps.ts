/** `--userns`, `--uidmap` and the like: from what was asked for to the ids of a container's own user namespace. */
import { spawnSync } from 'node:child_process';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';
import { contiguousIds, parseIdMap, toInside } from '../../rootless/id-map.ts';
import type { Identity } from '../../rootless/identity.ts';
import { readNamedRanges, type SubordinateRange, userLine } from '../../rootless/subordinate-ids.ts';
import {
  type ContainerOptions,
  type IdMaps,
  listContainers,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { checkMaps, firstFree, keepOne, parseMap } from './id-ranges.ts';

export interface UserNamespaceRequest {
  /** `--userns`: host, private, keep-id[:uid=…,gid=…], auto[:size=…], nomap, container:CONTAINER or ns:PATH. */
  mode?: string;
  /** `INSIDE:HOST:SIZE`. */
  uidMaps: string[];
  gidMaps: string[];
  subuidname?: string;
  subgidname?: string;
}

export interface ResolvedUserNamespace {
  options: Pick<ContainerOptions, 'idMaps' | 'usernsMode' | 'hostUsers'> & {
    /** For `namespaces.user`; left out for the engine's own. */
    namespace?: string;
  };
  /** Whom the container runs as unless it is told: with keep-id the caller. */
  user?: string;
}

/** Ids of `auto` when its size is not given: root has plenty, a user shares out the few that they have. */
const AUTO_SIZE = { root: 65_536, user: 1024 };

/** Whose subordinate ids root's `auto` shares out, as Podman's. */
const AUTO_OWNER = 'containers';

/** @throws ProaError INVALID_ID_MAP, CONFLICTING_OPTIONS, NO_SUBORDINATE_IDS, CONTAINER_NOT_FOUND */
export function resolveUserNamespace(engine: Engine, request: UserNamespaceRequest): ResolvedUserNamespace {
  const { uidMaps, gidMaps, subuidname, subgidname } = request;
  const explicit = uidMaps.length + gidMaps.length > 0;
  const named = subuidname ?? subgidname;
  const [mode = '', details = ''] = splitOnce(request.mode ?? '', ':');
  if (mode !== '' && mode !== 'private' && (explicit || named !== undefined))
    throw conflict('--userns', explicit ? '--uidmap, --gidmap' : '--subuidname, --subgidname');
  if (explicit && named !== undefined) throw conflict('--uidmap, --gidmap', '--subuidname, --subgidname');
  const own = (idMaps: IdMaps): ResolvedUserNamespace => {
    checkMaps(engine.identity, idMaps);
    return { options: { idMaps, namespace: 'private', usernsMode: request.mode || 'private' } };
  };
  if (explicit) {
    const [uids, gids] = [uidMaps.map(parseMap), gidMaps.map(parseMap)];
    return own({ uids: uids.length > 0 ? uids : gids, gids: gids.length > 0 ? gids : uids });
  }
  if (named !== undefined) return own(namedMaps(engine.identity, subuidname ?? named, subgidname ?? named));
  switch (mode) {
    case '':
    case 'host':
      return { options: {} };
    case 'keep-id':
      return keepId(engine.identity, details);
    case 'nomap':
      requireUser(engine.identity, 'nomap');
      return own(withoutCaller(engine.identity));
    case 'auto':
      return own(autoMaps(engine, details));
    case 'container':
      return joined(engine, details);
    case 'ns':
      return {
        options: { idMaps: mapsOfNamespace(details), namespace: `ns:${details}`, usernsMode: request.mode },
      };
    default:
      throw new ProaError('INVALID_ID_MAP', 'make a user namespace: --userns=private says no ids', {
        hint: 'say them: --uidmap 0:100000:65536',
      });
  }
}

/** The caller's ids stay the caller's in the container; those before and after come from the subordinate ones. */
function keepId(identity: Identity, details: string): ResolvedUserNamespace {
  requireUser(identity, 'keep-id');
  const given = parseDetails('keep-id', details, ['uid', 'gid']);
  const uid = given.uid ?? identity.uid;
  const gid = given.gid ?? identity.gid;
  const idMaps = {
    uids: keepOne(uid, contiguousIds(identity.uidMap)),
    gids: keepOne(gid, contiguousIds(identity.gidMap)),
  };
  const [name = String(uid), , , , words = '', home = '/'] = userLine(identity.uid)?.split(':') ?? [];
  return {
    user: `${uid}:${gid}`,
    options: {
      idMaps,
      namespace: 'private',
      usernsMode: details === '' ? 'keep-id' : `keep-id:${details}`,
      hostUsers: [[name, 'x', uid, gid, words, home, ''].join(':')],
    },
  };
}

function withoutCaller(identity: Identity): IdMaps {
  const rest = (total: number): IdMapping[] => {
    if (total > 1) return [{ containerID: 0, hostID: 1, size: total - 1 }];
    throw new ProaError(
      'NO_SUBORDINATE_IDS',
      'use --userns=nomap: this user has no other ids than their own',
      {
        hint: 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER',
      },
    );
  };
  return { uids: rest(contiguousIds(identity.uidMap)), gids: rest(contiguousIds(identity.gidMap)) };
}

/** The first ids of the shared-out ranges that no other container has. */
function autoMaps(engine: Engine, details: string): IdMaps {
  const { identity } = engine;
  const { size = identity.rootless ? AUTO_SIZE.user : AUTO_SIZE.root } = parseDetails('auto', details, [
    'size',
  ]);
  const { uids, gids } = identity.rootless
    ? {
        uids: [{ start: 1, count: contiguousIds(identity.uidMap) - 1 }],
        gids: [{ start: 1, count: contiguousIds(identity.gidMap) - 1 }],
      }
    : readNamedRanges(AUTO_OWNER);
  const taken = listContainers(engine.store, []).flatMap(({ config }) => config.idMaps ?? []);
  const take = (ranges: readonly SubordinateRange[], kind: keyof IdMaps): IdMapping[] => {
    const hostID = firstFree(
      ranges,
      taken.flatMap((maps) => maps[kind]),
      size,
    );
    if (hostID !== undefined) return [{ containerID: 0, hostID, size }];
    const owner = identity.rootless
      ? 'this user'
      : `the user ${AUTO_OWNER} in /etc/sub${kind === 'uids' ? 'uid' : 'gid'}`;
    throw new ProaError(
      'NO_SUBORDINATE_IDS',
      `find ${size} free ids for --userns=auto: ${owner} has not as many`,
      {
        hint: identity.rootless
          ? '--userns=auto:size=N takes fewer'
          : `sudo useradd -r ${AUTO_OWNER}; sudo usermod --add-subuids 1000000000-1999999999 --add-subgids 1000000000-1999999999 ${AUTO_OWNER}`,
      },
    );
  };
  return { uids: take(uids, 'uids'), gids: take(gids, 'gids') };
}

/** All ranges of a name, one after another, as a user's own namespace has them. */
function namedMaps(identity: Identity, uidName: string, gidName: string): IdMaps {
  const chain = (ranges: readonly SubordinateRange[], name: string, kind: 'uid' | 'gid'): IdMapping[] => {
    if (ranges.length === 0)
      throw new ProaError('NO_SUBORDINATE_IDS', `use ids of ${name}: no line of /etc/sub${kind} is theirs`);
    let containerID = 0;
    return ranges.map(({ start, count }) => {
      const first = containerID;
      containerID += count;
      const hostID = toInside(kind === 'uid' ? identity.uidMap : identity.gidMap, start);
      if (hostID === undefined)
        throw new ProaError('INVALID_ID_MAP', `use ids of ${name}: ${start} is not among this user's`);
      return { containerID: first, hostID, size: count };
    });
  };
  return {
    uids: chain(readNamedRanges(uidName).uids, uidName, 'uid'),
    gids: chain(readNamedRanges(gidName).gids, gidName, 'gid'),
  };
}

function joined({ store }: Engine, name: string): ResolvedUserNamespace {
  const id = resolveContainer(store, name);
  const idMaps = readContainer(store, id)?.config.idMaps;
  // Without maps it has none of its own, and what it is in is what we are in.
  if (idMaps === undefined) return { options: { usernsMode: `container:${id}` } };
  return { options: { idMaps, namespace: `container:${id}`, usernsMode: `container:${id}` } };
}

/** Its maps are shown to who is in it (user_namespaces(7)). */
function mapsOfNamespace(path: string): IdMaps {
  const maps = ['uid_map', 'gid_map'].map((file) => {
    const look = spawnSync(
      findProgram('nsenter'),
      [`--user=${path}`, '--preserve-credentials', 'cat', `/proc/self/${file}`],
      {
        encoding: 'utf8',
      },
    );
    if (look.status === 0) return parseIdMap(look.stdout);
    const why = look.stderr.trim().split('\n').at(-1) || 'it cannot be entered';
    throw new ProaError('NAMESPACE_MISSING', `use --userns namespace ${path}: ${why}`);
  });
  const [uids = [], gids = []] = maps.map((map) =>
    map.map(({ inside, outside, size }) => ({ containerID: inside, hostID: outside, size })),
  );
  return { uids, gids };
}

function parseDetails<Key extends string>(
  mode: string,
  text: string,
  keys: readonly Key[],
): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  for (const word of text.split(',').filter(Boolean)) {
    const [key, value = ''] = splitOnce(word, '=');
    if (!keys.includes(key as Key) || !/^\d+$/.test(value)) {
      throw new ProaError(
        'INVALID_ID_MAP',
        `use --userns=${mode}:${text}: ${word} is not ${keys.map((name) => `${name}=NUMBER`).join(' or ')}`,
      );
    }
    found[key as Key] = Number(value);
  }
  return found;
}

function requireUser({ rootless }: Identity, mode: string): void {
  if (rootless) return;
  throw new ProaError(
    'INVALID_ID_MAP',
    `use --userns=${mode}: only a user's containers have it, root's do not`,
  );
}

function conflict(a: string, b: string): ProaError {
  return new ProaError('CONFLICTING_OPTIONS', `conflicting options: ${a} and ${b}`);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
