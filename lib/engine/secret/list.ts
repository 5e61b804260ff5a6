/** `secret ls`: the secrets of a store that match. */
import { ProaError } from '../../core/error.ts';
import type { BadRecord } from '../../storage/images.ts';
import { listSecrets, type SecretRecord } from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';

type Test = (secret: SecretRecord) => boolean;

export interface SecretListing {
  /** By name. */
  secrets: SecretRecord[];
  /** Records that could not be read. */
  bad: BadRecord[];
}

/**
 * @param filters `name=REGULAR EXPRESSION`, `id=BEGINNING`, `label=KEY[=VALUE]`; of one key's values any will do, but all
 *   labels have to be there
 * @throws ProaError INVALID_FILTER
 */
export function listMatchingSecrets(store: Store, filters: readonly string[]): SecretListing {
  const groups = Map.groupBy(filters, (filter) =>
    filter.startsWith('label=') ? filter : filter.split('=', 1)[0]!,
  );
  const tests = [...groups.values()].map((group) => group.map(test));
  const bad: BadRecord[] = [];
  const secrets = listSecrets(store, bad).filter((secret) =>
    tests.every((any) => any.some((matches) => matches(secret))),
  );
  return { secrets, bad };
}

function test(filter: string): Test {
  const equals = filter.indexOf('=');
  const value = filter.slice(equals + 1);
  switch (equals < 0 ? '' : filter.slice(0, equals)) {
    case 'name': {
      const pattern = regularExpression(value, filter);
      return ({ name }) => pattern.test(name);
    }
    case 'id':
      return ({ id }) => id.startsWith(value);
    case 'label': {
      const [key, wanted] = splitOnce(value);
      return ({ labels }) => Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
    }
    default:
      throw new ProaError(
        'INVALID_FILTER',
        `use filter ${JSON.stringify(filter)}: filters here are id, label, name`,
      );
  }
}

function regularExpression(text: string, filter: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new ProaError(
      'INVALID_FILTER',
      `use filter ${JSON.stringify(filter)}: it is no regular expression`,
      {
        cause: error,
      },
    );
  }
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
