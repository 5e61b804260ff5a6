/**
 * Finds the helper programs that Proa runs: in PATH, then in the folders where distributions hide helpers that are
 * not meant for people. Nothing is spawned and nothing is remembered: a look-up is a few access(2) calls.
 */
import { accessSync, constants } from 'node:fs';
import { ProaError } from './error.ts';

/** Debian's and Podman's folders for helpers, in the order they are tried after PATH. */
const HELPER_FOLDERS: readonly string[] = [
  '/usr/local/libexec/podman',
  '/usr/local/lib/podman',
  '/usr/libexec/podman',
  '/usr/lib/podman',
  '/usr/libexec/catatonit',
  '/usr/lib/cri-o-runc/sbin',
  '/usr/local/libexec',
  '/usr/libexec',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
];

/** The Debian package that holds a program, where the package has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  apparmor_parser: 'apparmor',
  getent: 'libc-bin',
  getsubids: 'uidmap',
  gpg: 'gnupg',
  ip: 'iproute2',
  iptables: 'iptables',
  loginctl: 'systemd',
  modprobe: 'kmod',
  'mount.fuse3': 'fuse3',
  newgidmap: 'uidmap',
  newuidmap: 'uidmap',
  nft: 'nftables',
  nsenter: 'util-linux',
  pasta: 'passt',
  ps: 'procps',
  setpriv: 'util-linux',
  ssh: 'openssh-client',
  sysctl: 'procps',
  'systemd-analyze': 'systemd',
  systemctl: 'systemd',
  unshare: 'util-linux',
  xz: 'xz-utils',
};

export interface FindOptions {
  /** What the configuration or an option names: an absolute path, or another name to look for. It alone counts. */
  configured?: string | undefined;
  /** Folders to try before PATH (`helper_binaries_dir` of containers.conf). */
  extraDirs?: readonly string[];
}

/**
 * The absolute path of a program.
 * @throws ProaError PROGRAM_MISSING, with the package to install as hint.
 */
export function findProgram(name: string, options: FindOptions = {}): string {
  const found = tryFindProgram(name, options);
  if (found !== undefined) return found;
  const { configured } = options;
  if (configured !== undefined && configured !== name) {
    throw new ProaError('PROGRAM_MISSING', `find ${name}: ${configured}: no such program`, {
      hint: `check the path that was configured, or leave it out to use the ${name} in PATH`,
    });
  }
  throw missingProgram(name);
}

/** Like {@link findProgram}, but undefined when it is not there. */
export function tryFindProgram(name: string, options: FindOptions = {}): string | undefined {
  const wanted = options.configured ?? name;
  if (wanted.includes('/')) return isExecutable(wanted) ? wanted : undefined;
  for (const dir of options.extraDirs ?? []) {
    if (isExecutable(`${dir}/${wanted}`)) return `${dir}/${wanted}`;
  }
  // A relative PATH entry would let the current folder decide what runs.
  for (const dir of (process.env.PATH ?? '').split(':')) {
    if (dir.startsWith('/') && isExecutable(`${dir}/${wanted}`)) return `${dir}/${wanted}`;
  }
  for (const dir of HELPER_FOLDERS) {
    if (isExecutable(`${dir}/${wanted}`)) return `${dir}/${wanted}`;
  }
  return undefined;
}

/** The error for programs that are not installed, any one of which would do. */
export function missingProgram(...names: [string, ...string[]]): ProaError {
  const packages = names.map(packageOf);
  return new ProaError('PROGRAM_MISSING', `find ${names.join(' or ')}: not installed`, {
    hint: packages.map((name) => `apt-get install ${name}`).join(', or '),
  });
}

/** The Debian package that has a program. */
export function packageOf(program: string): string {
  return PACKAGES[program] ?? program;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // absent, not executable or out of reach: all the same to a search
  }
}
