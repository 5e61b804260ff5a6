/** Builds archives block by block, also such as no tar program would write. */

export interface MemberOptions {
  name: string | Buffer;
  /** Default '0', a file. */
  type?: string;
  content?: string | Uint8Array;
  /** In the header; default: the content's length. */
  size?: number;
  linkName?: string | Buffer;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  major?: number;
  minor?: number;
  prefix?: string;
  /** `ustar` (default), `gnu` or `v7`. */
  format?: 'ustar' | 'gnu' | 'v7';
  /** Changes the header before its checksum is made. */
  edit?: (block: Buffer) => void;
  /** PAX records to put in front. */
  pax?: Record<string, string | Uint8Array>;
}

const bytes = (value: string | Uint8Array): Buffer =>
  typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length);

function octal(block: Buffer, value: number, at: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
}

/** Writes a number in GNU's base-256. */
export function base256(block: Buffer, value: bigint, at: number, length: number): void {
  let rest = value < 0n ? value + (1n << BigInt(8 * length)) : value;
  for (let i = at + length - 1; i >= at; i--) {
    block[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  block[at] = block[at]! | 0x80;
}

export function header(options: MemberOptions): Buffer {
  const block = Buffer.alloc(512);
  const { format = 'ustar', content = '' } = options;
  bytes(options.name).copy(block, 0, 0, 100);
  octal(block, options.mode ?? 0o644, 100, 8);
  octal(block, options.uid ?? 0, 108, 8);
  octal(block, options.gid ?? 0, 116, 8);
  octal(block, options.size ?? bytes(content).length, 124, 12);
  octal(block, options.mtime ?? 1_600_000_000, 136, 12);
  block.write(options.type ?? '0', 156, 'latin1');
  bytes(options.linkName ?? '').copy(block, 157, 0, 100);
  if (format !== 'v7') {
    block.write(format === 'gnu' ? 'ustar  \0' : 'ustar\u000000', 257, 'latin1');
    octal(block, options.major ?? 0, 329, 8);
    octal(block, options.minor ?? 0, 337, 8);
    bytes(options.prefix ?? '').copy(block, 345, 0, 155);
  }
  options.edit?.(block);
  return seal(block);
}

/** Sets the checksum. */
export function seal(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  octal(
    block,
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}

export function padded(content: Uint8Array): Buffer {
  return Buffer.concat([content, Buffer.alloc(-content.length & 511)]);
}

/** `LENGTH KEY=VALUE\n`, whose length counts itself. */
export function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), bytes(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

export function paxHeader(records: Record<string, string | Uint8Array>, type = 'x'): Buffer {
  const content = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return Buffer.concat([header({ name: 'PaxHeaders/x', type, content }), padded(content)]);
}

export function member(options: MemberOptions): Buffer {
  return Buffer.concat([
    options.pax ? paxHeader(options.pax) : Buffer.alloc(0),
    header(options),
    padded(bytes(options.content ?? '')),
  ]);
}

export const endMark = Buffer.alloc(1024);

/** Members (or raw bytes) and the end mark. */
export function archive(...members: (MemberOptions | Uint8Array)[]): Buffer {
  const parts = members.map((one) => (one instanceof Uint8Array || Buffer.isBuffer(one) ? one : member(one)));
  return Buffer.concat([...(parts as Uint8Array[]), endMark]);
}

export const file = (name: string, content: string | Uint8Array = `content of ${name}\n`): MemberOptions => ({
  name,
  content,
});
export const folder = (name: string, mode = 0o755): MemberOptions => ({ name: `${name}/`, type: '5', mode });
export const symlink = (name: string, linkName: string): MemberOptions => ({
  name,
  type: '2',
  linkName,
  mode: 0o777,
});
export const link = (name: string, linkName: string): MemberOptions => ({ name, type: '1', linkName });
