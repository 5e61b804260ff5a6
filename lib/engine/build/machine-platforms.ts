/** For what this machine can run steps: its own processor, and what binfmt_misc hands to an emulator. */
import { readdirSync, readFileSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { hostPlatform, type Platform } from '../../oci/model/platform.ts';

const FOLDER = '/proc/sys/fs/binfmt_misc';

/** QEMU's names of processors, as Debian's qemu-user-static and tonistiigi/binfmt register them. */
const EMULATED: Readonly<Record<string, Omit<Platform, 'os'>>> = {
  aarch64: { architecture: 'arm64' },
  arm: { architecture: 'arm', variant: 'v7' },
  i386: { architecture: '386' },
  loongarch64: { architecture: 'loong64' },
  mips64: { architecture: 'mips64' },
  mips64el: { architecture: 'mips64le' },
  ppc64le: { architecture: 'ppc64le' },
  riscv64: { architecture: 'riscv64' },
  s390x: { architecture: 's390x' },
  x86_64: { architecture: 'amd64' },
};

/** The machine's own first. A 64-bit x86 runs 32-bit programs by itself. */
export function machinePlatforms(): Platform[] {
  const own = hostPlatform();
  const platforms = [own];
  if (own.architecture === 'amd64') platforms.push({ os: 'linux', architecture: '386' });
  for (const name of registered()) {
    const known = EMULATED[name.replace(/^qemu-/, '')];
    if (known !== undefined && !platforms.some(({ architecture }) => architecture === known.architecture))
      platforms.push({ os: 'linux', ...known });
  }
  return platforms;
}

/** Entries that are enabled. */
function registered(): string[] {
  let names: string[];
  try {
    names = readdirSync(FOLDER);
  } catch (error) {
    // The kernel has no such file system, or nobody mounted it: then nothing is emulated.
    if (hasCode(error, 'ENOENT', 'EACCES')) return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith('qemu-'))
    .filter((name) => readFileSync(`${FOLDER}/${name}`, 'utf8').startsWith('enabled'))
    .sort();
}
