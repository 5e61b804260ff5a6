/** The options that say where `login` and `logout` keep logins. */
import type { Option } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { LoginPlace } from '../../oci/registry/login.ts';

export const compatAuthFile = {
  type: 'string',
  metavar: 'FILE',
  summary: 'Use this file, in the form that Docker reads',
  complete: 'file',
} as const satisfies Option;

/**
 * @param key of the login, if it is about one
 * @throws ProaError CONFLICTING_OPTIONS, INVALID_REGISTRY for part of a registry, which Docker's files do not know
 */
export function readLoginPlace(
  options: { authfile?: string; 'compat-auth-file'?: string },
  key?: string,
): LoginPlace {
  const { authfile: authFile, 'compat-auth-file': dockerFile } = options;
  if (authFile !== undefined && dockerFile !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', '--authfile and --compat-auth-file are mutually exclusive');
  if (dockerFile !== undefined && key?.includes('/')) {
    throw new ProaError(
      'INVALID_REGISTRY',
      `log in to ${key}: Docker's files have no logins for parts of a registry`,
      { hint: 'Use --authfile' },
    );
  }
  return { authFile, dockerFile };
}
