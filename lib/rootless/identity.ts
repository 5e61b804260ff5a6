/** Who runs us, as the host sees it, and what that allows. */
import { readFileSync } from 'node:fs';
import { capabilitiesOfMask } from '../oci/model/runtime-spec/capabilities.ts';
import { contiguousIds, type IdMap, isFullMap, parseIdMap, toOutside } from './id-map.ts';

export interface Identity {
  /**
   * An ordinary user, or root of a user namespace: data is in the home folder, and the host's devices, cgroups and
   * network are out of reach.
   */
  rootless: boolean;
  /** The user's ids on the host (more exactly: outside this user namespace). */
  uid: number;
  gid: number;
  /** Inside the user namespace, or real root: files of any mapped owner can be made and mounts set up. */
  joined: boolean;
  /** Only one id is mapped: every file in a container belongs to the user, and images with other owners are squashed. */
  singleId: boolean;
  /** The maps of this user namespace. */
  uidMap: IdMap;
  gidMap: IdMap;
  /** How many group ids from 0 on exist here. */
  groupIds: number;
}

/** Reads /proc/self/uid_map and gid_map: under 20 µs. */
export function readIdentity(): Identity {
  const uidMap = parseIdMap(readFileSync('/proc/self/uid_map', 'utf8'));
  const gidMap = parseIdMap(readFileSync('/proc/self/gid_map', 'utf8'));
  const uid = process.geteuid!();
  const gid = process.getegid!();
  const joined = uid === 0;
  const rootless = !joined || !isFullMap(uidMap);
  return {
    rootless,
    uid: joined ? (toOutside(uidMap, uid) ?? uid) : uid,
    gid: joined ? (toOutside(gidMap, gid) ?? gid) : gid,
    joined,
    singleId: rootless && joined && contiguousIds(uidMap) === 1,
    uidMap,
    gidMap,
    groupIds: contiguousIds(gidMap),
  };
}

export interface ProcessCapabilities {
  effective: ReadonlySet<string>;
  /** What a container could be given at most. */
  bounding: ReadonlySet<string>;
}

/** This process's capability sets, from /proc/self/status. */
export function readCapabilities(): ProcessCapabilities {
  const status = readFileSync('/proc/self/status', 'latin1');
  const mask = (name: string): string => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0';
  return { effective: capabilitiesOfMask(mask('CapEff')), bounding: capabilitiesOfMask(mask('CapBnd')) };
}

/** May hard resource limits be raised? setrlimit(2) asks the initial user namespace, so never in another one. */
export function mayRaiseLimits(identity: Identity, capabilities: ProcessCapabilities): boolean {
  return !identity.rootless && capabilities.effective.has('CAP_SYS_RESOURCE');
}
