/** A root file system of about 2 MB from this machine's static busybox: the image that needs no registry. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStatic } from './system-packages.mjs';

/** Writes the tar to `file`. */
export function writeBusyboxTar(file) {
  const busybox = ['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox'].find(isStaticProgram);
  const root = mkdtempSync(join(tmpdir(), 'proa-busybox-'));
  try {
    for (const folder of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var'])
      mkdirSync(join(root, folder));
    copyFileSync(busybox, join(root, 'bin/busybox'));
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
    for (const applet of applets) {
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
    }
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
    execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '--sort=name', '-cf', file, '.']);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function isStaticProgram(path) {
  try {
    return isStatic(path);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
