/** The AppArmor profile of containers that name none (apparmor.d(5)): what the field's default profiles allow. */

/** Its name in the kernel. A change of the text needs another name, as a loaded profile is not looked into. */
export const DEFAULT_PROFILE = 'proa-default-1';

/**
 * The text for apparmor_parser(8). Everything that capabilities and seccomp allow, but no mounts, and no writing to what
 * in /proc and /sys belongs to the machine. Processes of such containers may trace and signal each other alone.
 */
export function defaultProfile(name = DEFAULT_PROFILE): string {
  const denied = [
    'deny @{PROC}/* w,',
    // All in /proc but the folders of processes and /proc/sys.
    'deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/** w,',
    // Of /proc/sys only kernel/shm*.
    'deny @{PROC}/sys/[^k]** w,',
    'deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,',
    'deny @{PROC}/sysrq-trigger rwklx,',
    'deny @{PROC}/kcore rwklx,',
    'deny mount,',
    'deny /sys/[^f]*/** wklx,',
    'deny /sys/f[^s]*/** wklx,',
    'deny /sys/fs/[^c]*/** wklx,',
    'deny /sys/fs/c[^g]*/** wklx,',
    'deny /sys/fs/cg[^r]*/** wklx,',
    'deny /sys/firmware/** rwklx,',
    'deny /sys/devices/virtual/powercap/** rwklx,',
    'deny /sys/kernel/security/** rwklx,',
  ];
  const allowed = [
    'network,',
    'capability,',
    'file,',
    'umount,',
    'signal (receive) peer=unconfined,',
    'signal (receive) peer={runc,crun},',
    `signal (send,receive) peer=${name},`,
    `ptrace (trace,read,tracedby,readby) peer=${name},`,
  ];
  const rules = ['#include <abstractions/base>', ...allowed, ...denied].map((rule) => `  ${rule}`);
  return [
    '#include <tunables/global>',
    `profile ${name} flags=(attach_disconnected,mediate_deleted) {`,
    ...rules,
    '}',
    '',
  ].join('\n');
}
