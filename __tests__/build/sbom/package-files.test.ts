import { packageReader } from '../../../lib/build/sbom/package-files.ts';
import { packageUrl, spdxDocument } from '../../../lib/build/sbom/spdx.ts';

const read = async (path: string, content: string | Uint8Array) => {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return await packageReader(path)!(bytes, path);
};

test.each([
  ['var/lib/dpkg/status', true],
  ['var/lib/dpkg/status.d/base', true],
  ['var/lib/dpkg/status.d/base.md5sums', false],
  ['var/lib/dpkg/status-old', false],
  ['lib/apk/db/installed', true],
  ['usr/lib/apk/db/installed', true],
  ['app/node_modules/left-pad/package.json', true],
  ['app/node_modules/@scope/name/package.json', true],
  ['app/node_modules/left-pad/test/package.json', false],
  ['app/package.json', false],
  ['usr/lib/python3/dist-packages/x.dist-info/METADATA', true],
  ['var/lib/rpm/rpmdb.sqlite', true],
  ['etc/passwd', false],
])('%s', (path, tells) => {
  expect(packageReader(path) !== undefined).toBe(tells);
});

test('dpkg: what is installed, with the source that it came from', async () => {
  const status = [
    'Package: libc6\nStatus: install ok installed\nMaintainer: GNU <a@b.c>\nArchitecture: amd64\nSource: glibc (2.36)\nVersion: 2.36-9\nDescription: the\n library\n Package: not-one\n',
    'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
    'Package: distroless\nVersion: 3\n',
  ].join('\n');
  expect(await read('var/lib/dpkg/status', status)).toEqual([
    {
      kind: 'deb',
      name: 'libc6',
      version: '2.36-9',
      architecture: 'amd64',
      supplier: 'GNU <a@b.c>',
      source: 'glibc',
      file: 'var/lib/dpkg/status',
    },
    { kind: 'deb', name: 'distroless', version: '3', file: 'var/lib/dpkg/status' },
  ]);
});

test('apk, npm, Python', async () => {
  const apk = 'C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nm:Someone <a@b.c>\n\nP:zlib\nV:1\n\n';
  expect(await read('lib/apk/db/installed', apk)).toMatchObject([
    { kind: 'apk', name: 'musl', version: '1.2.5-r0', license: 'MIT', architecture: 'x86_64' },
    { kind: 'apk', name: 'zlib', version: '1' },
  ]);
  const npm = 'a/node_modules/x/package.json';
  expect(
    await read(npm, '{"name":"x","version":"1","license":{"type":"ISC"},"author":{"name":"N"}}'),
  ).toMatchObject([{ name: 'x', license: 'ISC', supplier: 'N' }]);
  expect(await read(npm, '{"name":"x"')).toEqual([]);
  expect(await read(npm, '[1]')).toEqual([]);
  const metadata =
    'Metadata-Version: 2.1\nName: Flask_X\nVersion: 2\nLicense: UNKNOWN\n\nName: in the text\n';
  expect(await read('x.dist-info/METADATA', metadata)).toEqual([
    { kind: 'pypi', name: 'Flask_X', version: '2', file: 'x.dist-info/METADATA' },
  ]);
});

/** A header as rpm keeps it, of texts. */
function rpmHeader(texts: Record<number, string>): Uint8Array {
  const tags = Object.entries(texts);
  const head = Buffer.alloc(8 + tags.length * 16);
  const data: Buffer[] = [];
  let offset = 0;
  head.writeUInt32BE(tags.length, 0);
  for (const [i, [tag, text]] of tags.entries()) {
    for (const [j, value] of [Number(tag), 6, offset, 1].entries())
      head.writeUInt32BE(value, 8 + i * 16 + j * 4);
    data.push(Buffer.from(`${text}\0`));
    offset += text.length + 1;
  }
  head.writeUInt32BE(offset, 4);
  return Buffer.concat([head, ...data]);
}

test('rpm: its database is read; keys are no packages, and what is no database has none', async () => {
  const { Database } = await import('bun:sqlite');
  using database = new Database(':memory:');
  database.run('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)');
  const headers = [
    rpmHeader({ 1000: 'bash', 1001: '5.2', 1002: '1.fc40', 1014: 'GPL-3.0-or-later', 1022: 'x86_64' }),
    rpmHeader({ 1000: 'gpg-pubkey', 1001: '1', 1002: '1' }),
  ];
  for (const header of headers) database.run('INSERT INTO Packages (blob) VALUES (?)', [header]);
  const file = 'var/lib/rpm/rpmdb.sqlite';
  expect(await read(file, database.serialize())).toEqual([
    {
      kind: 'rpm',
      name: 'bash',
      version: '5.2-1.fc40',
      license: 'GPL-3.0-or-later',
      architecture: 'x86_64',
      file,
    },
  ]);
  expect(await read(file, 'no database')).toEqual([]);
});

test('package URLs', () => {
  const debian = { id: 'debian', version: '12' };
  const base = { name: 'g++', version: '4:12', file: '' };
  expect(packageUrl({ ...base, kind: 'deb', architecture: 'amd64', source: 'gcc' }, debian)).toBe(
    'pkg:deb/debian/g%2B%2B@4:12?arch=amd64&distro=debian-12&upstream=gcc',
  );
  expect(packageUrl({ kind: 'npm', name: '@a/b', version: '1', file: '' }, debian)).toBe('pkg:npm/%40a/b@1');
  expect(packageUrl({ kind: 'pypi', name: 'Flask_X', version: '1', file: '' }, undefined)).toBe(
    'pkg:pypi/flask-x@1',
  );
});

test('an SPDX document: unique ids of allowed characters, licences that are expressions, the same for the same', () => {
  const packages = [
    { kind: 'npm', name: '@a/b', version: '1', license: 'MIT OR Apache-2.0', file: 'x' },
    { kind: 'npm', name: '@a/b', version: '1', license: 'see file', file: 'y' },
  ] as const;
  const subject = { name: 'app:1', created: '2024-01-01T00:00:00.123Z', tool: 'proa' };
  const document = spdxDocument(packages, subject) as {
    packages: { SPDXID: string; licenseDeclared?: string }[];
    creationInfo: { created: string };
    relationships: { relationshipType: string }[];
  };
  expect(document.creationInfo.created).toBe('2024-01-01T00:00:00Z');
  expect(document.packages.map(({ licenseDeclared }) => licenseDeclared)).toEqual([
    undefined,
    'MIT OR Apache-2.0',
    'NOASSERTION',
  ]);
  const ids = document.packages.map(({ SPDXID }) => SPDXID);
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
  expect(document.relationships.map((each) => each.relationshipType)).toEqual([
    'DESCRIBES',
    'CONTAINS',
    'CONTAINS',
  ]);
  expect(spdxDocument(packages, subject)).toEqual(document);
});
