/** `image trust show`: the policy as a table, with the owners of its keys. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../core/error.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { loadPolicy } from '../../oci/trust/config-files.ts';
import { gpgUserIds } from '../../oci/trust/gpg.ts';
import type { KeySource, Policy, Requirement } from '../../oci/trust/policy.ts';
import { RegistriesD } from '../../oci/trust/registries-d.ts';
import { referenceScopes } from '../../oci/trust/scope.ts';

/** Podman's words. */
export interface TrustRow {
  /** `all` for the default, `repository` for registries, else the transport. */
  transport: string;
  /** The scope; undefined for a transport's default. */
  name?: string;
  type: string;
  /** Whose keys: mail addresses. */
  owners?: string;
  /** Where simple signatures are looked for. */
  store?: string;
}

export interface TrustTable {
  rows: TrustRow[];
  /** Keys that could not be read. */
  warnings: string[];
}

export interface ShowOptions {
  policyFile?: string | undefined;
  registriesFolder?: string | undefined;
  /** Only what decides about this image or registry. */
  reference?: Reference | undefined;
}

/** @throws ProaError CONFIG_INVALID, ENOENT */
export async function trustTable(options: ShowOptions = {}): Promise<TrustTable> {
  const policy = await loadPolicy(options.policyFile);
  const registries = await RegistriesD.load(options.registriesFolder);
  const warnings: string[] = [];
  const rows: TrustRow[] = [];
  for (const { transport, scope, requirements } of entriesOf(policy, options.reference)) {
    for (const requirement of requirements) {
      const isSigned = requirement.type === 'signedBy' || requirement.type === 'sigstoreSigned';
      rows.push({
        transport: transport === 'docker' ? 'repository' : transport,
        ...(scope !== '' && { name: scope }),
        type: WORDS[requirement.type],
        owners: await ownersOf(requirement, warnings),
        store: isSigned && transport === 'docker' ? registries.lookasideOf(scope) : undefined,
      });
    }
  }
  return { rows, warnings };
}

const WORDS = {
  insecureAcceptAnything: 'accept',
  reject: 'reject',
  signedBy: 'signed',
  sigstoreSigned: 'sigstoreSigned',
  uncheckable: 'sigstoreSigned (not checkable)',
} as const satisfies Record<Requirement['type'], string>;

interface Entry {
  transport: string;
  scope: string;
  requirements: readonly Requirement[];
}

function entriesOf(policy: Policy, reference: Reference | undefined): Entry[] {
  const all = [{ transport: 'all', scope: 'default', requirements: policy.default }];
  const entries = Object.entries(policy.transports)
    .sort(byName)
    .flatMap(([transport, scopes]) =>
      Object.entries(scopes)
        .sort(byName)
        .map(([scope, requirements]) => ({ transport, scope, requirements })),
    );
  if (reference === undefined) return [...all, ...entries];
  const registry = entries.filter(({ transport }) => transport === 'docker');
  for (const scope of [...referenceScopes(reference), '']) {
    const found = registry.find((entry) => entry.scope === scope);
    if (found !== undefined) return [found];
  }
  return all;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

async function ownersOf(requirement: Requirement, warnings: string[]): Promise<string | undefined> {
  if (requirement.type === 'sigstoreSigned') return 'N/A';
  if (requirement.type !== 'signedBy') return undefined;
  try {
    return (await gpgUserIds(await Promise.all(requirement.keys.map(readKey)))).join(', ');
  } catch (error) {
    // The table is worth something without it.
    warnings.push(messageOf(error));
    return undefined;
  }
}

async function readKey(source: KeySource): Promise<Uint8Array> {
  return 'data' in source ? source.data : await readFile(source.path);
}
