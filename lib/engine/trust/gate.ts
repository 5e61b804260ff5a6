/**
 * Whether an image may come in: what policy.json asks for, held against its signatures. The gate is opened before
 * anything is asked of a registry, and an image passes before anything of it is recorded. A machine without a policy, or
 * with one that accepts anything, pays for reading a small file and nothing else.
 */
import { readFile } from 'node:fs/promises';
import { addContext, hasCode, messageOf, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { Reference } from '../../oci/model/reference.ts';
import type { AttachedSignature } from '../../oci/registry/attached-signatures.ts';
import { loadPolicy } from '../../oci/trust/config-files.ts';
import type { KeySource, Requirement, SignedBy, SigstoreSigned } from '../../oci/trust/policy.ts';
import { requirementsFor } from '../../oci/trust/scope.ts';

/** Where an image comes from, in the words of policies. */
export interface Origin {
  /** `docker`, `oci`, `oci-archive`, `docker-archive`, `dir`, `docker-daemon`. */
  readonly transport: string;
  /** From the narrowest on. */
  readonly scopes: readonly string[];
  /** The name that the image is asked for by, if the place has names. */
  readonly reference?: Reference | undefined;
  /** For messages: `pull quay.io/team/app:1`. */
  readonly step: string;
}

/** What is known of an image before it is read. Signatures are fetched when a requirement asks for them. */
export interface Candidate {
  /** Of its manifest, then of the index that named it: who signs an index signs all that it lists. */
  readonly digests: readonly Digest[];
  simple(digest: Digest): Promise<readonly Uint8Array[]>;
  sigstore(digest: Digest): Promise<readonly AttachedSignature[]>;
  /** Said when there are none: where they were looked for. */
  readonly lookedIn: { readonly simple: string; readonly sigstore: string };
}

export interface GateOptions {
  /** `--signature-policy` instead of the policy of the machine. */
  policyFile?: string | undefined;
}

export interface Gate {
  /** True when nothing will be asked. */
  readonly open: boolean;
  /** @throws ProaError IMAGE_REJECTED, PROGRAM_MISSING, INVALID_KEY, …: whatever is thrown, the image must not come in */
  pass(candidate: Candidate): Promise<void>;
}

/** @throws ProaError CONFIG_INVALID; IMAGE_REJECTED when the policy refuses whatever comes from there */
export async function openGate(origin: Origin, options: GateOptions = {}): Promise<Gate> {
  const policy = await loadPolicy(options.policyFile);
  const { scope, requirements } = requirementsFor(policy, origin.transport, origin.scopes);
  const reject = (why: string, hint?: string): ProaError =>
    new ProaError('IMAGE_REJECTED', `${origin.step}: ${policy.file} refuses it: ${scope}: ${why}`, { hint });
  for (const requirement of requirements) {
    if (requirement.type === 'reject') throw reject('reject', 'See what is trusted: proa image trust show');
    if (requirement.type === 'uncheckable') throw reject(requirement.why);
  }
  const checks = requirements.filter(isCheck);
  return {
    open: checks.length === 0,
    async pass(candidate) {
      for (const check of checks) {
        const fulfilled = check.type === 'signedBy' ? passSignedBy : passSigstoreSigned;
        const reasons = await fulfilled(check as never, origin.reference, candidate);
        if (reasons !== undefined) throw reject(`${check.type}: ${explain(check.type, reasons, candidate)}`);
      }
    },
  };
}

function isCheck(requirement: Requirement): requirement is SignedBy | SigstoreSigned {
  return requirement.type === 'signedBy' || requirement.type === 'sigstoreSigned';
}

/** @returns undefined when one signature fulfils it, else why each does not */
async function passSignedBy(
  { keys, identity }: SignedBy,
  wanted: Reference | undefined,
  candidate: Candidate,
): Promise<string[] | undefined> {
  const { GpgKeyring } = await import('../../oci/trust/gpg.ts');
  const { checkClaim } = await import('./claim.ts');
  const signatures = await collect(candidate, candidate.simple);
  if (signatures.length === 0) return [];
  await using keyring = await GpgKeyring.open(await readKeys(keys));
  // Awaited here: the key ring goes when this function returns.
  return await firstGood(signatures, async (digest, signature) => {
    const { bytes } = await keyring.verify(signature);
    checkClaim('simple', bytes, { digest, identity, wanted });
  });
}

async function passSigstoreSigned(
  { keys, rekorKeys, identity }: SigstoreSigned,
  wanted: Reference | undefined,
  candidate: Candidate,
): Promise<string[] | undefined> {
  const { readPublicKeys, sigstoreVerify } = await import('../../oci/trust/sigstore-key.ts');
  const { checkRecord } = await import('../../oci/trust/rekor.ts');
  const { checkClaim } = await import('./claim.ts');
  const trusted = (await Promise.all((await readKeys(keys)).map(readPublicKeys))).flat();
  const logs = (await Promise.all((await readKeys(rekorKeys)).map(readPublicKeys))).flat();
  return firstGood(
    await collect(candidate, candidate.sigstore),
    async (digest, { payload, signature, bundle }) => {
      const verdicts = await Promise.all(trusted.map((key) => sigstoreVerify(payload, signature, key)));
      const key = trusted[verdicts.indexOf(true)];
      if (key === undefined)
        throw new ProaError('INVALID_SIGNATURE', 'it is by a key that is not trusted here');
      if (logs.length > 0) {
        if (bundle === undefined) throw new ProaError('INVALID_SIGNATURE', 'no transparency log recorded it');
        await checkRecord(bundle, logs, { payload, signature, key });
      }
      checkClaim('sigstore', payload, { digest, identity, wanted });
    },
  );
}

async function collect<T>(
  { digests }: Candidate,
  fetch: (digest: Digest) => Promise<readonly T[]>,
): Promise<{ digest: Digest; signature: T }[]> {
  const lists = await Promise.all(
    digests.map(async (digest) => (await fetch(digest)).map((signature) => ({ digest, signature }))),
  );
  return lists.flat();
}

/** One good signature is enough; what is wrong with the others only tells why there was none. */
async function firstGood<T>(
  signatures: readonly { digest: Digest; signature: T }[],
  check: (digest: Digest, signature: T) => Promise<void>,
): Promise<string[] | undefined> {
  const reasons: string[] = [];
  for (const { digest, signature } of signatures) {
    try {
      await check(digest, signature);
      return undefined;
    } catch (error) {
      if (!hasCode(error, 'INVALID_SIGNATURE')) throw error;
      reasons.push(messageOf(error).replace(/^verify signature: /, ''));
    }
  }
  return reasons;
}

function explain(
  type: 'signedBy' | 'sigstoreSigned',
  reasons: readonly string[],
  { lookedIn }: Candidate,
): string {
  if (reasons.length > 0) return `no signature will do: ${[...new Set(reasons)].join('; ')}`;
  return `there is no signature of it (${type === 'signedBy' ? lookedIn.simple : lookedIn.sigstore})`;
}

async function readKeys(sources: readonly KeySource[]): Promise<Uint8Array[]> {
  const read = async (source: KeySource): Promise<Uint8Array> => {
    if ('data' in source) return source.data;
    try {
      return await readFile(source.path);
    } catch (error) {
      throw addContext(error, 'read public key');
    }
  };
  return Promise.all(sources.map(read));
}
