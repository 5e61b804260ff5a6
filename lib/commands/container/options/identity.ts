/** Who the container's process is. */
import { readFileSync } from 'node:fs';
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { invalidOption, splitWords } from './invalid.ts';

export const identityOptions = {
  'group-add': { type: 'list', metavar: 'GROUP', summary: 'Further groups of the user, or keep-groups' },
  'group-entry': {
    type: 'string',
    metavar: 'LINE',
    summary: "What is added to /etc/group for the user's group",
  },
  hostuser: { type: 'list', metavar: 'USER', summary: "Add a user of the host's to /etc/passwd" },
  passwd: { type: 'bool', summary: 'Add the user to /etc/passwd and /etc/group where they lack it' },
  'passwd-entry': { type: 'string', metavar: 'LINE', summary: 'What is added to /etc/passwd for the user' },
  umask: { type: 'string', metavar: 'OCTAL', summary: 'Umask of the process (default "0022")' },
  user: { short: 'u', type: 'string', metavar: 'USER[:GROUP]', summary: 'User name or id to run as' },
} as const satisfies OptionTable;

/** @throws ProaError INVALID_OPTION, USER_NOT_FOUND */
export function readIdentityOptions(
  options: Options<typeof identityOptions>,
  given: ReadonlySet<string>,
): ContainerOptions {
  const { umask } = options;
  if (umask !== undefined && !/^[0-7]{1,4}$/.test(umask))
    throw invalidOption('umask', umask, 'not an octal number', 'For example --umask 0077');
  const groups = splitWords(options['group-add']);
  const users = splitWords(options.hostuser);
  // An explicit no keeps even what another option would add.
  const wanted = !given.has('passwd') || options.passwd;
  return {
    groupAdd: groups.length > 0 ? groups : undefined,
    passwd: given.has('passwd') ? options.passwd : undefined,
    passwdEntry: wanted ? options['passwd-entry'] : undefined,
    groupEntry: wanted ? options['group-entry'] : undefined,
    hostUsers: users.length > 0 ? users.map(hostUser) : undefined,
    umask: umask?.padStart(4, '0'),
  };
}

/** The host's line for a name or id. */
function hostUser(wanted: string): string {
  const found = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => {
      const [name, , uid] = line.split(':');
      return name === wanted || uid === wanted;
    });
  if (found !== undefined) return found;
  throw new ProaError('USER_NOT_FOUND', `add user ${wanted} of the host: it is not in /etc/passwd`);
}
