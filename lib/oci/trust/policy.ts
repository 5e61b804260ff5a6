/**
 * `policy.json` (containers-policy.json(5)): which images are accepted. It is read strictly: a member that is unknown,
 * twice there or of the wrong kind refuses the whole file, as a misread policy would accept what it should not.
 */
import { type DocumentKind, type JsonCursor, openJson } from '../model/json-cursor.ts';
import { readSignedIdentity, type SignedIdentity } from './identity.ts';

export interface Policy {
  /** Where it stands, for messages. */
  readonly file: string;
  readonly default: readonly Requirement[];
  /** By transport and scope; the scope `''` is the transport's default. */
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly Requirement[]>>>>;
}

export type Requirement =
  | { readonly type: 'insecureAcceptAnything' }
  | { readonly type: 'reject' }
  | SignedBy
  | SigstoreSigned
  | Uncheckable;

/** A signature by GPG ("simple signing"). */
export interface SignedBy {
  readonly type: 'signedBy';
  readonly keys: readonly KeySource[];
  readonly identity: SignedIdentity;
}

/** A signature as cosign makes it, by one of these keys. */
export interface SigstoreSigned {
  readonly type: 'sigstoreSigned';
  readonly keys: readonly KeySource[];
  /** Keys of the transparency log that must have recorded the signature; none: no log is asked for. */
  readonly rekorKeys: readonly KeySource[];
  readonly identity: SignedIdentity;
}

/** Well-formed, but it asks for what cannot be checked here: images that it applies to are refused, others are not. */
export interface Uncheckable {
  readonly type: 'uncheckable';
  readonly why: string;
}

/** Public keys in a file, or in the policy itself. */
export type KeySource = { readonly path: string } | { readonly data: Uint8Array };

/** @throws ProaError CONFIG_INVALID naming file and member */
export function parsePolicy(text: string, file: string): Policy {
  const kind: DocumentKind = { code: 'CONFIG_INVALID', what: `read ${file}` };
  const document = openJson(text, kind);
  only(document, ['default', 'transports']);
  return {
    file,
    default: readRequirements(document.at('default')),
    transports: document.at('transports').maybe((all) => all.record(readTransport)) ?? {},
  };
}

/** The policy of a machine that has none. */
export const ACCEPT_ANYTHING: Policy = {
  file: '',
  default: [{ type: 'insecureAcceptAnything' }],
  transports: {},
};

function readTransport(transport: JsonCursor): Record<string, Requirement[]> {
  return transport.record(readRequirements);
}

function readRequirements(list: JsonCursor): Requirement[] {
  const items = list.items();
  // An empty list would be fulfilled by any image.
  if (items.length === 0) list.fail('must not be empty');
  return items.map(readRequirement);
}

function readRequirement(item: JsonCursor): Requirement {
  const type = item.at('type').string();
  switch (type) {
    case 'insecureAcceptAnything':
    case 'reject':
      only(item, ['type']);
      return { type };
    case 'signedBy':
      return readSignedBy(item);
    case 'sigstoreSigned':
      return readSigstoreSigned(item);
    case 'signedBaseLayer':
      return { type: 'uncheckable', why: 'signedBaseLayer was never defined beyond its name' };
    default:
      return item.at('type').fail(`${JSON.stringify(type)} is no type of requirement`);
  }
}

/** Named from the start, but only the first came to be. */
const KEY_TYPES = ['GPGKeys', 'signedByGPGKeys', 'X509Certificates', 'signedByX509CAs'];

function readSignedBy(item: JsonCursor): Requirement {
  only(item, ['type', 'keyType', 'keyPath', 'keyPaths', 'keyData', 'signedIdentity']);
  const keyType = item.at('keyType').string();
  if (!KEY_TYPES.includes(keyType)) item.at('keyType').fail(`must be one of ${KEY_TYPES.join(', ')}`);
  const keys = readKeys(item, 'key');
  if (keys === undefined) return item.fail('needs one of keyPath, keyPaths and keyData');
  const identity = readSignedIdentity(item.at('signedIdentity'));
  if (keyType === 'GPGKeys') return { type: 'signedBy', keys, identity };
  return { type: 'uncheckable', why: `its keyType ${keyType} was never put to use` };
}

const SIGSTORE_KEYS = ['keyPath', 'keyPaths', 'keyData', 'keyDatas'];
const REKOR_KEYS = ['rekorPublicKeyPath', 'rekorPublicKeyPaths', 'rekorPublicKeyData', 'rekorPublicKeyDatas'];

function readSigstoreSigned(item: JsonCursor): Requirement {
  only(item, ['type', ...SIGSTORE_KEYS, ...REKOR_KEYS, 'fulcio', 'pki', 'signedIdentity']);
  const identity = readSignedIdentity(item.at('signedIdentity'));
  const keys = readKeys(item, 'key');
  const rekorKeys = readKeys(item, 'rekorPublicKey') ?? [];
  const authority = ['fulcio', 'pki'].filter((name) => !item.at(name).absent);
  if (authority.length + (keys === undefined ? 0 : 1) !== 1)
    item.fail('needs exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio and pki');
  if (keys !== undefined) return { type: 'sigstoreSigned', keys, rekorKeys, identity };
  item.at(authority[0]!).object();
  return {
    type: 'uncheckable',
    why: `it asks for a certificate (${authority[0]}), and Proa checks signatures by keys alone`,
  };
}

/** `PREFIXPath`, `PREFIXPaths`, `PREFIXData` or `PREFIXDatas`: at most one of them. */
function readKeys(item: JsonCursor, prefix: string): KeySource[] | undefined {
  const there = ['Path', 'Paths', 'Data', 'Datas'].filter((kind) => !item.at(prefix + kind).absent);
  if (there.length === 0) return undefined;
  if (there.length > 1) item.fail(`has more than one of ${there.map((kind) => prefix + kind).join(' and ')}`);
  const member = item.at(prefix + there[0]!);
  const values = there[0]!.endsWith('s') ? member.items() : [member];
  if (values.length === 0) member.fail('must not be empty');
  return values.map((value) =>
    there[0]!.startsWith('Path') ? { path: readPath(value) } : { data: readBase64(value) },
  );
}

function readPath(value: JsonCursor): string {
  const path = value.string();
  return path === '' ? value.fail('must not be empty') : path;
}

function readBase64(value: JsonCursor): Uint8Array {
  const text = value.string();
  if (text === '' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    value.fail('must be base64');
  return Buffer.from(text, 'base64');
}

/** Refuses members of other names. */
function only(object: JsonCursor, names: readonly string[]): void {
  const [unknown] = Object.keys(object.others(names) ?? {});
  if (unknown !== undefined) object.at(unknown).fail('is not known');
}
