/** Artifacts by what people call them. */
import { hasCode, ProaError } from '../../core/error.ts';
import { formatReference, parseReference } from '../../oci/model/reference.ts';
import { type Artifact, findArtifact } from '../../storage/artifacts.ts';
import type { Store } from '../../storage/store.ts';

/** The full name, with a tag. @throws ProaError INVALID_REFERENCE */
export function artifactName(text: string): string {
  return formatReference(parseReference(text));
}

/** @param text a name, a digest, or the start of one @throws ProaError ARTIFACT_NOT_FOUND, AMBIGUOUS */
export function requireArtifact(store: Store, text: string): Artifact {
  const found = findArtifact(store, nameOrNothing(text), text);
  if (found !== undefined) return found;
  throw new ProaError('ARTIFACT_NOT_FOUND', `${text}: artifact does not exist`, {
    hint: 'See what is here: proa artifact ls',
  });
}

function nameOrNothing(text: string): string | undefined {
  try {
    return artifactName(text);
  } catch (error) {
    // A digest is no name.
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}
