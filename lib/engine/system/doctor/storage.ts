/** Room and rights where Proa keeps things, and what only root's networks need. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import type { Diagnosis } from '../doctor.ts';

const GIB = 1024 ** 3;
const LITTLE_SPACE = 5 * GIB;
const NO_SPACE = GIB / 4;
const FEW_INODES = 100_000;

export function* checkStorage(root: string): Iterable<Diagnosis> {
  const place = nearestFolder(root);
  yield isWritable(place)
    ? { state: 'ok', what: 'storage', why: root }
    : {
        state: 'missing',
        what: 'storage',
        why: `${place} cannot be written`,
        cure: 'proa --root DIR --runroot DIR …',
      };
  const { bavail, bsize, files, ffree } = statfsSync(place);
  const free = bavail * bsize;
  const why = `${(free / GIB).toFixed(1)} GiB free at ${place}`;
  const cure = 'proa images, then proa rmi what is not needed; or proa --root DIR on a larger disk';
  if (free < NO_SPACE) yield { state: 'missing', what: 'disk space', why, cure };
  else if (free < LITTLE_SPACE) yield { state: 'warning', what: 'disk space', why, cure };
  else yield { state: 'ok', what: 'disk space', why };
  // Some file systems (btrfs) have no fixed number of inodes and say 0.
  if (files > 0 && ffree < FEW_INODES) {
    yield {
      state: 'warning',
      what: 'disk inodes',
      why: `${ffree} free at ${place}; an image may need 50,000`,
      cure,
    };
  }
}

/** IP forwarding, which root's bridge needs and Proa turns on itself. */
export function* checkRoot(): Iterable<Diagnosis> {
  const file = '/proc/sys/net/ipv4/ip_forward';
  const what = 'IP forwarding';
  if (readFileSync(file, 'latin1').trim() === '1') yield { state: 'ok', what, why: 'on' };
  else if (isWritable(file))
    yield { state: 'ok', what, why: 'off; the first container on the bridge turns it on' };
  else {
    const why = 'off, and /proc/sys is read-only, so containers on the bridge reach only this host';
    yield { state: 'warning', what, why, cure: 'sudo sysctl -w net.ipv4.ip_forward=1' };
  }
}

/** The folder itself, or the nearest one above it that exists. */
export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = folder.slice(0, folder.lastIndexOf('/')) || '/';
  return folder;
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // read-only, not ours, or absent: it cannot be used
  }
}
