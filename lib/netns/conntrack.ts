/**
 * Connection tracking entries (ctnetlink, include/uapi/linux/netfilter/nfnetlink_conntrack.h). A UDP "connection" that
 * was seen before its port was published keeps its old way for as long as packets come, so such entries are deleted.
 */
import type { NetlinkSocket } from './netlink.ts';
import { attributes, NetlinkMessage, NLM_F } from './netlink-message.ts';
import { NFPROTO_IPV4, nfgenmsg } from './nfnetlink.ts';
import type { PublishedPort } from './ports.ts';

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_GET = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const CTA_TUPLE_ORIG = 1;
const CTA_ID = 12;
const CTA_ZONE = 18;
const CTA_FILTER = 25;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_DST_PORT = 3;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
/** CTA_FILTER_FLAG(CTA_PROTO_NUM) */
const FILTER_PROTO_NUM = 1 << 3;
const IPPROTO_UDP = 17;

/** Deletes the entries of UDP flows to these ports of the host; to other protocols' ports it does nothing. */
export function forgetUdpFlows(socket: NetlinkSocket, ports: readonly PublishedPort[]): void {
  const udp = new Set(ports.filter((port) => port.protocol === 'udp').map((port) => port.hostPort as number));
  if (udp.size === 0) return;
  // The kernel filters by protocol (Linux 5.8; older ones list all, which serves too).
  const list = new NetlinkMessage(type(IPCTNL_MSG_CT_GET), NLM_F.DUMP, nfgenmsg(NFPROTO_IPV4))
    .nest(CTA_TUPLE_ORIG, (tuple) =>
      tuple.nest(CTA_TUPLE_PROTO, (proto) => proto.u8(CTA_PROTO_NUM, IPPROTO_UDP)),
    )
    .nest(CTA_FILTER, (filter) =>
      filter.u32(CTA_FILTER_ORIG_FLAGS, FILTER_PROTO_NUM).u32(CTA_FILTER_REPLY_FLAGS, 0),
    );
  const [reply] = socket.run('list connections', [list]);
  const stale = reply!.parts.map((part) => attributes(part, 4)).filter((entry) => udp.has(udpPortOf(entry)));
  const deletions = stale.map((entry) => {
    const message = new NetlinkMessage(type(IPCTNL_MSG_CT_DELETE), NLM_F.ACK, nfgenmsg(NFPROTO_IPV4));
    for (const key of [CTA_TUPLE_ORIG, CTA_ID, CTA_ZONE]) {
      const value = entry.get(key);
      if (value !== undefined) message.bytes(key === CTA_TUPLE_ORIG ? key | NESTED : key, value);
    }
    return message;
  });
  // ENOENT: it expired meanwhile.
  if (deletions.length > 0) socket.run('forget connections', deletions, ['ENOENT']);
}

const NESTED = 0x8000;

/** The port that a UDP flow was addressed to; -1 for other protocols. */
function udpPortOf(entry: Map<number, Buffer>): number {
  const tuple = entry.get(CTA_TUPLE_ORIG);
  const found = tuple === undefined ? undefined : attributes(tuple).get(CTA_TUPLE_PROTO);
  if (found === undefined) return -1;
  const proto = attributes(found);
  return proto.get(CTA_PROTO_NUM)?.[0] === IPPROTO_UDP
    ? (proto.get(CTA_PROTO_DST_PORT)?.readUInt16BE(0) ?? -1)
    : -1;
}

function type(message: number): number {
  return (NFNL_SUBSYS_CTNETLINK << 8) | message;
}
