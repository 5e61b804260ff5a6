/** `--sysctl`: kernel settings that belong to a namespace and so can be a container's own (sysctl(8), namespaces(7)). */
import { ProaError } from '../../../core/error.ts';
import type { NamespaceChoice } from './namespaces.ts';

/** Which namespace a setting belongs to; those of Docker's and Podman's lists. */
function namespaceOf(name: string): 'ipc' | 'network' | 'uts' | undefined {
  if (name.startsWith('net.')) return 'network';
  if (name.startsWith('fs.mqueue.')) return 'ipc';
  if (/^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/.test(name)) return 'ipc';
  return /^kernel\.(domainname|hostname)$/.test(name) ? 'uts' : undefined;
}

/**
 * `NAME=VALUE` each; a slash in a name stands for a dot, as sysctl(8) has it.
 * @throws ProaError INVALID_SYSCTL for what is not of this form, or is a setting of the whole machine
 */
export function parseSysctls(options: readonly string[]): Record<string, string> {
  const sysctls: Record<string, string> = {};
  for (const option of options) {
    const equals = option.indexOf('=');
    if (equals < 1) throw invalid(option, 'it is not NAME=VALUE');
    const name = option.slice(0, equals).replaceAll('/', '.');
    if (namespaceOf(name) === undefined)
      throw invalid(name, 'it is a setting of the whole machine, not of a container');
    sysctls[name] = option.slice(equals + 1);
  }
  return sysctls;
}

/**
 * Refuses settings that would be the host's, as its namespace is shared.
 * @throws ProaError INVALID_SYSCTL naming the option that shares it
 */
export function checkSysctls(
  sysctls: Readonly<Record<string, string>>,
  namespaces: Partial<Record<'ipc' | 'network' | 'uts', NamespaceChoice | string>>,
): void {
  for (const name of Object.keys(sysctls)) {
    const kind = namespaceOf(name);
    if (kind !== undefined && namespaces[kind] === 'host')
      throw invalid(name, `the container shares the host's namespace (--${kind}=host)`);
  }
}

function invalid(name: string, why: string): ProaError {
  return new ProaError('INVALID_SYSCTL', `set sysctl ${name}: ${why}`, {
    hint: 'possible are net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm*',
  });
}
