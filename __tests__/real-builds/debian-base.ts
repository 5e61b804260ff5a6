/** A Debian base for builds on real packages, and what of this machine they need to fetch more: its mirrors. */
import { existsSync } from 'node:fs';
import { collect } from '../e2e/support/child.ts';
import type { Machine } from '../e2e/support/machine.ts';

export const BASE = 'real-debian';

/** Why there is none here. */
export function whyNoBase(): string | undefined {
  if (process.geteuid!() !== 0) return 'needs root';
  return Bun.which('mmdebstrap') === null ? 'mmdebstrap is not installed' : undefined;
}

/** A minimal Debian, by a build of its own: an archive unpacked into nothing. */
export async function buildBase(machine: Machine): Promise<void> {
  const folder = await machine.makeFolder('base');
  const made = await collect(['mmdebstrap', '--variant=minbase', 'bookworm', `${folder}/root.tar`], {
    timeout: 300_000,
  });
  if (made.code !== 0) throw new Error(`mmdebstrap: ${made.err}`);
  await Bun.write(
    `${folder}/Dockerfile`,
    'FROM scratch\nADD root.tar /\nENV PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive\nCMD ["bash"]\n',
  );
  const built = await machine.proaWith({ timeout: 300_000 }, 'build', '-q', '-t', BASE, folder);
  if (built.code !== 0) throw new Error(built.err);
}

/** Options with which RUN reaches the mirrors as this machine does, without anything of that in the image. */
export function mirrorOptions(): string[] {
  const contexts = ['--build-context=apt=/etc/apt', '--build-context=ssl=/etc/ssl'];
  const npmrc = ['/root/.npmrc', '/etc/npmrc'].find(existsSync);
  const secrets = npmrc === undefined ? [] : [`--secret=id=npmrc,src=${npmrc}`];
  return ['--network=host', ...contexts, ...secrets];
}

/** `RUN apt-get install …`: lists and packages stay in caches, the mirrors' configuration outside. */
export function aptInstall(...packages: string[]): string {
  const mounts = [
    'type=bind,from=apt,target=/etc/apt',
    'type=bind,from=ssl,target=/etc/ssl',
    'type=cache,target=/var/cache/apt,sharing=locked',
    'type=cache,target=/var/lib/apt/lists,sharing=locked',
  ];
  const flags = mounts.map((mount) => `--mount=${mount}`).join(' ');
  return `RUN ${flags} apt-get update -q && apt-get install -qy --no-install-recommends ${packages.join(' ')}`;
}
