/** Images by short names, which registries.conf may send elsewhere than to Docker Hub. */
import { messageOf, ProaError } from '../../core/error.ts';
import { familiarName, formatReference, type Reference } from '../../oci/model/reference.ts';
import { loadRegistriesConf } from '../../oci/registry/registries-conf.ts';
import { keepAlias } from '../../oci/registry/short-name-aliases.ts';
import { type Candidates, candidatesOf } from '../../oci/registry/short-names.ts';

/** How a person takes part. */
export interface NameDialog {
  /** Asks which of several names is meant; undefined when nobody can be asked. */
  choose?: (shortName: string, names: readonly string[]) => Promise<string | undefined>;
  /** Gets a line about what a short name was taken for. */
  tell?: (line: string) => void;
}

/** @throws ProaError INVALID_REFERENCE, SHORT_NAME, CONFIG_INVALID */
export async function resolveName(text: string): Promise<Candidates> {
  return candidatesOf(await loadRegistriesConf(), text);
}

/**
 * Does `pull` with what a name means, until it succeeds once. A choice that was made is remembered for the next time.
 * @param pull gets the full name, and the short one under which the image shall be found here
 * @throws ProaError what `pull` throws; of several failures one error that lists them all
 */
export async function pullAny<T>(
  candidates: Candidates,
  dialog: NameDialog,
  pull: (reference: Reference, shortName: string | undefined) => Promise<T>,
): Promise<T> {
  const { shortName } = candidates;
  const { references, chosen } = await narrow(candidates, dialog);
  tellOf(candidates, references, dialog);
  const failures: unknown[] = [];
  for (const reference of references) {
    try {
      const pulled = await pull(reference, isDockers(reference, shortName) ? undefined : shortName);
      if (chosen) await keepAlias(shortName!, reference);
      return pulled;
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures.length === 1 ? failures[0] : noneHasIt(shortName!, failures);
}

async function narrow(
  candidates: Candidates,
  { choose }: NameDialog,
): Promise<{ references: readonly Reference[]; chosen: boolean }> {
  const { references, ambiguous, enforced, shortName, by } = candidates;
  if (!ambiguous) return { references, chosen: false };
  const choice = await choose?.(shortName!, references.map(formatReference));
  if (choice !== undefined)
    return { references: references.filter((one) => formatReference(one) === choice), chosen: true };
  if (!enforced) return { references, chosen: false };
  throw new ProaError(
    'SHORT_NAME',
    `resolve ${shortName}: it could be any of ${references.map(formatReference).join(', ')}, and there is no terminal to ask`,
    { hint: `Say it in full; ${by!.file} has short-name-mode = "enforcing"` },
  );
}

function tellOf({ shortName, by }: Candidates, references: readonly Reference[], { tell }: NameDialog): void {
  // Who gets what Docker would give needs no explanation.
  if (by === undefined || references.every((reference) => isDockers(reference, shortName))) return;
  tell?.(
    by.kind === 'alias'
      ? `Resolved "${shortName}" as an alias (${by.file})`
      : `Resolving "${shortName}" using unqualified-search registries (${by.file})`,
  );
}

/** Is it the Hub's image, which the short name means without any configuration too? */
function isDockers({ registry, repository }: Reference, shortName: string | undefined): boolean {
  return shortName === undefined || familiarName({ registry, repository }) === shortName;
}

function noneHasIt(shortName: string, failures: readonly unknown[]): ProaError {
  const reasons = failures.map((failure) => `\n  ${messageOf(failure)}`).join('');
  return new ProaError('PULL_FAILED', `pull ${shortName}: ${failures.length} registries failed:${reasons}`, {
    cause: new AggregateError(failures),
  });
}
