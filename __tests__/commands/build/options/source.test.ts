import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Options } from '../../../../lib/cli/command.ts';
import { defaultsOf } from '../../../../lib/cli/flags.ts';
import { readAttestations } from '../../../../lib/commands/build/options/attestation.ts';
import { readCachePlaces, readPull } from '../../../../lib/commands/build/options/cache.ts';
import { readTimestamp } from '../../../../lib/commands/build/options/result.ts';
import {
  readBuildArgs,
  readPlatforms,
  readSecrets,
  readSsh,
  sourceOptions,
} from '../../../../lib/commands/build/options/source.ts';

const options = (said: object) =>
  ({ ...defaultsOf(sourceOptions), ...said }) as Options<typeof sourceOptions>;

test('build arguments: proxies of the shell first, the last word counts, an unset name is not given', () => {
  const shell = { HTTP_PROXY: 'p', A: 'shell', SOURCE_DATE_EPOCH: '7' };
  const said = { 'build-arg': ['A', 'B=1', 'B=2=3', 'UNSET', 'EMPTY='], 'http-proxy': true };
  expect(Object.fromEntries(readBuildArgs(options(said), shell))).toEqual({
    HTTP_PROXY: 'p',
    A: 'shell',
    B: '2=3',
    EMPTY: '',
    SOURCE_DATE_EPOCH: '7',
  });
  expect(() => readBuildArgs(options({ 'build-arg': ['=x'] }), {})).toThrow('it has no name');
});

test('proxies of docker’s client, in both spellings; a build argument wins', () => {
  const folder = mkdtempSync(`${tmpdir()}/proxies-`);
  const proxies = { default: { httpProxy: 'http://p:1', noProxy: 'localhost' } };
  writeFileSync(`${folder}/config.json`, JSON.stringify({ auths: {}, proxies }));
  const read = (args: string[], DOCKER_CONFIG = folder) =>
    Object.fromEntries(readBuildArgs(options({ 'build-arg': args }), { DOCKER_CONFIG }));
  expect(read(['http_proxy=mine'])).toEqual({
    HTTP_PROXY: 'http://p:1',
    http_proxy: 'mine',
    NO_PROXY: 'localhost',
    no_proxy: 'localhost',
  });
  writeFileSync(`${folder}/config.json`, 'null');
  expect(read([])).toEqual({});
  expect(read([], `${folder}/nowhere`)).toEqual({});
  rmSync(folder, { recursive: true });
});

test('platforms: each once, joined by commas or not, or in parts', () => {
  const read = (said: object) => readPlatforms(options(said));
  expect(read({ platform: ['linux/amd64,linux/arm64', 'amd64'] })).toEqual([
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ]);
  expect(read({ arch: 'arm', variant: 'v7' })).toEqual([{ os: 'linux', architecture: 'arm', variant: 'v7' }]);
  expect(read({})).toHaveLength(1);
});

test('secrets: a file, a variable, or what the id names', () => {
  process.env.BUILD_TEST_SECRET = 'x';
  const read = (...texts: string[]) => Object.fromEntries(readSecrets(texts));
  expect(
    read(
      'id=a,src=/etc/hosts',
      'id=b,env=V',
      'env=V2',
      'id=BUILD_TEST_SECRET',
      'id=package.json',
      'type=file,id=d,source=/etc/passwd',
    ),
  ).toEqual({
    a: { kind: 'file', path: '/etc/hosts' },
    b: { kind: 'env', name: 'V' },
    V2: { kind: 'env', name: 'V2' },
    BUILD_TEST_SECRET: { kind: 'env', name: 'BUILD_TEST_SECRET' },
    'package.json': { kind: 'file', path: `${process.cwd()}/package.json` },
    d: { kind: 'file', path: '/etc/passwd' },
  });
  delete process.env.BUILD_TEST_SECRET;
  expect(() => read('id=a,src=x,env=y')).toThrow('both src and env');
  expect(() => read('id=a,src=/nowhere')).toThrow('read secret a: /nowhere: no such file');
  expect(() => read('id=a,src=/etc')).toThrow('not a file');
  expect(() => read('id=a,scr=x')).toThrow('unexpected key "scr"');
});

