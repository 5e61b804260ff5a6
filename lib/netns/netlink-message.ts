/**
 * Netlink messages (netlink(7), include/uapi/linux/netlink.h): a header, the family's own header, attributes that may
 * hold attributes.
 *
 * Headers and rtnetlink's numbers are in host order, which is little-endian wherever this runs; nfnetlink's numbers
 * are big-endian (`u16be`, `u32be`).
 */
import { ProaError } from '../core/error.ts';

export const NLM_F = {
  REQUEST: 0x1,
  ACK: 0x4,
  /** NLM_F_ROOT | NLM_F_MATCH: all objects. */
  DUMP: 0x300,
  EXCL: 0x200,
  CREATE: 0x400,
  REPLACE: 0x100,
} as const;

/** sizeof(struct nlmsghdr). */
export const HEADER = 16;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
/** One request being written. Methods return the message, to chain. */
export class NetlinkMessage {
  private buffer = Buffer.alloc(256);
  private length = HEADER;

  /**
   * @param flags NLM_F values; REQUEST is added
   * @param header the family's fixed header after nlmsghdr (ifinfomsg, nfgenmsg, …)
   */
  constructor(
    readonly type: number,
    readonly flags: number,
    header: Uint8Array,
  ) {
    this.append(header);
  }

  bytes(type: number, value: Uint8Array): this {
    this.reserve(4 + value.length + 3);
    this.buffer.writeUInt16LE(4 + value.length, this.length);
    this.buffer.writeUInt16LE(type, this.length + 2);
    this.length += 4;
    this.append(value);
    return this;
  }

  /** A NUL-terminated string. */
  string(type: number, value: string): this {
    return this.bytes(type, Buffer.from(`${value}\0`));
  }

  u8(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value));
  }

  u16(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value & 0xff, value >>> 8));
  }

  u16be(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value >>> 8, value & 0xff));
  }

  u32(type: number, value: number): this {
    return this.bytes(type, new Uint8Array(new Uint32Array([value]).buffer));
  }

  u32be(type: number, value: number): this {
    return this.bytes(type, Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
  }

  /** Attributes (and, first, a fixed header where the attribute has one) inside an attribute. */
  nest(type: number, fill: (message: this) => void, header?: Uint8Array): this {
    this.reserve(4);
    const start = this.length;
    this.length += 4;
    if (header !== undefined) this.append(header);
    fill(this);
    if (this.length - start > 0xffff) throw new RangeError('netlink attribute over 65,535 bytes');
    this.buffer.writeUInt16LE(this.length - start, start);
    this.buffer.writeUInt16LE(type | NLA_F_NESTED, start + 2);
    return this;
  }

  /** The finished message with its sequence number. */
  encode(sequence: number): Uint8Array {
    this.buffer.writeUInt32LE(this.length, 0);
    this.buffer.writeUInt16LE(this.type, 4);
    this.buffer.writeUInt16LE(this.flags | NLM_F.REQUEST, 6);
    this.buffer.writeUInt32LE(sequence, 8);
    return this.buffer.subarray(0, this.length);
  }

  private append(value: Uint8Array): void {
    this.reserve(value.length + 3);
    this.buffer.set(value, this.length);
    this.length = align(this.length + value.length);
  }

  private reserve(room: number): void {
    if (this.length + room <= this.buffer.length) return;
    const larger = Buffer.alloc(2 * (this.length + room));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** The attributes in `data` from `offset` on, by type; of a repeated type the last. */
export function attributes(data: Buffer, offset = 0): Map<number, Buffer> {
  return new Map(eachAttribute(data, offset));
}

/** The attributes in `data` from `offset` on, in order, so that lists of one type can be read. */
export function* eachAttribute(data: Buffer, offset = 0): Generator<[number, Buffer]> {
  for (let at = offset; at + 4 <= data.length; ) {
    const length = data.readUInt16LE(at);
    if (length < 4 || at + length > data.length) throw truncated();
    yield [data.readUInt16LE(at + 2) & NLA_TYPE_MASK, data.subarray(at + 4, at + length)];
    at += align(length);
  }
}

/** A NUL-terminated attribute as text. */
export function textOf(value: Buffer | undefined): string {
  if (value === undefined) return '';
  const end = value.indexOf(0);
  return value.toString('utf8', 0, end < 0 ? value.length : end);
}

/** Everything in netlink starts at a multiple of four bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

export function truncated(): ProaError {
  return new ProaError('EPROTO', 'read netlink answer: it is cut short');
}
