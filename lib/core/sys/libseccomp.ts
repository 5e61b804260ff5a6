/** libseccomp (seccomp_init(3) and its kin): from rules to the kernel's filter program. Opened only when needed. */
import { dlopen, FFIType } from 'bun:ffi';
import { hasCode, ProaError } from '../error.ts';
import { close } from './file.ts';
import { address, check, cString, path, syscall, sysError } from './libc.ts';
import { NR } from './numbers.ts';

export interface FilterRule {
  syscall: string;
  /** SCMP_ACT_… as a number, see seccomp.h. */
  action: number;
  /** All must hold. */
  conditions: readonly { argument: number; operator: number; a: bigint; b: bigint }[];
}

export interface FilterRules {
  defaultAction: number;
  /** libseccomp's names: x86_64, x86, x32, aarch64, arm. */
  architectures: readonly string[];
  rules: readonly FilterRule[];
}

const UNKNOWN_SYSCALL = -1;
const EEXIST = -17;
/** The rule's action is the default one already. */
const EACCES = -13;
/** sizeof(struct scmp_arg_cmp). */
const CONDITION_SIZE = 24;

/**
 * Compiles rules to the BPF program that seccomp(2) takes.
 * @returns undefined where libseccomp is not installed
 * @throws ProaError with libseccomp's errno
 */
export function compileFilter({ defaultAction, architectures, rules }: FilterRules): Uint8Array | undefined {
  const library = openLibrary();
  if (library === undefined) return undefined;
  const lib = library.symbols;
  const context = lib.seccomp_init(defaultAction);
  if (!context) throw new ProaError('SECCOMP_FAILED', 'make system call filter: seccomp_init failed');
  try {
    for (const name of architectures) {
      const text = cString(name);
      const token = lib.seccomp_arch_resolve_name(address(text) as never);
      const added = lib.seccomp_arch_add(context, token);
      if (added !== EEXIST) check(added, 'add architecture to filter', name);
    }
    for (const rule of rules) {
      const text = cString(rule.syscall);
      const number = lib.seccomp_syscall_resolve_name(address(text) as never);
      // A name that this libseccomp does not know is a call that it cannot let through: the default action holds.
      if (number === UNKNOWN_SYSCALL) continue;
      const conditions = packConditions(rule);
      const added = lib.seccomp_rule_add_array(
        context,
        rule.action,
        number,
        rule.conditions.length,
        address(conditions) as never,
      );
      if (added !== EACCES) check(added, 'add rule to filter', rule.syscall);
    }
    return exportFilter((fd) => lib.seccomp_export_bpf(context, fd));
  } finally {
    lib.seccomp_release(context);
    library.close();
  }
}

function openLibrary() {
  try {
    return dlopen('libseccomp.so.2', {
      seccomp_init: { args: [FFIType.u32], returns: FFIType.ptr },
      seccomp_release: { args: [FFIType.ptr], returns: FFIType.void },
      seccomp_arch_resolve_name: { args: [FFIType.ptr], returns: FFIType.u32 },
      seccomp_arch_add: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
      seccomp_syscall_resolve_name: { args: [FFIType.ptr], returns: FFIType.i32 },
      seccomp_rule_add_array: {
        args: [FFIType.ptr, FFIType.u32, FFIType.i32, FFIType.u32, FFIType.ptr],
        returns: FFIType.i32,
      },
      seccomp_export_bpf: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
    });
  } catch (error) {
    if (hasCode(error, 'ERR_DLOPEN_FAILED')) return undefined;
    throw error;
  }
}

function packConditions({ conditions }: FilterRule): Buffer {
  const buffer = Buffer.alloc(CONDITION_SIZE * conditions.length);
  conditions.forEach(({ argument, operator, a, b }, i) => {
    const at = CONDITION_SIZE * i;
    buffer.writeUInt32LE(argument, at);
    buffer.writeUInt32LE(operator, at + 4);
    buffer.writeBigUInt64LE(a, at + 8);
    buffer.writeBigUInt64LE(b, at + 16);
  });
  return buffer;
}

function exportFilter(write: (fd: number) => number): Uint8Array {
  const fd = check(syscall(NR.memfd_create, path('seccomp'), 1), 'make memory file');
  try {
    const result = write(fd);
    if (result < 0) throw sysError(-result, 'export filter');
    const buffer = Buffer.alloc(1 << 20);
    const length = check(syscall(NR.pread64, fd, address(buffer), buffer.length, 0), 'read filter');
    return buffer.subarray(0, length);
  } finally {
    close(fd);
  }
}