test('ssh: keys and sockets by name; an agent that does not run is told', () => {
  const before = process.env.SSH_AUTH_SOCK;
  process.env.SSH_AUTH_SOCK = '/agent';
  expect(Object.fromEntries(readSsh(['default', 'deploy=/k1,/k2']))).toEqual({
    default: ['/agent'],
    deploy: ['/k1', '/k2'],
  });
  delete process.env.SSH_AUTH_SOCK;
  expect(() => readSsh(['default'])).toThrow('no agent runs');
  if (before !== undefined) process.env.SSH_AUTH_SOCK = before;
});

test('caches', () => {
  expect(readCachePlaces('cache-from', ['a/b,c', 'type=local,src=/x', 'ref=r.io/c'])).toMatchObject([
    { type: 'registry', place: 'a/b' },
    { type: 'registry', place: 'c' },
    { type: 'local', place: '/x' },
    { type: 'registry', place: 'r.io/c' },
  ]);
  expect(
    readCachePlaces('cache-to', ['type=inline', 'type=registry,ref=x,mode=max,ignore-error=true']),
  ).toEqual([
    { type: 'inline', mode: 'min', attributes: {} },
    { type: 'registry', place: 'x', mode: 'max', attributes: { 'ignore-error': 'true' } },
  ]);
  expect(() => readCachePlaces('cache-to', ['type=s3,bucket=x'])).toThrow('service of one provider');
  expect(() => readCachePlaces('cache-to', ['type=local,src=x'])).toThrow('dest is required');
});

test.each([
  [undefined, 'missing'],
  ['true', 'always'],
  ['false', 'missing'],
  ['newer', 'newer'],
  ['never', 'never'],
])('--pull %p is %s', (text, policy) => {
  expect(readPull({ pull: text })).toBe(policy);
});

test('times: an option, else SOURCE_DATE_EPOCH', () => {
  const none = { timestamp: undefined, 'source-date-epoch': undefined };
  expect(readTimestamp({ ...none, timestamp: 5 }, new Map([['SOURCE_DATE_EPOCH', '9']]))).toBe(5);
  expect(readTimestamp(none, new Map([['SOURCE_DATE_EPOCH', '9']]))).toBe(9);
  expect(readTimestamp(none, new Map())).toBeUndefined();
  expect(() => readTimestamp({ timestamp: 1, 'source-date-epoch': 1 }, new Map())).toThrow('together');
  expect(() => readTimestamp(none, new Map([['SOURCE_DATE_EPOCH', 'now']]))).toThrow('not seconds');
});

test('attestations: the shorthands win over --attest', () => {
  const read = (said: object) =>
    readAttestations({
      attest: [],
      provenance: undefined,
      sbom: undefined,
      'sbom-output': undefined,
      ...said,
    });
  expect(read({})).toEqual({ sbom: false });
  expect(read({ attest: ['type=sbom', 'type=provenance,mode=min,version=v0.2'] })).toMatchObject({
    sbom: true,
    provenance: { mode: 'min', version: 'v0.2' },
  });
  expect(
    read({ attest: ['type=sbom', 'type=provenance'], sbom: 'false', provenance: 'disabled=true' }),
  ).toEqual({
    sbom: false,
  });
  expect(read({ provenance: 'mode=max,builder-id=https://ci/1' })).toMatchObject({
    provenance: { mode: 'max', builderId: 'https://ci/1' },
  });
  expect(() => read({ attest: ['type=signature'] })).toThrow('sbom or provenance');
  expect(() => read({ provenance: 'mode=all' })).toThrow('neither min nor max');
});
