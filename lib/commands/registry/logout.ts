import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { forgetAllLogins, forgetLogin } from '../../oci/registry/login.ts';
import { print } from '../context.ts';
import { compatAuthFile, readLoginPlace } from './login-place.ts';
import { readRegistryName } from './registry-name.ts';

export const command = defineCommand({
  names: ['logout'],
  summary: 'Log out of a registry',
  usage: '[OPTIONS] [REGISTRY]',
  examples: ['logout', 'logout quay.io', 'logout --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Forget all logins' },
    authfile: { type: 'string', metavar: 'FILE', summary: 'The file that has the login', complete: 'file' },
    'compat-auth-file': compatAuthFile,
  },
  args: { min: 0, max: 1 },
  async run({ options, args }) {
    if (options.all) {
      if (args.length > 0) throw new ProaError('BAD_ARGUMENTS', 'log out: --all takes no registry');
      await forgetAllLogins(readLoginPlace(options));
      return await print('Removed login credentials for all registries\n');
    }
    const key = readRegistryName(args[0]);
    const files = await forgetLogin(key, readLoginPlace(options, key));
    // As Docker: what is not there needs no failure.
    await print(files.length === 0 ? `Not logged in to ${key}\n` : `Removing login credentials for ${key}\n`);
  },
});
