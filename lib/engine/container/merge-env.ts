/** The variables of a container's record: the image's, and what was asked for over them. */
import { DEFAULT_PATH, mergeEnvOption } from '../../oci/model/runtime-spec/env.ts';
import type { CreateRequest } from './create.ts';

/** Later entries win in the place of earlier ones; a bare NAME unsets. */
export function mergeEnv(
  image: readonly string[],
  request: Pick<CreateRequest, 'env' | 'hostEnv' | 'envMerge' | 'options'>,
): string[] {
  const { hostEnv = [], envMerge = [], env, options } = request;
  const unset = options?.unsetEnv;
  const isKept = (entry: string): boolean =>
    unset !== 'all' && !(unset ?? []).includes(entry.split('=', 1)[0]!);
  const defaults = unset === undefined ? image : image.filter(isKept);
  const filled = envMerge.map((text) => mergeEnvOption(text, [`PATH=${DEFAULT_PATH}`, ...defaults]));
  const merged = new Map<string, string>();
  for (const entry of [...hostEnv, ...defaults, ...filled, ...env]) {
    const name = entry.split('=', 1)[0]!;
    if (entry.includes('=')) merged.set(name, entry);
    else merged.delete(name);
  }
  return [...merged.values()];
}
