/** Signing what is in a registry: `push --sign-by`, `push --sign-by-sigstore-private-key` and `image sign`. */
import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { familiarName, formatReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { type OpenSource, openTarget } from '../../oci/registry/sources.ts';
import { type GpgSigner, gpgSign } from '../../oci/trust/gpg.ts';
import { addSignature, signatureFolder } from '../../oci/trust/lookaside.ts';
import { formatClaim } from '../../oci/trust/payload.ts';
import { RegistriesD } from '../../oci/trust/registries-d.ts';

/** Who signs, and how. */
export interface Signing {
  gpg?: GpgSigner | undefined;
  /** A private key as cosign writes it, and what opens it. */
  sigstore?: { key: Uint8Array; passphrase: Uint8Array } | undefined;
  /** Takes the signatures away that the image has at the destination (`--remove-signatures`). */
  replace?: boolean;
}

export interface Signer {
  /** @throws ProaError GPG_FAILED, SIGNATURE_STORAGE, DENIED, … */
  sign(digest: Digest): Promise<void>;
}

/**
 * Makes ready to sign, so that what cannot work fails before anything is sent.
 * @param reference what the signature calls the image
 * @throws ProaError CONFIG_INVALID, INVALID_KEY, WRONG_PASSPHRASE, SIGNATURE_STORAGE
 */
export async function openSigner(
  { client, repository }: OpenSource,
  reference: Reference,
  signing: Signing,
  options: { rootless: boolean; signal?: AbortSignal | undefined },
): Promise<Signer> {
  const place = { ...reference, registry: client.registry, repository };
  const storage = (await RegistriesD.load()).storageFor(place, options.rootless);
  const name = claimedName(reference);
  const { gpg, sigstore, replace } = signing;
  if (sigstore !== undefined && !storage.attachments) {
    throw new ProaError(
      'SIGNATURE_STORAGE',
      `sign ${name}: signatures in the registry are not enabled for it`,
      {
        hint: `Add to a .yaml file in /etc/containers/registries.d: docker: { "${client.registry}": { use-sigstore-attachments: true } }`,
      },
    );
  }
  const key = sigstore && (await openKey(sigstore));
  return {
    async sign(digest) {
      if (gpg !== undefined) {
        const text = formatClaim('simple', { digest, reference: name });
        await addSignature(signatureFolder(storage.write, repository, digest), await gpgSign(text, gpg), {
          replace,
        });
      }
      if (key !== undefined) {
        const { sigstoreSign } = await import('../../oci/trust/sigstore-key.ts');
        const { attachSignature } = await import('../../oci/registry/attached-signatures.ts');
        const payload = formatClaim('sigstore', { digest, reference: name });
        const attached = { payload, signature: await sigstoreSign(payload, key) };
        await attachSignature(client, repository, digest, attached, { replace, signal: options.signal });
      }
    },
  };
}

async function openKey({ key, passphrase }: NonNullable<Signing['sigstore']>): Promise<KeyObject> {
  const { openPrivateKey } = await import('../../oci/trust/sigstore-key.ts');
  return openPrivateKey(key, passphrase);
}

export interface SignRequest {
  reference: Reference;
  gpg: GpgSigner;
  /** Instead of the place that registries.d names. */
  directory?: string | undefined;
  /** The images of a list, each by itself, and not the list. */
  all?: boolean;
  registry: RegistryOptions;
  rootless: boolean;
}

/**
 * Signs an image as its registry has it now. @returns the files that hold the signatures
 * @throws ProaError MANIFEST_UNKNOWN, GPG_FAILED, SIGNATURE_STORAGE, NO_LIST, …
 */
export async function signImage({ reference, gpg, ...request }: SignRequest): Promise<string[]> {
  const { client, repository } = await openTarget(reference, request.registry);
  const top = await client.getManifest(repository, reference.digest ?? reference.tag ?? 'latest');
  const place = { ...reference, registry: client.registry, repository };
  const base =
    request.directory === undefined
      ? (await RegistriesD.load()).storageFor(place, request.rootless).write
      : pathToFileURL(resolve(request.directory));
  const files: string[] = [];
  for (const digest of request.all ? childrenOf(top, reference) : [top.digest]) {
    const text = formatClaim('simple', { digest, reference: claimedName(reference) });
    files.push(await addSignature(signatureFolder(base, repository, digest), await gpgSign(text, gpg)));
  }
  return files;
}

function childrenOf(
  top: { bytes: Uint8Array; mediaType: string | undefined },
  reference: Reference,
): Digest[] {
  const parsed = parseManifest(top.bytes, top.mediaType);
  if (parsed.kind === 'index') return parsed.manifests.map(({ digest }) => digest);
  throw new ProaError(
    'NO_LIST',
    `sign ${familiarName(reference)}: it is a single image, and no list of several`,
    {
      hint: 'Leave out --all',
    },
  );
}

/** With a digest, that is the name; else a tag is part of it. */
function claimedName({ registry, repository, tag, digest }: Reference): string {
  const suffix = digest === undefined ? { tag: tag ?? 'latest' } : { digest };
  return formatReference({ registry, repository, ...suffix });
}
