/** Images in a registry: what policies call them, and where their signatures are. */
import type { Digest } from '../../oci/model/digest.ts';
import { familiarName, type Reference } from '../../oci/model/reference.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { referenceScopes } from '../../oci/trust/scope.ts';
import type { Candidate, Origin } from './gate.ts';

/** @param verb what is being done, for messages */
export function registryOrigin(reference: Reference, verb: string): Origin {
  return {
    transport: 'docker',
    scopes: referenceScopes(reference),
    reference,
    step: `${verb} ${familiarName(reference)}`,
  };
}

/**
 * An image that a registry offers. Its signatures are kept where the registry is that was asked, which may be a mirror;
 * its name is the one that was asked for.
 */
export async function registryCandidate(
  { client, repository }: OpenSource,
  reference: Reference,
  digests: readonly Digest[],
  options: { rootless: boolean; signal?: AbortSignal | undefined },
): Promise<Candidate> {
  const { RegistriesD } = await import('../../oci/trust/registries-d.ts');
  const place = { ...reference, registry: client.registry, repository };
  const storage = (await RegistriesD.load()).storageFor(place, options.rootless);
  const { signal } = options;
  return {
    digests: [...new Set(digests)],
    async simple(digest) {
      const { readSignatures, signatureFolder } = await import('../../oci/trust/lookaside.ts');
      return readSignatures(signatureFolder(storage.read, repository, digest), signal);
    },
    async sigstore(digest) {
      if (!storage.attachments) return [];
      const { readAttachedSignatures } = await import('../../oci/registry/attached-signatures.ts');
      return readAttachedSignatures(client, repository, digest, signal);
    },
    lookedIn: {
      simple: `looked for in ${storage.read.href}, as registries.d says`,
      sigstore: storage.attachments
        ? `looked for in ${client.registry}/${repository}`
        : `not looked for: registries.d has no "use-sigstore-attachments: true" for ${client.registry}/${repository}`,
    },
  };
}
