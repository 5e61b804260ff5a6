/**
 * The netlink protocol (netlink(7), include/uapi/linux/netlink.h): messages with nested attributes, several in one
 * send, each acknowledged by the kernel on its own. Requests run in the kernel during the send, so everything here is
 * synchronous and nothing waits.
 *
 * Headers and rtnetlink's numbers are in host order, which is little-endian wherever this runs; nfnetlink's numbers
 * are big-endian (`u16be`, `u32be`).
 */
import { close as closeInBackground } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { errnoName, errnoText } from '../core/sys/errno.ts';
import { close } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, openWordedNetlink } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { tryReceive, trySend } from '../core/sys/socket.ts';

export const NLM_F = {
  REQUEST: 0x1,
  ACK: 0x4,
  /** NLM_F_ROOT | NLM_F_MATCH: all objects. */
  DUMP: 0x300,
  EXCL: 0x200,
  CREATE: 0x400,
  REPLACE: 0x100,
} as const;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER = 16;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
/** NLMSGERR_ATTR_MSG: the kernel's words, after nlmsghdr, errno and the request's header. */
const NLMSGERR_ATTR_MSG = 1;

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

/** The kernel's answer to one message. */
export interface NetlinkReply {
  /** 0 when it was done. */
  errno: number;
  /** What the kernel says about the failure; may be empty. */
  text: string;
  /** Messages that came before the acknowledgement, each without its nlmsghdr. */
  parts: Buffer[];
}

const incoming = Buffer.alloc(65_536);

/** A netlink socket. It stays in the network namespace in which it was opened, wherever the thread goes. */
export class NetlinkSocket implements Disposable {
  private sequence = 0;

  private constructor(
    private readonly fd: number,
    private readonly family: number,
  ) {}

  static open(family: number): NetlinkSocket {
    return new NetlinkSocket(openWordedNetlink(family), family);
  }

  /** An rtnetlink socket of another namespace (a file of /proc/PID/ns/net or a bind mount of one). */
  static openIn(namespace: string, family = NETLINK_ROUTE): NetlinkSocket {
    return inNetworkNamespace(namespace, () => NetlinkSocket.open(family));
  }

  /**
   * Sends all messages at once and collects the answers. rtnetlink goes on after a failed message; an nfnetlink batch
   * does not. Messages with neither ACK nor DUMP (the marks around a batch) only get an answer when they fail, and
   * then stand for all that are still unanswered.
   */
  exchange(messages: readonly NetlinkMessage[]): NetlinkReply[] {
    const first = this.sequence + 1;
    this.sequence += messages.length;
    const replies = messages.map((): NetlinkReply => ({ errno: 0, text: '', parts: [] }));
    const open = new Set<number>();
    messages.forEach((message, i) => {
      if ((message.flags & (NLM_F.ACK | NLM_F.DUMP)) !== 0) open.add(i);
    });
    const data = Buffer.concat(messages.map((message, i) => message.encode(first + i)));
    check(trySend(this.fd, data), 'send netlink request');
    while (open.size > 0) {
      const size = check(tryReceive(this.fd, incoming), 'receive netlink answer');
      for (let at = 0; at + HEADER <= size; ) {
        const length = incoming.readUInt32LE(at);
        if (length < HEADER || at + length > size) throw truncated();
        const index = incoming.readUInt32LE(at + 8) - first;
        const reply = replies[index];
        if (reply !== undefined) this.take(reply, index, at, length, open, messages[index]!);
        at += align(length);
      }
    }
    return replies;
  }

  /**
   * Like {@link exchange}, and throws the first failure that is not in `tolerated`.
   * @param step what is being done, in words: "create bridge proa0"
   * @throws ProaError with the errno's name as code
   */
  run(step: string, messages: readonly NetlinkMessage[], tolerated: readonly string[] = []): NetlinkReply[] {
    const replies = this.exchange(messages);
    for (const reply of replies) {
      if (reply.errno !== 0 && !tolerated.includes(errnoName(reply.errno))) throw netlinkError(step, reply);
    }
    return replies;
  }

  /**
   * Closing an nfnetlink socket waits until whatever was deleted from nftables just now, by anyone, may be freed (an
   * RCU grace period, some 10 ms), so another thread does that.
   */
  [Symbol.dispose](): void {
    if (this.family === NETLINK_NETFILTER) closeInBackground(this.fd, () => {});
    else close(this.fd);
  }

  private take(
    reply: NetlinkReply,
    index: number,
    at: number,
    length: number,
    open: Set<number>,
    request: NetlinkMessage,
  ): void {
    const type = incoming.readUInt16LE(at + 4);
    if (type === NLMSG_ERROR) {
      reply.errno = -incoming.readInt32LE(at + HEADER);
      if (reply.errno !== 0) reply.text = errorText(at, length);
      if (!open.delete(index) && reply.errno !== 0) open.clear();
    } else if (type === NLMSG_DONE) {
      // A dump that fails half-way says so here.
      if (length >= HEADER + 4) reply.errno = Math.max(0, -incoming.readInt32LE(at + HEADER));
      open.delete(index);
    } else {
      reply.parts.push(Buffer.from(incoming.subarray(at + HEADER, at + length)));
      if ((request.flags & (NLM_F.ACK | NLM_F.DUMP)) === 0) open.delete(index);
    }
  }
}

/** The error for a failed answer: `create bridge proa0: operation not permitted (…)`. */
export function netlinkError(step: string, reply: NetlinkReply): ProaError {
  const code = errnoName(reply.errno);
  const words = reply.text === '' ? '' : ` (${reply.text})`;
  return new ProaError(code, `${step}: ${errnoText(code)}${words}`);
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

function errorText(at: number, length: number): string {
  // nlmsghdr, errno, the request's nlmsghdr (NETLINK_CAP_ACK leaves its payload out), then attributes.
  const start = at + HEADER + 4 + HEADER;
  if (start >= at + length) return '';
  return textOf(attributes(incoming.subarray(start, at + length)).get(NLMSGERR_ATTR_MSG));
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function truncated(): ProaError {
  return new ProaError('EPROTO', 'read netlink answer: it is cut short');
}
