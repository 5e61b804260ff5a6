/** Mounting: mount(2), umount2(2), and the mount API of Linux 5.2 (fsopen(2), fsconfig(2), fsmount(2), move_mount(2)). */
import { AT_FDCWD, close } from './file.ts';
import { address, check, cString, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** mount(2) flags. */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  UNBINDABLE: 0x20000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
} as const;

export const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** mount(2). `data` is at most one page. */
export function mount(source: string, target: string, type: string, flags: number, data = ''): void {
  check(tryMount(source, target, type, flags, data), 'mount', `${type || 'bind'} on ${target}`);
}

export function tryMount(source: string, target: string, type: string, flags: number, data = ''): number {
  const typeName = cString(type);
  const options = cString(data);
  return syscall(
    NR.mount,
    path(source, 0),
    path(target, 1),
    address(typeName),
    flags,
    data ? address(options) : 0,
  );
}

/** umount2(2), never through a symbolic link. Returns 0 or -errno (-22, EINVAL, when nothing is mounted there). */
export function tryUnmount(target: PathLike, flags = 0): number {
  return syscall(NR.umount2, path(target), flags | UMOUNT_NOFOLLOW);
}

const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const MOUNT_ATTR_IDMAP = 0x100000n;

/**
 * Shows the folder `source` at `target` with its files' owners mapped as a user namespace maps its ids
 * (mount_setattr(2), "ID-mapped mounts"; Linux 5.12). Returns 0 or -errno: -22 where the file system has no such mounts.
 */
export function tryMountMapped(source: string, target: string, userNamespace: number): number {
  const tree = syscall(NR.open_tree, AT_FDCWD, path(source), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) return tree;
  try {
    const empty = cString('');
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
    const attributes = BigUint64Array.of(MOUNT_ATTR_IDMAP, 0n, 0n, BigInt(userNamespace));
    const set = syscall(
      NR.mount_setattr,
      tree,
      address(empty),
      AT_EMPTY_PATH,
      address(attributes),
      attributes.byteLength,
    );
    if (set < 0) return set;
    return syscall(NR.move_mount, tree, address(empty), AT_FDCWD, path(target), MOVE_MOUNT_F_EMPTY_PATH);
  } finally {
    close(tree);
  }
}

const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const MOVE_MOUNT_F_EMPTY_PATH = 4;

/** A file system being configured; close it when done. Every call returns 0 (or a descriptor) or -errno. */
export class FileSystemContext implements Disposable {
  private constructor(private readonly fd: number) {}

  /** fsopen(2). Returns -errno (-38, ENOSYS) where the kernel has no new mount API. */
  static open(type: string): FileSystemContext | number {
    const fd = syscall(NR.fsopen, path(type), FSOPEN_CLOEXEC);
    return fd < 0 ? fd : new FileSystemContext(fd);
  }

  /** fsconfig(2): one option. A value is at most 255 bytes by the kernel's own limit. */
  set(key: string, value?: string): number {
    if (value === undefined) return syscall(NR.fsconfig, this.fd, FSCONFIG_SET_FLAG, path(key, 0), 0, 0);
    return syscall(NR.fsconfig, this.fd, FSCONFIG_SET_STRING, path(key, 0), path(value, 1), 0);
  }

  /** Creates the superblock and attaches it at `target`. `attributes`: MOUNT_ATTR_* of fsmount(2). */
  mountAt(target: string, attributes = 0): number {
    const created = syscall(NR.fsconfig, this.fd, FSCONFIG_CMD_CREATE, 0, 0, 0);
    if (created < 0) return created;
    const mounted = syscall(NR.fsmount, this.fd, FSMOUNT_CLOEXEC, attributes);
    if (mounted < 0) return mounted;
    const empty = cString('');
    const moved = syscall(
      NR.move_mount,
      mounted,
      address(empty),
      AT_FDCWD,
      path(target),
      MOVE_MOUNT_F_EMPTY_PATH,
    );
    close(mounted);
    return moved;
  }

  /** What the kernel says of the last failure ("e overlay: …"), which an errno alone does not tell. */
  message(): string {
    const buffer = Buffer.alloc(1024);
    const n = syscall(NR.read, this.fd, address(buffer), buffer.length);
    return n > 0 ? buffer.toString('utf8', 0, n).trim() : '';
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}
