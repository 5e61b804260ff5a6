/**
 * A mount namespace of our own, for mounts that nobody else shall see and that go when we do, however we end.
 *
 * Only the thread that runs JavaScript enters it, and only for a moment (mount_namespaces(7): a thread that shares its
 * root and current folder with no other may change). A folder opened in there leads to what is mounted below it also
 * from outside, as long as the namespace is kept: the kernel finds mounts by the folder that they are on.
 */
import { AT_FDCWD, close, O, open, tryOpenAt } from './file.ts';
import { check, syscall } from './libc.ts';
import { MS, mount } from './mount.ts';
import { NR } from './numbers.ts';
import { CLONE, setns, unshare } from './process.ts';

export class MountNamespace implements Disposable {
  private constructor(private readonly fd: number) {}

  /** A copy of ours, from which nothing spreads and which nothing reaches. */
  static create(): MountNamespace {
    return visiting(() => {
      unshare(CLONE.NEWNS);
      mount('none', '/', '', MS.REC | MS.PRIVATE);
      return new MountNamespace(open('/proc/thread-self/ns/mnt', O.RDONLY));
    });
  }

  /** Runs `action` in the namespace and comes back whatever happens. `action` is synchronous. */
  run<T>(action: () => T): T {
    return visiting(() => {
      // setns(2) wants a thread with folders of its own, which unshare(2) gave it when the namespace was made.
      setns(this.fd, CLONE.NEWNS);
      return action();
    });
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}

/** Comes back to the namespace and current folder of before: joining a namespace leads to its root folder. */
function visiting<T>(action: () => T): T {
  const home = open('/proc/thread-self/ns/mnt', O.RDONLY);
  // The current folder may be deleted, or not be ours to read.
  const folder = tryOpenAt(AT_FDCWD, '.', O.PATH | O.DIRECTORY);
  try {
    return action();
  } finally {
    setns(home, CLONE.NEWNS);
    if (folder >= 0) {
      check(syscall(NR.fchdir, folder), 'return to the current folder');
      close(folder);
    }
    close(home);
  }
}
