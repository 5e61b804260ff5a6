/** What a compiled system call filter says: an interpreter of classic BPF over struct seccomp_data (seccomp(2)). */

export interface Call {
  nr: number;
  /** AUDIT_ARCH_…; x86-64 when left out. */
  arch?: number;
  args?: bigint[];
}

export const AUDIT_ARCH_X86_64 = 0xc000003e;

/** The filter's return value: a SECCOMP_RET_… with its number. */
export function verdict(program: Uint8Array, { nr, arch = AUDIT_ARCH_X86_64, args = [] }: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, nr >>> 0, true);
  data.setUint32(4, arch, true);
  args.forEach((arg, i) => {
    data.setBigUint64(16 + 8 * i, arg, true);
  });
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let a = 0;
  for (let pc = 0; ; pc++) {
    const at = 8 * pc;
    const [op, jt, jf] = [code.getUint16(at, true), code.getUint8(at + 2), code.getUint8(at + 3)];
    const k = code.getUint32(at + 4, true);
    if (op === 0x20) a = data.getUint32(k, true);
    else if (op === 0x54) a = (a & k) >>> 0;
    else if (op === 0x05) pc += k;
    else if (op === 0x15) pc += a === k ? jt : jf;
    else if (op === 0x25) pc += a > k ? jt : jf;
    else if (op === 0x35) pc += a >= k ? jt : jf;
    else if (op === 0x06) return k;
    else throw new Error(`instruction ${op.toString(16)} at ${pc}`);
  }
}
