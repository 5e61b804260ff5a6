/** `image trust set`: one entry of policy.json. */
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { policyPath } from '../../oci/trust/config-files.ts';
import { parsePolicy } from '../../oci/trust/policy.ts';

export type TrustType = 'accept' | 'reject' | 'signedBy' | 'sigstoreSigned';

export interface TrustChange {
  /** A registry, namespace, repository or image; `default` for all that nothing else speaks of. */
  scope: string;
  type: TrustType;
  /** Files with public keys: an image must be signed by all of them. */
  keyFiles: readonly string[];
  policyFile?: string | undefined;
  rootless: boolean;
}

/** The parts of the file that are changed here; the rest goes through as it is. */
interface PolicyDocument {
  default?: unknown;
  transports?: Record<string, Record<string, unknown>>;
}

/**
 * Changes the policy in force: the user's own, or the machine's; a user who may not change that gets a copy of it.
 * @returns the file that was written
 * @throws ProaError BAD_ARGUMENTS, CONFIG_INVALID, NO_DEFAULT_POLICY, ENOENT for a key, EACCES
 */
export async function setTrust(change: TrustChange): Promise<string> {
  if (change.scope !== 'default') checkScope(change.scope);
  const requirements = requirementsOf(change);
  const inForce = change.policyFile ?? (await policyPath());
  const document = readDocument(inForce);
  if (change.scope === 'default') document.default = requirements;
  else if (document.default === undefined) {
    throw new ProaError('NO_DEFAULT_POLICY', `change ${inForce}: default trust policy must be set`, {
      hint: 'proa image trust set --type accept default',
    });
  } else {
    const docker = { ...document.transports?.docker, [change.scope]: requirements };
    document.transports = sorted({ ...document.transports, docker: sorted(docker) });
  }
  const isMachines = change.policyFile === undefined && inForce.startsWith('/etc/');
  const file =
    isMachines && change.rootless
      ? `${process.env.HOME || homedir()}/.config/containers/policy.json`
      : inForce;
  const text = `${JSON.stringify(document, null, 4)}\n`;
  // What is written must be readable again, whatever was there before.
  parsePolicy(text, file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomic(file, text, { sync: true });
  return file;
}

function readDocument(file: string): PolicyDocument {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw addContext(error, `read ${file}`);
  }
  parsePolicy(text, file);
  return JSON.parse(text) as PolicyDocument;
}

function requirementsOf({ type, keyFiles }: TrustChange): object[] {
  if (type === 'accept' || type === 'reject') {
    if (keyFiles.length > 0)
      throw new ProaError(
        'BAD_ARGUMENTS',
        `set trust: ${keyFiles.length} public keys were given, and ${type} takes none`,
      );
    return [{ type: type === 'accept' ? 'insecureAcceptAnything' : 'reject' }];
  }
  if (keyFiles.length === 0) {
    throw new ProaError('BAD_ARGUMENTS', `at least one public key must be defined for type '${type}'`, {
      hint: 'proa image trust set --pubkeysfile FILE …',
    });
  }
  return keyFiles.map((file) => {
    const keyPath = resolve(file);
    try {
      accessSync(keyPath, constants.R_OK);
    } catch (error) {
      throw addContext(error, 'set trust: public key');
    }
    return type === 'signedBy' ? { type, keyType: 'GPGKeys', keyPath } : { type, keyPath };
  });
}

/** A host, with or without port, a namespace, repository or image; a `*.` in front stands for the domains below. */
function checkScope(scope: string): void {
  const plain = scope.replace(/^\*\./, '');
  parseReference(plain.includes('/') ? plain : `${plain}/name`);
}

function sorted<T>(object: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
