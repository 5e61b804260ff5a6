/** The options of one `build`, read: all that can be wrong with them is told before anything is opened. */
import type { BuildRequest } from '../../engine/build/request.ts';
import { splitWords } from '../container/options/invalid.ts';
import { readRegistryOptions } from '../image/registry-options.ts';
import { readSigning } from '../image/signing-options.ts';
import { readCall } from './call/method.ts';
import { readAttestations } from './options/attestation.ts';
import { readCachePlaces, readCacheTtl, readNoCache, readPull } from './options/cache.ts';
import { readOutputs } from './options/output.ts';
import { readAnnotations, readFormat, readLabelPairs, readTimestamp } from './options/result.ts';
import { readBuildArgs, readPlatforms, readSecrets, readSsh } from './options/source.ts';
import { readEntitlements, readStepLimits } from './options/step.ts';
import type { BuildOptions } from './options.ts';

export type BuildPlan = Awaited<ReturnType<typeof readPlan>>;

/** @throws ProaError INVALID_OPTION, CONFLICTING_OPTIONS, … */
export async function readPlan(options: BuildOptions) {
  const registry = readRegistryOptions(options);
  const signing = await readSigning({ ...options, 'remove-signatures': false });
  const { push, load, tag: tags, output } = options;
  const annotations = readAnnotations(options.annotation, splitWords(options.unsetannotation));
  return {
    ...readOutputs({ outputs: output, tags, push, load, registry, signing }, annotations),
    call: readCall(options),
    attestations: readAttestations(options),
    request: readRequest(options, registry),
  };
}

/** All of the request but what has to be opened. */
function readRequest(
  options: BuildOptions,
  registry: NonNullable<BuildRequest['registry']>,
): Omit<BuildRequest, 'dockerfile' | 'context' | 'namedContexts'> {
  const buildArgs = readBuildArgs(options);
  const timestamp = readTimestamp(options, buildArgs);
  const ttl = readCacheTtl(options);
  const { target, squash, 'squash-all': squashAll, 'signature-policy': policyFile } = options;
  return {
    ...(target !== undefined && { target }),
    platforms: readPlatforms(options),
    buildArgs,
    labels: readLabelPairs(options.label),
    noCache: readNoCache(options),
    pull: readPull(options),
    secrets: readSecrets(options.secret),
    ssh: readSsh(options.ssh),
    network: options.network,
    limits: readStepLimits(options),
    layers: options.layers,
    ...((squash || squashAll) && { squash: squashAll ? ('all' as const) : ('new' as const) }),
    format: readFormat(options),
    ...(timestamp !== undefined && { timestamp }),
    jobs: options.jobs ?? 0,
    allow: readEntitlements(options.allow),
    registry,
    ...(policyFile !== undefined && { policyFile }),
    cacheFrom: readCachePlaces('cache-from', options['cache-from']),
    cacheTo: readCachePlaces('cache-to', options['cache-to']),
    ...(ttl !== undefined && { cacheTtl: ttl }),
    skipUnusedStages: options['skip-unused-stages'],
    stdin: options.stdin,
    unsetEnv: splitWords(options.unsetenv),
    unsetLabels: splitWords(options.unsetlabel),
    inheritLabels: options['inherit-labels'],
    omitHistory: options['omit-history'],
    ...(options['os-version'] !== undefined && { osVersion: options['os-version'] }),
    ...(options['os-feature'].length > 0 && { osFeatures: splitWords(options['os-feature']) }),
  };
}
