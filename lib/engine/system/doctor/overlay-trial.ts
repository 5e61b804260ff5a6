/** Whether overlayfs works where containers' folders are: tried, in a mount namespace that goes with the trial. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { messageOf } from '../../../core/error.ts';
import { tryFindProgram } from '../../../core/programs.ts';
import { removeTree } from '../../../core/sys/directory.ts';
import type { Diagnosis } from '../doctor.ts';
import { isWritable, nearestFolder } from './storage.ts';

export function* checkOverlay(root: string, asUser: boolean): Iterable<Diagnosis> {
  const what = 'overlay';
  const unshare = tryFindProgram('unshare');
  const place = nearestFolder(root);
  if (unshare === undefined || !isWritable(place)) {
    yield {
      state: 'warning',
      what,
      why: `not tried: ${unshare === undefined ? 'unshare is missing' : `${place} cannot be written`}`,
    };
    return;
  }
  const why = tryOverlay(unshare, place, asUser);
  if (why === undefined) yield { state: 'ok', what, why: `mounts on ${place}` };
  else {
    const cure = asUser
      ? 'sudo modprobe overlay; users need Linux 5.11, and a disk that is not NFS or overlay itself (proa --root DIR)'
      : 'sudo modprobe overlay; it needs a disk that is not overlay or NFS itself (proa --root DIR)';
    yield { state: 'missing', what, why, cure };
  }
}

/** @returns why it does not work; undefined when it does */
function tryOverlay(unshare: string, place: string, asUser: boolean): string | undefined {
  let folder: string;
  try {
    folder = mkdtempSync(`${place}/.proa-doctor-`);
  } catch (error) {
    return messageOf(error);
  }
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(`${folder}/${name}`);
    const options = `lowerdir=lower,upperdir=upper,workdir=work${asUser ? ',userxattr' : ''}`;
    // Making a file shows what mounting alone does not: that the upper folder can be written through it.
    const script = `mount -t overlay overlay -o ${options} merged && : > merged/file`;
    const namespaces = asUser ? ['--user', '--map-root-user', '--mount'] : ['--mount'];
    const { exitCode, stderr } = Bun.spawnSync([unshare, ...namespaces, 'sh', '-c', script], {
      cwd: folder,
      stderr: 'pipe',
    });
    if (exitCode === 0) return undefined;
    return stderr.toString().trim().split('\n')[0] || `mount failed with exit code ${exitCode}`;
  } finally {
    removeTree(folder);
  }
}
