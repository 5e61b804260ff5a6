/** Processes, namespaces and the calling thread's identity. */
import { close, O, open } from './file.ts';
import { address, check, cString, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** clone(2) namespace flags. */
export const CLONE = {
  NEWNS: 0x00020000,
  NEWCGROUP: 0x02000000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;

/**
 * execve(2): replaces this process. Returns only on failure, with -errno. Descriptors without close-on-exec and an
 * ignored SIGPIPE are inherited by the new program.
 */
export function execve(
  file: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): number {
  const strings: Buffer[] = [];
  const vector = (items: string[]): BigUint64Array => {
    const pointers = new BigUint64Array(items.length + 1);
    items.forEach((item, i) => {
      const text = cString(item);
      strings.push(text);
      pointers[i] = BigInt(address(text));
    });
    return pointers;
  };
  const args = vector([...argv]);
  const environment = vector(
    Object.entries(env)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${value}`),
  );
  return syscall(NR.execve, path(file), address(args), address(environment));
}

/** kill(2): 0 or -errno (-3, ESRCH: gone; -1, EPERM: there, but not ours). Signal 0 only asks. */
export function tryKill(pid: number, signal: number): number {
  return syscall(NR.kill, pid, signal);
}

/** pidfd_open(2): a descriptor that becomes readable when the process ends, or -errno (-3: it is gone). */
export function tryPidfdOpen(pid: number): number {
  return syscall(NR.pidfd_open, pid, 0);
}

/** pidfd_send_signal(2): signals exactly the process the descriptor was opened for, never a reused pid. */
export function tryPidfdSignal(pidfd: number, signal: number): number {
  return syscall(NR.pidfd_send_signal, pidfd, signal, 0, 0);
}

/** setns(2) of the calling thread. CLONE_NEWUSER cannot work here: Bun's process has several threads. */
export function setns(fd: number, type: number): void {
  check(syscall(NR.setns, fd, type), 'join namespace');
}

/** unshare(2) of the calling thread (same limit as {@link setns}). */
export function unshare(flags: number): void {
  check(syscall(NR.unshare, flags), 'unshare');
}

/** chroot(2) and chdir(2) to the new root. For good: use only in a child process of its own. */
export function chroot(dir: PathLike): void {
  check(syscall(NR.chroot, path(dir)), 'chroot', dir);
  check(syscall(NR.chdir, path('/')), 'chdir', '/');
}

export function umask(mask: number): number {
  return syscall(NR.umask, mask);
}

/**
 * Runs `action` with this thread in another network namespace and comes back whatever happens. `action` is
 * synchronous: nothing else runs on this thread meanwhile.
 * @param target path of a namespace file (`/proc/PID/ns/net` or a bind mount of one), or `'new'` for a fresh one.
 */
export function inNetworkNamespace<T>(target: string, action: () => T): T {
  const home = open('/proc/thread-self/ns/net', O.RDONLY);
  try {
    // Joining where we are changes nothing, but is refused where coming back would be: to a user's namespace the
    // host's network belongs to another user namespace.
    setns(home, CLONE.NEWNET);
    if (target === 'new') {
      unshare(CLONE.NEWNET);
    } else {
      const fd = open(target, O.RDONLY);
      try {
        setns(fd, CLONE.NEWNET);
      } finally {
        close(fd);
      }
    }
    try {
      return action();
    } finally {
      setns(home, CLONE.NEWNET);
    }
  } finally {
    close(home);
  }
}

const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_PDEATHSIG = 1;

/** Orphans below this process become its children (prctl(2)). */
export function setChildSubreaper(): void {
  check(syscall(NR.prctl, PR_SET_CHILD_SUBREAPER, 1), 'set child subreaper');
}

/** The kernel sends `signal` to this process when its parent thread ends (prctl(2)). */
export function setParentDeathSignal(signal: number): void {
  check(syscall(NR.prctl, PR_SET_PDEATHSIG, signal), 'set parent death signal');
}

const RLIMIT_NOFILE = 7;

/** Soft and hard limit of open descriptors of this process. */
export function openFileLimit(): { soft: number; hard: number } {
  const limits = new BigUint64Array(2);
  check(syscall(NR.prlimit64, 0, RLIMIT_NOFILE, 0, address(limits)), 'read limit of open files');
  return { soft: Number(limits[0]), hard: Number(limits[1]) };
}
