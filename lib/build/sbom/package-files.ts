/** Which files of an image tell of packages, and what they say. What cannot be read as such tells of none. */
import { controlRecords } from './control-fields.ts';
import { type FoundPackage, stated } from './package.ts';
import { readRpmDatabase } from './rpm-database.ts';

type Reader = (bytes: Uint8Array, file: string) => FoundPackage[] | Promise<FoundPackage[]>;

const READERS: readonly (readonly [path: RegExp, read: Reader])[] = [
  [/^var\/lib\/dpkg\/status$|^var\/lib\/dpkg\/status\.d\/[^/]+(?<!\.md5sums)$/, readDpkg],
  [/^(usr\/)?lib\/apk\/db\/installed$/, readApk],
  [/(^|\/)node_modules\/(@[^/]+\/)?[^/@][^/]*\/package\.json$/, readNpm],
  [/\.dist-info\/METADATA$|\.egg-info\/PKG-INFO$/, readPython],
  [/^(var\/lib|usr\/lib\/sysimage)\/rpm\/rpmdb\.sqlite$/, readRpmDatabase],
];

/** How the packages of a file are read; undefined for a file that tells of none. @param path without a slash in front */
export function packageReader(path: string): Reader | undefined {
  return READERS.find(([pattern]) => pattern.test(path))?.[1];
}

/** deb822(5); an entry without "installed" is of a package that was removed. */
function readDpkg(bytes: Uint8Array, file: string): FoundPackage[] {
  const packages: FoundPackage[] = [];
  for (const fields of controlRecords(textOf(bytes))) {
    const name = fields.get('package');
    const version = fields.get('version');
    // Distroless images have a file a package, without a status.
    const status = fields.get('status') ?? 'installed';
    if (!name || !version || !status.split(' ').includes('installed')) continue;
    packages.push({
      kind: 'deb',
      name,
      version,
      file,
      ...stated('architecture', fields.get('architecture')),
      ...stated('supplier', fields.get('maintainer')),
      ...stated('homepage', fields.get('homepage')),
      ...stated('source', fields.get('source')?.replace(/ \(.*$/, '')),
    });
  }
  return packages;
}

/** One letter a field (https://wiki.alpinelinux.org/wiki/Apk_spec). */
function readApk(bytes: Uint8Array, file: string): FoundPackage[] {
  return textOf(bytes)
    .split(/\n\s*\n/)
    .flatMap((record): FoundPackage[] => {
      const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(record)?.[1];
      const name = field('P');
      const version = field('V');
      if (!name || !version) return [];
      return [
        {
          kind: 'apk',
          name,
          version,
          file,
          ...stated('architecture', field('A')),
          ...stated('license', field('L')),
          ...stated('supplier', field('m')),
          ...stated('homepage', field('U')),
          ...stated('source', field('o')),
        },
      ];
    });
}

function readNpm(bytes: Uint8Array, file: string): FoundPackage[] {
  const document = jsonOf(bytes);
  const { name, version, license, homepage, author } = document;
  if (typeof name !== 'string' || typeof version !== 'string') return [];
  const type = typeof license === 'string' ? license : (license as { type?: unknown } | undefined)?.type;
  const person = typeof author === 'string' ? author : (author as { name?: unknown } | undefined)?.name;
  return [
    {
      kind: 'npm',
      name,
      version,
      file,
      ...stated('license', type),
      ...stated('supplier', person),
      ...stated('homepage', homepage),
    },
  ];
}

/** PEP 566. */
function readPython(bytes: Uint8Array, file: string): FoundPackage[] {
  const [fields] = controlRecords(textOf(bytes));
  const name = fields?.get('name');
  const version = fields?.get('version');
  if (!fields || !name || !version) return [];
  const license = fields.get('license-expression') ?? fields.get('license')?.split('\n', 1)[0];
  return [
    {
      kind: 'pypi',
      name,
      version,
      file,
      ...stated('license', license === 'UNKNOWN' ? undefined : license),
      ...stated('supplier', fields.get('author')),
      ...stated('homepage', fields.get('home-page')),
    },
  ];
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function jsonOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Test data of packages may be broken on purpose.
    return {};
  }
}
