/**
 * Project quotas: how much a folder may hold (quotactl(2), quotactl_fd of Linux 5.14; ioctl_xfs_fsgetxattr(2)). xfs and
 * ext4 have them when they are mounted with `prjquota`.
 */

import { AT_FDCWD, close, O, tryOpenAt } from './file.ts';
import { address, type PathLike, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** struct fsxattr: five words and eight bytes of padding; the flags are the first word, the project the fourth. */
const FS_IOC_FSGETXATTR = 0x801c581f;
const FS_IOC_FSSETXATTR = 0x401c5820;
const FSXATTR = { size: 28, flags: 0, project: 12 };
const FS_XFLAG_PROJINHERIT = 0x200;

/** QCMD(Q_GETQUOTA and Q_SETQUOTA, PRJQUOTA). */
const GET = 0x80000702;
const SET = 0x80000802;

/** struct if_dqblk of linux/quota.h: eight words of 64 bits, and which of them count. */
const DQBLK = { size: 72, blockLimit: 0, space: 16, inodeLimit: 24, inodes: 40, valid: 64 };
const BLOCK = 1024;
const QIF_BLIMITS = 1;
const QIF_ILIMITS = 4;

export interface QuotaLimits {
  /** Counted in blocks of 1,024; none when left out. */
  bytes?: number | undefined;
  inodes?: number | undefined;
}

/** Makes a folder, and all that is made in it from now on, part of a project. Returns 0 or -errno. */
export function trySetProject(folder: PathLike, project: number): number {
  return withFolder(folder, (fd) => {
    const attributes = Buffer.alloc(FSXATTR.size);
    const got = syscall(NR.ioctl, fd, FS_IOC_FSGETXATTR, address(attributes));
    if (got < 0) return got;
    attributes.writeUInt32LE(attributes.readUInt32LE(FSXATTR.flags) | FS_XFLAG_PROJINHERIT, FSXATTR.flags);
    attributes.writeUInt32LE(project, FSXATTR.project);
    return syscall(NR.ioctl, fd, FS_IOC_FSSETXATTR, address(attributes));
  });
}

/** Sets a project's limits on the file system of `folder`; those left out are lifted. Returns 0 or -errno. */
export function trySetLimits(folder: PathLike, project: number, limits: QuotaLimits): number {
  const record = encodeLimits(limits);
  return withFolder(folder, (fd) => syscall(NR.quotactl_fd, fd, SET, project, address(record)));
}

export function encodeLimits({ bytes = 0, inodes = 0 }: QuotaLimits): Buffer {
  const record = Buffer.alloc(DQBLK.size);
  record.writeBigUInt64LE(BigInt(Math.ceil(bytes / BLOCK)), DQBLK.blockLimit);
  record.writeBigUInt64LE(BigInt(inodes), DQBLK.inodeLimit);
  record.writeUInt32LE(QIF_BLIMITS | QIF_ILIMITS, DQBLK.valid);
  return record;
}

/** Whether nothing belongs to a project yet and it has no limit, or -errno (-3, ESRCH: quotas are off). */
export function tryIsFree(folder: PathLike, project: number): boolean | number {
  const record = Buffer.alloc(DQBLK.size);
  const result = withFolder(folder, (fd) => syscall(NR.quotactl_fd, fd, GET, project, address(record)));
  // xfs has no record (ENOENT) for a project that nobody used yet.
  if (result === -2) return true;
  if (result < 0) return result;
  const fields = [DQBLK.blockLimit, DQBLK.space, DQBLK.inodeLimit, DQBLK.inodes];
  return fields.every((at) => record.readBigUInt64LE(at) === 0n);
}

function withFolder(folder: PathLike, use: (fd: number) => number): number {
  const fd = tryOpenAt(AT_FDCWD, folder, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return fd;
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}
