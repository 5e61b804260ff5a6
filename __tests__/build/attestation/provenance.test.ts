import { type ProvenanceFacts, provenance } from '../../../lib/build/attestation/provenance.ts';
import { imageUrl, inTotoStatement } from '../../../lib/build/attestation/statement.ts';
import { parseDigest } from '../../../lib/oci/model/digest.ts';

const HEX = 'ab'.repeat(32);
const FACTS: ProvenanceFacts = {
  mode: 'min',
  builderId: 'https://ci/1',
  reproducible: true,
  invocation: 'x1',
  started: '2024-01-01T00:00:00.000Z',
  finished: '2024-01-01T00:00:01.000Z',
  dockerfile: { name: 'Dockerfile', source: 'FROM a\n' },
  args: { 'build-arg:TOKEN': 'hidden', target: 'release' },
  secrets: ['npm'],
  ssh: ['default'],
  materials: [
    {
      kind: 'image',
      name: 'docker.io/library/alpine:3.20',
      digest: `sha256:${HEX}`,
      platform: { os: 'linux', architecture: 'arm64' },
    },
    { kind: 'git', name: 'https://example.com/x.git#main', digest: 'cd'.repeat(20) },
  ],
  hermetic: false,
};

test('the mode min holds nothing that a person typed but the target', () => {
  for (const version of ['v1', 'v0.2'] as const) {
    const text = JSON.stringify(provenance(FACTS, version).content);
    expect(text).not.toContain('hidden');
    expect(text).not.toContain('npm');
    expect(text).toContain('"args":{"target":"release"}');
    expect(text).not.toContain(Buffer.from('FROM a').toString('base64'));
  }
});

test('v1 and v0.2 with all, in their members', () => {
  const v1 = provenance({ ...FACTS, mode: 'max' }, 'v1');
  expect(v1.type).toBe('https://slsa.dev/provenance/v1');
  expect(v1.content).toMatchObject({
    buildDefinition: {
      externalParameters: {
        configSource: { path: 'Dockerfile' },
        request: {
          frontend: 'dockerfile.v0',
          args: FACTS.args,
          secrets: [{ id: 'npm' }],
          ssh: [{ id: 'default' }],
        },
      },
      resolvedDependencies: [
        { uri: 'pkg:docker/alpine@3.20?platform=linux%2Farm64', digest: { sha256: HEX } },
        { uri: 'https://example.com/x.git#main', digest: { sha1: 'cd'.repeat(20) } },
      ],
    },
    runDetails: {
      builder: { id: 'https://ci/1' },
      metadata: {
        startedOn: FACTS.started,
        finishedOn: FACTS.finished,
        buildkit_reproducible: true,
        buildkit_completeness: { request: true, resolvedDependencies: false },
        buildkit_metadata: { source: { infos: [{ data: Buffer.from('FROM a\n').toString('base64') }] } },
      },
    },
  });
  const old = provenance({ ...FACTS, contextUrl: 'https://example.com/x.git' }, 'v0.2');
  expect(old.type).toBe('https://slsa.dev/provenance/v0.2');
  expect(old.content).toMatchObject({
    builder: { id: 'https://ci/1' },
    invocation: { configSource: { uri: 'https://example.com/x.git', entryPoint: 'Dockerfile' } },
    metadata: { reproducible: true, completeness: { parameters: false, materials: true } },
  });
});

test('a statement speaks of the manifest by each of its names', () => {
  const manifest = parseDigest(`sha256:${HEX}`);
  const platform = { os: 'linux', architecture: 'amd64' };
  const read = (names: string[]) =>
    JSON.parse(Buffer.from(inTotoStatement('https://p', { a: 1 }, { manifest, platform, names })).toString());
  expect(read(['docker.io/team/app:1', 'r.io/x:2'])).toEqual({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://p',
    subject: [
      { name: 'pkg:docker/team/app@1?platform=linux%2Famd64', digest: { sha256: HEX } },
      { name: 'pkg:docker/r.io/x@2?platform=linux%2Famd64', digest: { sha256: HEX } },
    ],
    predicate: { a: 1 },
  });
  expect(read([]).subject).toEqual([{ name: '_', digest: { sha256: HEX } }]);
  expect(imageUrl(`docker.io/library/a@sha256:${HEX}`, undefined)).toBe(
    `pkg:docker/a?digest=sha256%3A${HEX}`,
  );
});

test('what git knows of a local context', () => {
  const vcs = { source: 'https://example.com/x.git', revision: 'ab'.repeat(20) };
  expect(provenance({ ...FACTS, vcs }, 'v1').content).toMatchObject({
    runDetails: { metadata: { buildkit_metadata: { vcs } } },
  });
});
