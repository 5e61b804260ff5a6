/**
 * A Debian that boots: its packages as a tar, made once and kept in the cache, since that takes most of a minute. What is
 * in it is what Proa needs on a machine, and nothing of Proa.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { collect } from '../../e2e/support/child.ts';

const SUITE = 'bookworm';

const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'libpam-systemd', 'dbus', 'dbus-user-session'],
  ...['crun', 'runc', 'conmon', 'catatonit', 'uidmap', 'passt', 'slirp4netns', 'nftables', 'aardvark-dns'],
  ...['iproute2', 'procps'],
];

/** The user that lingers from the first boot on. */
export const USER = { name: 'app', uid: 1000 } as const;

/** Run in the new root, $1. */
const SET_UP = [
  `chroot "$1" useradd --create-home --shell /bin/bash --uid ${USER.uid} ${USER.name}`,
  `mkdir -p "$1/var/lib/systemd/linger" && touch "$1/var/lib/systemd/linger/${USER.name}"`,
  // Terminals are the host's, if there are any.
  'ln -s /dev/null "$1/etc/systemd/system/getty.target"',
  // Where the host's are closed, those of a privileged container are, too.
  'printf "%s\\n" "z /dev/net/tun 0666" "z /dev/fuse 0666" >"$1/etc/tmpfiles.d/devices.conf"',
  'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/* "$1"/var/cache/apt/*',
];

const MINUTE = 60_000;

/** The tar, of a name that changes with what it is made of. */
export async function machineTar(): Promise<string> {
  const folder = process.env.PROA_TEST_CACHE ?? `${homedir()}/.cache/proa-test`;
  const recipe = new Bun.CryptoHasher('sha256').update(JSON.stringify([SUITE, PACKAGES, SET_UP]));
  const file = `${folder}/machine-${recipe.digest('hex').slice(0, 12)}.tar`;
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const part = `${file}.${process.pid}`;
  try {
    const { code, err } = await collect(
      [
        ...['mmdebstrap', '--quiet', '--variant=minbase', `--include=${PACKAGES.join(',')}`],
        ...['--aptopt=Acquire::Languages "none"', '--format=tar'],
        ...SET_UP.map((line) => `--customize-hook=${line}`),
        ...[SUITE, part],
      ],
      { timeout: 10 * MINUTE, env: process.env as Record<string, string> },
    );
    if (code !== 0) throw new Error(`mmdebstrap: ${err}`);
    for (const old of readdirSync(folder).filter((name) => /^machine-\w+\.tar$/.test(name)))
      rmSync(`${folder}/${old}`);
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
  return file;
}

/** Why no such machine can be made here; undefined when it can. */
export function whyNoMachine(): string | undefined {
  if (process.geteuid!() !== 0) return 'a machine is a privileged container of root';
  return Bun.which('mmdebstrap') === null ? 'mmdebstrap is not installed' : undefined;
}
