/**
 * The virtual machine's disk: Debian with its kernel, systemd and the programs that Proa drives, made from packages of the
 * mirror that this machine's apt is set up for. Made once for each recipe and kept in CACHE/KEY/: `disk.img` (ext4, no
 * partitions), `vmlinuz`, `initrd`, and `key`, the ssh key that opens it. Machines write to overlays, never to it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from '../lib/child.mjs';
import { Stop, say } from '../lib/say.mjs';

const RELEASE = 'bookworm';
const SIZE = '12G';

/** Another set of packages is another disk. */
const PACKAGES = [
  // The machine.
  'linux-image-amd64 initramfs-tools systemd systemd-sysv dbus dbus-user-session libpam-systemd udev openssh-server',
  'iproute2 procps kmod iputils-ping curl socat netcat-openbsd apparmor',
  // What Proa drives.
  'crun runc conmon catatonit uidmap passt slirp4netns nftables aardvark-dns criu iptables fuse-overlayfs busybox-static',
  // What the tests hold against it.
  'xfsprogs e2fsprogs docker-registry',
].flatMap((line) => line.split(' '));

const CUSTOMIZE = fileURLToPath(new URL('customize.sh', import.meta.url));
const SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];

export const CACHE = process.env.PROA_VM_CACHE ?? join(homedir(), '.cache/proa-vm');

/** @returns the folder with the disk of today's recipe, made if it is not there yet (about three minutes) */
export async function vmDisk() {
  const recipe = [RELEASE, SIZE, ...PACKAGES, readFileSync(CUSTOMIZE, 'utf8')].join('\n');
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = join(CACHE, key);
  if (existsSync(folder)) return folder;
  if (process.geteuid() !== 0) {
    throw new Stop(
      `make the virtual machine's disk: only root can, and none is in ${CACHE}: sudo npm run test:vm`,
    );
  }
  say(`Making the virtual machine's disk in ${folder}`);
  mkdirSync(CACHE, { recursive: true });
  const made = join(CACHE, `${key}.${process.pid}`);
  try {
    await make(made);
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

async function make(folder) {
  const tree = join(folder, 'tree');
  const disk = join(folder, 'disk.img');
  mkdirSync(folder);
  await step('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'proa-vm', '-f', join(folder, 'key')]);
  const sources = SOURCES.find((file) => existsSync(file));
  if (sources === undefined) throw new Stop(`find apt's sources: none of ${SOURCES.join(', ')} is here`);
  await step('mmdebstrap', [
    '--mode=root',
    '--variant=minbase',
    `--include=${PACKAGES.join(',')}`,
    '--components=main',
    `--customize-hook=${CUSTOMIZE} "$1" ${join(folder, 'key.pub')}`,
    RELEASE,
    tree,
    sources,
  ]);
  await step('sh', [
    '-c',
    'cp "$1"/boot/vmlinuz-* "$2"/vmlinuz; mv "$1"/boot/initrd-proa "$2"/initrd',
    'sh',
    tree,
    folder,
  ]);
  await step('truncate', ['-s', SIZE, disk]);
  // Project quotas are for volumes with a size.
  await step('mkfs.ext4', ['-q', '-F', '-O', 'quota,project', '-E', 'quotatype=prjquota', '-d', tree, disk]);
  rmSync(tree, { recursive: true });
}
