/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { loadRegistriesConf, type RegistriesConf } from '../../../lib/oci/registry/registries-conf.ts';
import { ruleFor, sourcesOf } from '../../../lib/oci/registry/sources.ts';
import { rejection, temporaryFolder } from './support/servers.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  process.env.CONTAINERS_REGISTRIES_CONF = `${folder.path}/registries.conf`;
});
afterEach(() => {
  delete process.env.CONTAINERS_REGISTRIES_CONF;
  folder[Symbol.dispose]();
});

async function conf(text: string): Promise<RegistriesConf> {
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(`${folder.path}/registries.conf`, text);
  return { ...(await loadRegistriesConf()), insecure: [] };
}

const shown = (config: Pick<RegistriesConf, 'rules' | 'insecure'>, name: string): string[] =>
  sourcesOf(config, parseReference(name)).map(
    ({ registry, repository, insecure, isMirror }) =>
      `${registry}/${repository}${insecure ? ' insecure' : ''}${isMirror ? ' mirror' : ''}`,
  );

test('mirrors come first, in their order, and the place itself last', async () => {
  const config = await conf(`
    [[registry]]
    location = "docker.io"
    [[registry.mirror]]
    location = "mirror.test:5000/hub"
    insecure = true
    [[registry.mirror]]
    location = "other.test"
    pull-from-mirror = "digest-only"
    [[registry.mirror]]
    location = "tags.test"
    pull-from-mirror = "tag-only"`);
  expect(shown(config, 'busybox')).toEqual([
    'mirror.test:5000/hub/library/busybox insecure mirror',
    'tags.test/library/busybox mirror',
    'docker.io/library/busybox',
  ]);
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(shown(config, `busybox@${digest}`)[1]).toBe('other.test/library/busybox mirror');
  expect(shown(config, 'quay.io/app')).toEqual(['quay.io/app']);
});

test('a prefix is replaced by its location, the longest that fits', async () => {
  const config = await conf(`
    [[registry]]
    prefix = "example.test/team"
    location = "inside.test:5000/copies/team"
    insecure = true
    [[registry]]
    prefix = "example.test"
    location = "outside.test"
    [[registry]]
    prefix = "*.wild.test"
    insecure = true`);
  expect(shown(config, 'example.test/team/app:1')).toEqual(['inside.test:5000/copies/team/app insecure']);
  expect(shown(config, 'example.test/teams/app')).toEqual(['outside.test/teams/app']);
  expect(shown(config, 'a.b.wild.test:5000/app')).toEqual(['a.b.wild.test:5000/app insecure']);
  expect(shown(config, 'wild.test/app')).toEqual(['wild.test/app']);
  expect(ruleFor(config.rules, 'example.test/team:5/x')?.prefix).toBe('example.test/team');
});

test('what is blocked is refused, also in the old form', async () => {
  const config = await conf(`
    [[registry]]
    location = "bad.test"
    blocked = true`);
  expect(() => shown(config, 'bad.test/app')).toThrow('registries.conf blocks bad.test');
  const old = await conf(
    `[registries.insecure]\nregistries = ["old.test"]\n[registries.block]\nregistries = ["bad.test"]`,
  );
  expect(shown(old, 'old.test/app')).toEqual(['old.test/app insecure']);
  expect(() => shown(old, 'bad.test/app')).toThrow('blocks bad.test');
});

test("Docker's list of hosts and networks", () => {
  const config = { rules: [], insecure: ['plain.test:5000', '10.0.0.0/8', 'host.test'] };
  expect(shown(config, 'plain.test:5000/a')).toEqual(['plain.test:5000/a insecure']);
  expect(shown(config, '10.1.2.3:5000/a')).toEqual(['10.1.2.3:5000/a insecure']);
  expect(shown(config, 'host.test:443/a')).toEqual(['host.test:443/a insecure']);
  expect(shown(config, '11.1.2.3/a')).toEqual(['11.1.2.3/a']);
});

test.each([
  ['no TOML', 'registry = [', /registries\.conf: /],
  ['a mirror without location', '[[registry]]\nlocation="a.test"\n[[registry.mirror]]\n', 'no location'],
  ['a flag that is none', '[[registry]]\nlocation="a.test"\nblocked="yes"\n', 'blocked is neither'],
  ['neither prefix nor location', '[[registry]]\nblocked=true\n', 'neither prefix nor location'],
])('%s is an error that names the file', async (_, text, message) => {
  const error = await rejection(conf(text));
  expect(error.code).toBe('CONFIG_INVALID');
  expect(error.message).toMatch(message);
});
