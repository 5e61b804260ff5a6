/** Whether KVM runs a machine here: a kernel's first words within seconds. That /dev/kvm is there does not say so. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** A machine that runs says something within two; a loaded host may be slower. */
const PATIENCE = 10_000;

/** @param disk the folder with vmlinuz. @returns qemu's word for -accel */
export async function accelerator(disk) {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg'; // absent or not for us
  }
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'kvm', '-cpu', 'max', '-m', '512', '-display', 'none', '-vga', 'none'],
      ...['-monitor', 'none', '-serial', 'stdio', '-no-reboot'],
      ...['-kernel', join(disk, 'vmlinuz'), '-append', 'console=ttyS0 panic=-1'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const alarm = setTimeout(() => qemu.kill('SIGKILL'), PATIENCE);
  let said = '';
  for await (const chunk of qemu.stdout) {
    said += chunk;
    if (said.includes('Linux version')) break;
  }
  clearTimeout(alarm);
  qemu.kill('SIGKILL');
  return said.includes('Linux version') ? 'kvm' : 'tcg';
}
