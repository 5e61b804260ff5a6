/** `--secret NAME[,KEY=VALUE…]` of `run` and `create` (podman-run(1)). */
import { ProaError } from '../../core/error.ts';

/** What a container is to get of a secret. */
export type SecretUse = { source: string } & (
  | {
      type: 'mount';
      /** Absolute. */
      target: string;
      /** As the container counts them. */
      uid: number;
      gid: number;
      mode: number;
    }
  | { type: 'env'; variable: string }
);

/** Where secrets are shown that were given no other place. */
export const SECRETS_FOLDER = '/run/secrets';

const DEFAULT_MODE = 0o444;

/** @throws ProaError INVALID_OPTION */
export function parseSecretOption(text: string): SecretUse {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_OPTION', `invalid argument ${JSON.stringify(text)} for --secret: ${why}`, {
      hint: 'Write --secret NAME[,type=mount|env][,target=PATH|VARIABLE][,uid=UID][,gid=GID][,mode=OCTAL]',
    });
  const [first = '', ...rest] = text.split(',');
  const fields = new Map<string, string>();
  const words = first.includes('=') ? [first, ...rest] : rest;
  if (!first.includes('=')) fields.set('source', first);
  for (const word of words) {
    const equals = word.indexOf('=');
    const key = word.slice(0, equals);
    if (equals < 0) throw fail(`option ${word} must be in form option=value`);
    if (!/^(source|type|target|uid|gid|mode)$/.test(key)) throw fail(`option ${word} invalid`);
    fields.set(key, word.slice(equals + 1));
  }
  const source = fields.get('source') ?? '';
  if (source === '') throw fail('no source found');
  const type = fields.get('type') || 'mount';
  const target = fields.get('target') || source;
  if (type === 'env') {
    if (fields.has('uid') || fields.has('gid') || fields.has('mode'))
      throw fail('uid, gid and mode options cannot be set with secret type env');
    if (/[=\0]/.test(target)) throw fail(`${target} cannot be a variable's name`);
    return { source, type, variable: target };
  }
  if (type !== 'mount') throw fail(`type ${type} is invalid`);
  const number = (key: string, pattern: RegExp, base: number, otherwise: number): number => {
    const value = fields.get(key);
    if (value === undefined) return otherwise;
    if (!pattern.test(value)) throw fail(`${key} ${value} invalid`);
    return Number.parseInt(value, base);
  };
  return {
    source,
    type,
    target: absoluteTarget(target, fail),
    uid: number('uid', /^\d{1,9}$/, 10, 0),
    gid: number('gid', /^\d{1,9}$/, 10, 0),
    mode: number('mode', /^[0-7]{1,4}$/, 8, DEFAULT_MODE),
  };
}

/** A relative one is below /run/secrets, and stays there. */
function absoluteTarget(target: string, fail: (why: string) => ProaError): string {
  const parts: string[] = [];
  for (const part of target.split('/')) {
    if (part === '..' && parts.pop() === undefined)
      throw fail(`target ${target} leads out of ${SECRETS_FOLDER}`);
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  if (parts.length === 0) throw fail(`target ${target} is no file`);
  return `${target.startsWith('/') ? '' : SECRETS_FOLDER}/${parts.join('/')}`;
}
