/**
 * The system programs that Proa drives, and installing those that are missing. Looked for by presence, not by asking
 * the package manager: a person may have built their own. `__tests__/scripts/system-packages.test.ts` holds the packages
 * here and in lib/core/programs.ts to the same names.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { step } from './child.mjs';
import { Stop, say } from './say.mjs';

const FOLDERS = [
  ...(process.env.PATH ?? '').split(':'),
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/usr/libexec/podman',
  '/usr/lib/podman',
  '/usr/libexec/catatonit',
];

/** One need a row; of several programs any one will do, and the first that the distribution has is installed. */
export const FOR_RUN = [
  [{ program: 'crun', package: 'crun' }],
  [{ program: 'conmon', package: 'conmon' }],
  [{ program: 'catatonit', package: 'catatonit' }],
  [{ program: 'newuidmap', package: 'uidmap' }],
  // Ubuntu 22.04 has no passt.
  [
    { program: 'pasta', package: 'passt' },
    { program: 'slirp4netns', package: 'slirp4netns' },
  ],
  [{ program: 'nft', package: 'nftables' }],
  [{ program: 'ip', package: 'iproute2' }],
  [{ program: 'busybox', package: 'busybox-static', is: isStatic }],
];

/** Where the v2 cgroup tree of a hybrid layout holds controllers, crun refuses to work (crun, cgroup.c). */
const FOR_HYBRID_CGROUPS = [[{ program: 'runc', package: 'runc' }]];

/** What the tests drive or compare with, on top. */
export const FOR_TEST = [
  [{ program: 'runc', package: 'runc' }],
  [{ program: 'slirp4netns', package: 'slirp4netns' }],
  [{ program: 'docker-registry', package: 'docker-registry' }],
  [{ program: 'skopeo', package: 'skopeo' }],
  [{ program: 'umoci', package: 'umoci' }],
  [{ program: 'openssl', package: 'openssl' }],
  [{ program: 'gpg', package: 'gnupg' }],
];

/** What makes the machines of `npm run test:systemd`. */
export const FOR_MACHINES = [[{ program: 'mmdebstrap', package: 'mmdebstrap' }]];

/** What the virtual machine of the tests takes. */
export const FOR_VM = [
  [{ program: 'qemu-system-x86_64', package: 'qemu-system-x86' }],
  [{ program: 'qemu-img', package: 'qemu-utils' }],
  [{ program: 'mmdebstrap', package: 'mmdebstrap' }],
  [{ program: 'mkfs.ext4', package: 'e2fsprogs' }],
  [{ program: 'ssh', package: 'openssh-client' }],
  [{ program: 'busybox', package: 'busybox-static', is: isStatic }],
];

export function needsOfRun() {
  return [...FOR_RUN, ...(isHybridWithControllers() ? FOR_HYBRID_CGROUPS : [])];
}

/** The needs that nothing on this machine meets. */
export function missing(needs) {
  return needs.filter((choices) => !choices.some(isPresent));
}

/**
 * Installs what is missing.
 * @throws Stop, with the line to type, when we are not root or this is no Debian
 */
export async function installMissing(needs) {
  const lacking = missing(needs);
  if (lacking.length === 0) return;
  const programs = lacking.map((choices) => choices.map(({ program }) => program).join(' or '));
  say(`Missing on this machine: ${programs.join(', ')}`);
  if (!isPresent({ program: 'apt-get' })) {
    throw new Stop('Install these programs with the package manager of your distribution, then try again.');
  }
  if (process.geteuid() !== 0)
    throw new Stop(`Install them with:\n\n  ${installLine(lacking)}\n\nand try again.`);
  // Without these, apt-get would stop at a question, or start a daemon that nobody asked for to be started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await step('apt-get', ['update', '-q'], { env });
  const install = ['install', '-q', '-y', '--no-install-recommends', ...packagesFor(lacking)];
  await step('apt-get', install, { env });
  const still = missing(lacking);
  if (still.length > 0) {
    throw new Stop(`Installed, but still not found: ${still.map(([{ program }]) => program).join(', ')}`);
  }
}

/** The one line that installs what is missing. */
export function installLine(lacking) {
  return `sudo apt-get update && sudo apt-get install --no-install-recommends ${packagesFor(lacking).join(' ')}`;
}

function packagesFor(lacking) {
  const names = lacking.map((choices) => (choices.find(isOffered) ?? choices[0]).package);
  return [...new Set(names)];
}

function isOffered({ package: name }) {
  return spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
}

function isPresent({ program, is = () => true }) {
  return FOLDERS.some((folder) => {
    const path = `${folder}/${program}`;
    return folder.startsWith('/') && isExecutable(path) && is(path);
  });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not for us: either way not there
  }
}

/** True for an ELF program without an interpreter (elf(5), PT_INTERP): it runs in an image by itself. */
export function isStatic(path) {
  const elf = readFileSync(path);
  if (elf.toString('latin1', 0, 4) !== '\x7fELF' || elf[4] !== 2) return false;
  const start = Number(elf.readBigUInt64LE(32));
  const size = elf.readUInt16LE(54);
  const count = elf.readUInt16LE(56);
  const PT_INTERP = 3;
  for (let at = start; at < start + size * count; at += size) {
    if (elf.readUInt32LE(at) === PT_INTERP) return false;
  }
  return true;
}

function isHybridWithControllers() {
  const file = '/sys/fs/cgroup/unified/cgroup.controllers';
  return existsSync(file) && readFileSync(file, 'utf8').trim() !== '';
}
