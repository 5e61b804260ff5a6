/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { formatReference } from '../../../lib/oci/model/reference.ts';
import { loadRegistriesConf } from '../../../lib/oci/registry/registries-conf.ts';
import { isShortName } from '../../../lib/oci/registry/short-name-aliases.ts';
import { candidatesOf } from '../../../lib/oci/registry/short-names.ts';
import { runBun, temporaryFolder } from './support/servers.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

let folder: ReturnType<typeof temporaryFolder>;
const kept = { ...process.env };
beforeEach(() => {
  folder = temporaryFolder();
  // The person's own file stands in place of the machine's, with its drop-ins.
  process.env.XDG_CONFIG_HOME = folder.path;
  mkdirSync(`${folder.path}/containers/registries.conf.d`, { recursive: true });
});
afterEach(() => {
  process.env.XDG_CONFIG_HOME = kept.XDG_CONFIG_HOME;
  if (kept.XDG_CONFIG_HOME === undefined) delete process.env.XDG_CONFIG_HOME;
  folder[Symbol.dispose]();
});

const write = (text: string, name = 'registries.conf') =>
  writeFileSync(`${folder.path}/containers/${name}`, text);
const candidates = async (name: string) => candidatesOf(await loadRegistriesConf(), name);
const meant = async (name: string) => (await candidates(name)).references.map(formatReference);

test.each([
  ['app', true],
  ['app:1.0', true],
  ['team/app', true],
  [`app@${DIGEST}`, true],
  ['quay.io/app', false],
  ['localhost/app', false],
  ['host:5000/app', false],
  ['HOST/app', false],
])('%s leaves its registry open: %s', (name, short) => {
  expect(isShortName(name)).toBe(short);
});

test("without a search list names are Docker's", async () => {
  write('');
  expect(await candidates('app')).toMatchObject({ ambiguous: false });
  expect(await meant('app')).toEqual(['docker.io/library/app:latest']);
  expect(await meant('team/app:1')).toEqual(['docker.io/team/app:1']);
});

test('the search list in its order; tag and digest stay; full names are left alone', async () => {
  write('unqualified-search-registries = ["quay.io", "docker.io", "host.test:5000/team"]');
  expect(await meant('app:1')).toEqual([
    'quay.io/app:1',
    'docker.io/library/app:1',
    'host.test:5000/team/app:1',
  ]);
  expect((await meant(`team/app@${DIGEST}`))[0]).toBe(`quay.io/team/app@${DIGEST}`);
  expect(await meant('other.test/app')).toEqual(['other.test/app:latest']);
});

test('an empty search list allows no short names', async () => {
  write('unqualified-search-registries = []');
  await expect(candidates('app')).rejects.toMatchObject({
    code: 'SHORT_NAME',
    hint: expect.stringContaining('docker.io/library/app'),
  });
  expect(await meant('quay.io/app')).toEqual(['quay.io/app:latest']);
});

test('modes: who is asked, and for whom it is an error that nobody can be', async () => {
  const list = 'unqualified-search-registries = ["a.test", "b.test"]\n';
  const modes: Record<string, { ambiguous: boolean; enforced: boolean }> = {
    permissive: { ambiguous: true, enforced: false },
    enforcing: { ambiguous: true, enforced: true },
    disabled: { ambiguous: false, enforced: false },
  };
  for (const [mode, expected] of Object.entries(modes)) {
    write(`${list}short-name-mode = "${mode}"`);
    expect(await candidates('app')).toMatchObject(expected);
  }
  write(list);
  expect(await candidates('app')).toMatchObject(modes.permissive!);
  write('unqualified-search-registries = ["a.test"]\nshort-name-mode = "enforcing"');
  expect(await candidates('app')).toMatchObject({ ambiguous: false, enforced: false });
});

test('aliases: drop-ins override and erase, in the order of their names', async () => {
  write('[aliases]\napp = "a.test/one/app"\ngone = "a.test/gone"\n');
  write('[aliases]\napp = "b.test/two"\ngone = ""\n', 'registries.conf.d/10-more.conf');
  write('[aliases]\n"team/app" = "c.test:5000/three"\n', 'registries.conf.d/20-more.conf');
  write('[aliases]\napp = "never.test/app"\n', 'registries.conf.d/30-no-conf');
  expect(await candidates('app:2')).toMatchObject({
    shortName: 'app',
    by: { kind: 'alias', file: `${folder.path}/containers/registries.conf.d/10-more.conf` },
  });
  expect(await meant('app:2')).toEqual(['b.test/two:2']);
  expect(await meant('gone')).toEqual(['docker.io/library/gone:latest']);
  expect(await meant('team/app')).toEqual(['c.test:5000/three:latest']);
});

test.each([
  ['aliases = 3', /aliases is not a table/],
  ['[aliases]\napp = "app"', /stands for "app", not for REGISTRY\/REPOSITORY/],
  ['[aliases]\napp = "a.test/app:1"', /not for REGISTRY\/REPOSITORY/],
  ['[aliases]\n"a.test/app" = "a.test/app"', /no short name/],
  ['[aliases]\n"app:1" = "a.test/app"', /no short name/],
  ['short-name-mode = "maybe"', /short-name-mode is "maybe"/],
  ['unqualified-search-registries = "quay.io"', /not a list of names/],
  ['credential-helpers = [1]', /not a list of names/],
  ['[[registry]]\nprefix = "*.a.test/app"', /a wildcard stands only as/],
  ['[[registry]]\nprefix = "a.*.test"', /a wildcard stands only as/],
  [
    '[[registry]]\nlocation = "a.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.test"\npull-from-mirror = "all"',
    /mirror-by-digest-only for all/,
  ],
])('what is wrong is named with its file: %s', async (text, says) => {
  write(text);
  await expect(loadRegistriesConf()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`^read ${folder.path}.*${says.source}`)),
  });
});

test('version 1 has a search list too', async () => {
  write('[registries.search]\nregistries = ["a.test", "b.test"]');
  expect(await meant('app')).toEqual(['a.test/app:latest', 'b.test/app:latest']);
});

test('a choice is kept beside those of other programs, and counts more than an alias', async () => {
  const script = `
    import { keepAlias } from './lib/oci/registry/short-name-aliases.ts';
    import { loadRegistriesConf } from './lib/oci/registry/registries-conf.ts';
    await keepAlias('app', { registry: 'b.test', repository: 'team/app' });
    await keepAlias('team/other', { registry: 'docker.io', repository: 'library/other' });
    const { aliases } = await loadRegistriesConf();
    console.log(JSON.stringify([...aliases].map(([name, { target }]) => [name, target.registry])));`;
  write('[aliases]\napp = "a.test/app"');
  // As an ordinary user, whose file is in their own cache; root's is the machine's.
  const cache = `${folder.path}/cache`;
  mkdirSync(`${cache}/containers`, { recursive: true });
  const file = `${cache}/containers/short-name-aliases.conf`;
  writeFileSync(file, '[aliases]\n  "older" = "c.test/older"\n');
  const unshare = process.geteuid!() === 0 ? ['unshare', '--user', '--map-root-user'] : [];
  const out = await runBun(script, { ...process.env, XDG_CACHE_HOME: cache }, unshare);
  expect(JSON.parse(out).sort()).toEqual([
    ['app', 'b.test'],
    ['older', 'c.test'],
    ['team/other', 'docker.io'],
  ]);
  expect(readFileSync(file, 'utf8')).toContain('app = "b.test/team/app"');
});
