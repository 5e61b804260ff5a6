/**
 * Values that completion offers for an option by its name, where the command's table neither limits them nor knows what
 * they are names of. Others are as good: these are what people look for. A word that ends in `=` or `:` goes on.
 */

/** signal(7), those that containers are sent. */
const SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGKILL',
  'SIGQUIT',
  'SIGSTOP',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
];

/** capabilities(7), without the prefix as Docker offers them. */
const CAPABILITIES =
  'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH ' +
  'FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT ' +
  'SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM';

const OFFERS: Readonly<Record<string, readonly string[]>> = {
  'cap-add': CAPABILITIES.split(' '),
  'cap-drop': CAPABILITIES.split(' '),
  format: ['json', 'table'],
  ipc: ['container:', 'host', 'none', 'private', 'shareable'],
  'log-opt': ['max-file=', 'max-size=', 'path=', 'tag='],
  pid: ['container:', 'host', 'private'],
  restart: ['always', 'no', 'on-failure', 'on-failure:', 'unless-stopped'],
  'security-opt': ['apparmor=', 'label=', 'no-new-privileges', 'seccomp=', 'unmask='],
  signal: SIGNALS,
  'stop-signal': SIGNALS,
  ulimit: ['core=', 'cpu=', 'data=', 'fsize=', 'memlock=', 'nofile=', 'nproc=', 'rss=', 'rtprio=', 'stack='],
  userns: ['auto', 'host', 'keep-id', 'nomap'],
  uts: ['host', 'private'],
};

/** The keys of `--filter`, by command. */
const FILTERS: Readonly<Record<string, string>> = {
  events: 'container event image label network pod type volume',
  images: 'before dangling label reference since',
  'network ls': 'dangling driver id label name scope type until',
  ps: 'ancestor before exited health id label name network pod publish since status until volume',
  'secret ls': 'id label name',
  'volume ls': 'after anonymous dangling driver label name opt scope since until',
  'volume prune': 'after anonymous driver label name opt scope since until',
};

/** What to offer for `--name`'s value of a command (by its first name); undefined when nothing is known. */
export function offersFor(name: string, command: string | undefined): readonly string[] | undefined {
  if (name === 'filter') return FILTERS[command ?? '']?.split(' ').map((key) => `${key}=`);
  return Object.hasOwn(OFFERS, name) ? OFFERS[name] : undefined;
}
