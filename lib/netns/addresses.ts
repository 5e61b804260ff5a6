/** Addresses of interfaces by rtnetlink(7). */
import type { IpAddress } from './ip.ts';
import type { NetlinkSocket } from './netlink.ts';
import { attributes, NetlinkMessage, NLM_F } from './netlink-message.ts';

const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_F_NODAD = 0x02;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_SCOPE_UNIVERSE = 0;

/** Gives an interface an address with its subnet's route (and broadcast address for IPv4). Fails with EEXIST. */
export function newAddressMessage(index: number, ip: IpAddress, prefix: number): NetlinkMessage {
  const v4 = ip.bytes.length === 4;
  const header = Buffer.alloc(8);
  header[0] = v4 ? AF_INET : AF_INET6;
  header[1] = prefix;
  // The address is ours by its lease: nobody is asked whether it is free (which takes a second), so it serves at once.
  if (!v4) header[2] = IFA_F_NODAD;
  header.writeUInt32LE(index, 4);
  const message = new NetlinkMessage(RTM_NEWADDR, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, header)
    .bytes(IFA_LOCAL, ip.bytes)
    .bytes(IFA_ADDRESS, ip.bytes);
  if (v4 && prefix < 31) message.bytes(IFA_BROADCAST, broadcast(ip.bytes, prefix));
  return message;
}

/** The IPv4 addresses of the socket's namespace that the outside may know, with their interface's index. */
export function listGlobalAddresses(
  socket: NetlinkSocket,
): { index: number; prefix: number; bytes: Uint8Array }[] {
  const header = Buffer.alloc(8);
  header[0] = AF_INET;
  const [reply] = socket.run('list addresses', [new NetlinkMessage(RTM_GETADDR, NLM_F.DUMP, header)]);
  return reply!.parts
    .filter((part) => part[0] === AF_INET && part[3] === RT_SCOPE_UNIVERSE)
    .map((part) => ({
      index: part.readUInt32LE(4),
      prefix: part[1]!,
      bytes: attributes(part, 8).get(IFA_LOCAL) ?? new Uint8Array(4),
    }));
}

function broadcast(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, i) => byte | (0xff >>> Math.min(8, Math.max(0, prefix - 8 * i))));
}
