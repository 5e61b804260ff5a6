/** Folders under RUNROOT, which a reboot empties. */
import { mkdirSync } from 'node:fs';
import { AT_FDCWD, tryMkdirAt } from '../core/sys/file.ts';

const EEXIST = -17;

/** Makes a folder with its parents; there already is fine. */
export function ensureFolder(folder: string): void {
  const result = tryMkdirAt(AT_FDCWD, folder, 0o700);
  if (result !== 0 && result !== EEXIST) mkdirSync(folder, { recursive: true, mode: 0o700 });
}
