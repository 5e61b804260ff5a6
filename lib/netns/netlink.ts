/**
 * Netlink sockets (netlink(7)): several messages in one send, each acknowledged by the kernel on its own. Requests run
 * in the kernel during the send, so everything here is synchronous and nothing waits.
 */
import { close as closeInBackground } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { errnoName, errnoText } from '../core/sys/errno.ts';
import { close } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { NETLINK_NETFILTER, openWordedNetlink } from '../core/sys/netlink.ts';
import { tryReceive, trySend } from '../core/sys/socket.ts';
import {
  align,
  attributes,
  HEADER,
  type NetlinkMessage,
  NLM_F,
  textOf,
  truncated,
} from './netlink-message.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** NLMSGERR_ATTR_MSG: the kernel's words, after nlmsghdr, errno and the request's header. */
const NLMSGERR_ATTR_MSG = 1;

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
      reply.errno = 0 - incoming.readInt32LE(at + HEADER);
      if (reply.errno !== 0) reply.text = errorText(at, length);
      if (!open.delete(index) && reply.errno !== 0) open.clear();
    } else if (type === NLMSG_DONE) {
      // A dump that fails half-way says so here.
      if (length >= HEADER + 4) reply.errno = Math.max(0, 0 - incoming.readInt32LE(at + HEADER));
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

function errorText(at: number, length: number): string {
  // nlmsghdr, errno, the request's nlmsghdr (NETLINK_CAP_ACK leaves its payload out), then attributes.
  const start = at + HEADER + 4 + HEADER;
  if (start >= at + length) return '';
  return textOf(attributes(incoming.subarray(start, at + length)).get(NLMSGERR_ATTR_MSG));
}
