/**
 * The one place that opens libc. Everything goes through syscall(2): one symbol to bind (each costs start-up time)
 * serves all calls, and the result follows the kernel's convention: -errno on failure.
 *
 * All calls run on the JS thread, which is the process's main thread; a call that blocks, blocks the event loop.
 * Path arguments are written to static scratch memory, two at most in one call, so no call here is re-entrant.
 */
import { dlopen, FFIType, ptr, read } from 'bun:ffi';
import { ProaError } from '../error.ts';
import { errnoName, errnoText } from './errno.ts';

const { symbols } = dlopen('libc.so.6', {
  syscall: { args: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'], returns: FFIType.i64_fast },
  __errno_location: { args: [], returns: 'ptr' },
});

const errnoAddress = symbols.__errno_location() as unknown as Parameters<typeof read.i32>[0];
const raw = symbols.syscall as unknown as (...args: number[]) => number;

/** A path as given by a person (text) or as found on disk (bytes, which need not be UTF-8). */
export type PathLike = string | Uint8Array;

/** The largest path the kernel takes is 4096 bytes with its NUL (PATH_MAX). */
const SCRATCH = 8192;
const scratch = [Buffer.alloc(SCRATCH), Buffer.alloc(SCRATCH)] as const;
const scratchAddress = [ptr(scratch[0]), ptr(scratch[1])] as const;

/** syscall(2): the result, or -errno. Unused arguments are 0. Pointers come from {@link address}. */
export function syscall(nr: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
  const result = raw(nr, a, b, c, d, e, f);
  return result === -1 ? -read.i32(errnoAddress) : result;
}

/** The address of a buffer's first byte. The caller keeps the buffer alive until the call returned. */
export function address(buffer: NodeJS.TypedArray | ArrayBufferLike): number {
  return buffer.byteLength === 0 ? 0 : (ptr(buffer as NodeJS.TypedArray) as unknown as number);
}

/** Writes a NUL-terminated path to scratch slot 0 or 1 and returns its address. */
export function path(value: PathLike, slot: 0 | 1 = 0): number {
  const buffer = scratch[slot];
  let length: number;
  if (typeof value === 'string') {
    if (value.length > SCRATCH / 4 && Buffer.byteLength(value) >= SCRATCH) throw tooLong(value);
    if (value.includes('\0'))
      throw new ProaError('EINVAL', `invalid path ${JSON.stringify(value)}: holds a NUL byte`);
    length = buffer.write(value, 0, 'utf8');
  } else {
    if (value.length >= SCRATCH) throw tooLong(Buffer.from(value).toString());
    if (value.indexOf(0) >= 0) throw new ProaError('EINVAL', 'invalid path: holds a NUL byte');
    buffer.set(value);
    length = value.length;
  }
  buffer[length] = 0;
  return scratchAddress[slot] as unknown as number;
}

function tooLong(value: string): ProaError {
  return new ProaError('ENAMETOOLONG', `use path ${value.slice(0, 64)}…: file name too long`);
}

/** Turns -errno into a {@link ProaError} "verb what: text" with the errno's name as code; else passes the result on. */
export function check(result: number, verb: string, what: PathLike | number = ''): number {
  if (result < 0) throw sysError(-result, verb, what);
  return result;
}

/** The error for an errno: `open /x: permission denied`, code `EACCES`. */
export function sysError(errno: number, verb: string, what: PathLike | number = ''): ProaError {
  const code = errnoName(errno);
  const object = typeof what === 'object' ? Buffer.from(what).toString() : String(what);
  return new ProaError(code, `${verb}${object === '' ? '' : ` ${object}`}: ${errnoText(code)}`);
}

/** A NUL-terminated copy of a string or byte path, for structures and vectors that hold pointers. */
export function cString(value: PathLike): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const buffer = Buffer.alloc(bytes.length + 1);
  buffer.set(bytes);
  return buffer;
}
