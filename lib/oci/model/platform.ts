import { ProaError } from '../../core/error.ts';

/** What an image runs on, in Go's words (image-spec, image-index.md, "platform"). Always normalised inside Proa. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
}

const KNOWN_OS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
);
const KNOWN_ARCHITECTURE = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64 wasm'.split(
    ' ',
  ),
);

/** Whether Go knows both words. */
export function isKnownPlatform(os: string, architecture: string): boolean {
  return KNOWN_OS.has(os) && KNOWN_ARCHITECTURE.has(architecture);
}

/** process.arch in Go's words. Node's `arm` means ARMv7 or ARMv6 with hardware floats; ARMv7 is what Docker assumes. */
const NODE_ARCHITECTURE: Record<string, string> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The machine's platform, normalised. Containers are Linux, whatever `process.platform` says. */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: 'linux', architecture: NODE_ARCHITECTURE[process.arch] ?? process.arch });
}

/**
 * Parses `os`, `architecture`, `os/architecture` or `os/architecture/variant` as `--platform` takes it, and puts it in
 * normal form (x86_64 → amd64, aarch64 → arm64, armhf → arm/v7, arm64/v8 → arm64). Throws INVALID_PLATFORM.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(part))) {
    throw invalid(text, 'it is not of the form os/architecture[/variant]');
  }
  const [first = '', second, variant] = parts;
  if (second !== undefined) return normalizePlatform({ os: first, architecture: second, variant });
  const alone = normalizePlatform({ os: 'linux', architecture: first });
  if (KNOWN_ARCHITECTURE.has(alone.architecture)) return alone;
  const { os, architecture, variant: hostVariant } = { ...hostPlatform(), os: normalizeOs(first) };
  if (KNOWN_OS.has(os)) return normalizePlatform({ os, architecture, variant: hostVariant });
  throw invalid(text, 'neither an operating system nor an architecture that is known');
}

/** `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** The normal form that containerd, Docker and Podman compare: aliases resolved, a default variant left out or named. */
export function normalizePlatform(platform: Platform): Platform {
  const [architecture, variant] = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    (platform.variant ?? '').toLowerCase(),
  );
  const version = platform['os.version'];
  return {
    os: normalizeOs(platform.os),
    architecture,
    ...(variant !== '' && { variant }),
    ...(version && { 'os.version': version }),
  };
}

/**
 * The index of the candidate that suits `wanted` best, or undefined. The order is containerd's: the exact variant, then
 * the lower variants of the same architecture (arm v8 > v7 > v6 > v5, amd64 v3 > v2 > v1), then what the processor
 * runs besides (arm64 runs arm, amd64 runs 386). A candidate without a platform (an index may leave it out) is taken
 * only when no other suits. Among equals the first wins.
 */
export function matchPlatform(
  wanted: Platform,
  candidates: readonly (Platform | undefined)[],
): number | undefined {
  const normal = candidates.map((candidate) => candidate && normalizePlatform(candidate));
  for (const acceptable of acceptablePlatforms(normalizePlatform(wanted))) {
    const index = normal.findIndex((candidate) => candidate && same(acceptable, candidate));
    if (index >= 0) return index;
  }
  const unspecified = normal.indexOf(undefined);
  return unspecified < 0 ? undefined : unspecified;
}

function same(wanted: Platform, candidate: Platform): boolean {
  const version = wanted['os.version'];
  return (
    wanted.os === candidate.os &&
    wanted.architecture === candidate.architecture &&
    wanted.variant === candidate.variant &&
    (version === undefined || version === candidate['os.version'])
  );
}

/** What a machine of this (normalised) platform can run, best first. */
function acceptablePlatforms(platform: Platform): Platform[] {
  const variants = (architecture: string, from: number, to: number) =>
    Array.from({ length: Math.max(from - to + 1, 0) }, (_, i) =>
      normalizePlatform({ ...platform, architecture, variant: `v${from - i}` }),
    );
  const level = /^v(\d+)$/.exec(platform.variant ?? '');
  const number = level ? Number(level[1]) : undefined;
  switch (platform.architecture) {
    case 'amd64': {
      const lower = number === undefined ? [] : variants('amd64', Math.min(number - 1, 16), 1);
      return [
        platform,
        ...lower,
        normalizePlatform({ ...platform, architecture: '386', variant: undefined }),
      ];
    }
    case 'arm':
      return [platform, ...(number === undefined ? [] : variants('arm', Math.min(number - 1, 16), 5))];
    case 'arm64':
      return [platform, ...lowerArm64(platform), ...variants('arm', 8, 5)];
    default:
      return [platform];
  }
}

/** arm64/v8.N runs every lower v8; v9.N was split off v8.(N+5), so it runs v9.(<N) and v8.(≤N+5). */
function lowerArm64(platform: Platform): Platform[] {
  const match = /^v([89])(?:\.(\d))?$/.exec(platform.variant ?? '');
  if (!match) return [];
  const minor = Number(match[2] ?? 0);
  const below = (major: number, from: number) =>
    Array.from({ length: from + 1 }, (_, i) => from - i).map((n) =>
      normalizePlatform({ ...platform, variant: n === 0 ? `v${major}` : `v${major}.${n}` }),
    );
  return match[1] === '9' ? [...below(9, minor - 1), ...below(8, minor + 5)] : below(8, minor - 1);
}

function normalizeOs(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

function normalizeArchitecture(
  architecture: string,
  variant: string,
): [architecture: string, variant: string] {
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      return ['arm64', variant === '8' || variant === 'v8' || variant === 'v8.0' ? '' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      return ['arm', variant === '' ? 'v7' : /^[5-8]$/.test(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

function invalid(text: string, why: string): ProaError {
  return new ProaError('INVALID_PLATFORM', `invalid platform: ${JSON.stringify(text)}: ${why}`, {
    hint: 'a platform looks like linux/amd64 or linux/arm/v7',
  });
}
