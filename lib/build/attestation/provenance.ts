/**
 * SLSA provenance: how an image was made, in the members that BuildKit fills in (its docs/attestations/slsa-definitions.md), so
 * that what reads its statements reads ours. Without BuildKit's low-level steps: Proa has none.
 */
import { formatPlatform, hostPlatform, type Platform } from '../../oci/model/platform.ts';
import { imageUrl } from './statement.ts';

export interface ProvenanceFacts {
  readonly mode: 'min' | 'max';
  readonly builderId: string;
  readonly reproducible: boolean;
  readonly invocation: string;
  /** RFC 3339. */
  readonly started: string;
  readonly finished: string;
  readonly dockerfile: { readonly name: string; readonly source: string };
  /** When the context came from elsewhere: its URL. */
  readonly contextUrl?: string;
  /** As they are called in BuildKit's requests: `build-arg:NAME`, `label:NAME`, `target`. */
  readonly args: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
  readonly materials: readonly Material[];
  /** No RUN had a network. */
  readonly hermetic: boolean;
  /** Of a local context, as its files say. */
  readonly vcs?: { readonly source?: string; readonly revision?: string };
}

export interface Material {
  readonly kind: 'image' | 'http' | 'git';
  readonly name: string;
  readonly digest: string;
  readonly platform?: Platform;
}

export interface Predicate {
  readonly type: string;
  readonly content: object;
}

export function provenance(facts: ProvenanceFacts, version: 'v0.2' | 'v1'): Predicate {
  return version === 'v1'
    ? { type: 'https://slsa.dev/provenance/v1', content: provenanceV1(facts) }
    : { type: 'https://slsa.dev/provenance/v0.2', content: provenanceV02(facts) };
}

/** https://slsa.dev/spec/v1.1/provenance */
function provenanceV1(facts: ProvenanceFacts): object {
  const { dockerfile, contextUrl } = facts;
  return {
    buildDefinition: {
      buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
      externalParameters: {
        configSource: { ...(contextUrl && { uri: contextUrl }), path: dockerfile.name },
        request: request(facts),
      },
      internalParameters: { builderPlatform: formatPlatform(hostPlatform()) },
      resolvedDependencies: facts.materials.map(dependency),
    },
    runDetails: {
      builder: { id: facts.builderId },
      metadata: {
        invocationId: facts.invocation,
        startedOn: facts.started,
        finishedOn: facts.finished,
        buildkit_hermetic: facts.hermetic,
        buildkit_reproducible: facts.reproducible,
        buildkit_completeness: {
          request: facts.mode === 'max',
          resolvedDependencies: contextUrl !== undefined,
        },
        buildkit_metadata: details(facts),
      },
    },
  };
}

/** https://slsa.dev/spec/v0.2/provenance */
function provenanceV02(facts: ProvenanceFacts): object {
  const { dockerfile, contextUrl } = facts;
  const extension = 'https://mobyproject.org/buildkit@v1';
  return {
    builder: { id: facts.builderId },
    buildType: extension,
    materials: facts.materials.map(dependency),
    invocation: {
      configSource: { ...(contextUrl && { uri: contextUrl }), entryPoint: dockerfile.name },
      parameters: request(facts),
      environment: { platform: formatPlatform(hostPlatform()) },
    },
    metadata: {
      buildInvocationID: facts.invocation,
      buildStartedOn: facts.started,
      buildFinishedOn: facts.finished,
      completeness: {
        parameters: facts.mode === 'max',
        environment: true,
        materials: contextUrl !== undefined,
      },
      reproducible: facts.reproducible,
      [`${extension}#hermetic`]: facts.hermetic,
      [`${extension}#metadata`]: details(facts),
    },
  };
}

/** In the mode min nothing that a person typed: it may be a secret. */
function request({ mode, args, secrets, ssh, contextUrl }: ProvenanceFacts): object {
  const { target } = args;
  return {
    frontend: 'dockerfile.v0',
    args: mode === 'max' ? args : target === undefined ? {} : { target },
    ...(mode === 'max' && secrets.length > 0 && { secrets: secrets.map((id) => ({ id, optional: true })) }),
    ...(mode === 'max' && ssh.length > 0 && { ssh: ssh.map((id) => ({ id, optional: true })) }),
    locals: contextUrl === undefined ? [{ name: 'context' }, { name: 'dockerfile' }] : [],
  };
}

function details({ mode, dockerfile, vcs }: ProvenanceFacts): object {
  if (mode === 'min') return { ...(vcs && { vcs }) };
  const data = Buffer.from(dockerfile.source).toString('base64');
  return {
    ...(vcs && { vcs }),
    source: { infos: [{ filename: dockerfile.name, language: 'Dockerfile', data }] },
  };
}

function dependency({ kind, name, digest, platform }: Material): object {
  const [algorithm, hex] = digest.includes(':') ? (digest.split(':') as [string, string]) : ['sha1', digest];
  return { uri: kind === 'image' ? imageUrl(name, platform, digest) : name, digest: { [algorithm]: hex } };
}
