/** Network interfaces by rtnetlink(7): bridges and veth pairs. Functions ending in `Message` build; the socket runs. */
import { ProaError } from '../core/error.ts';
import { type NetlinkSocket, netlinkError } from './netlink.ts';
import { attributes, NetlinkMessage, NLM_F, textOf } from './netlink-message.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFF_UP = 1;
const ENODEV = 19;

/** Attributes of include/uapi/linux/if_link.h. */
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const VETH_INFO_PEER = 1;
const IFLA_BRPORT_MODE = 4;
const IFLA_LINK = 5;
const IFLA_AF_SPEC = 26;
const IFLA_BR_VLAN_FILTERING = 7;
const IFLA_BR_NF_CALL_IPTABLES = 36;
const IFLA_BR_NF_CALL_IP6TABLES = 37;
const IFLA_BRIDGE_VLAN_INFO = 2;
const IFLA_MACVLAN_MODE = 1;
const IFLA_IPVLAN_MODE = 1;
const BRIDGE_VLAN_INFO_PVID = 1 << 1;
const BRIDGE_VLAN_INFO_UNTAGGED = 1 << 2;
const AF_BRIDGE = 7;
const RTM_SETLINK = 19;

/** Modes of macvlan(4) and ipvlan (if_link.h). */
export const MACVLAN_MODES: Readonly<Record<string, number>> = {
  private: 1,
  vepa: 2,
  bridge: 4,
  passthru: 8,
};
export const IPVLAN_MODES: Readonly<Record<string, number>> = { l2: 0, l3: 1, l3s: 2 };

/** The kernel's limit of an interface's name, without the NUL (IFNAMSIZ - 1). */
export const INTERFACE_NAME_MAX = 15;

export interface Link {
  index: number;
  name: string;
  up: boolean;
  /** `02:42:0a:57:00:01` */
  mac: string;
  mtu: number;
  /** Index of the bridge that it is a port of; 0 for none. */
  master: number;
  /** `bridge`, `veth`, …; empty for hardware. */
  kind: string;
}

/** The interface of this name in the socket's namespace; undefined when there is none. */
export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  const [reply] = socket.exchange([getLinkMessage(name)]);
  if (reply!.errno === ENODEV) return undefined;
  if (reply!.errno !== 0) throw netlinkError(`find interface ${name}`, reply!);
  return parseLink(reply!.parts[0]!);
}

/** All interfaces of the socket's namespace. */
export function listLinks(socket: NetlinkSocket): Link[] {
  const [reply] = socket.run('list interfaces', [new NetlinkMessage(RTM_GETLINK, NLM_F.DUMP, ifInfo({}))]);
  return reply!.parts.map(parseLink);
}

export function getLinkMessage(name: string): NetlinkMessage {
  return new NetlinkMessage(RTM_GETLINK, NLM_F.ACK, ifInfo({})).string(IFLA_IFNAME, name);
}

export function getLinkByIndexMessage(index: number): NetlinkMessage {
  return new NetlinkMessage(RTM_GETLINK, NLM_F.ACK, ifInfo({ index }));
}

/** Reads an ifinfomsg with its attributes. */
export function parseLink(data: Buffer): Link {
  const found = attributes(data, 16);
  const info = found.get(IFLA_LINKINFO);
  return {
    index: data.readInt32LE(4),
    name: textOf(found.get(IFLA_IFNAME)),
    up: (data.readUInt32LE(8) & IFF_UP) !== 0,
    mac: formatMac(found.get(IFLA_ADDRESS) ?? new Uint8Array()),
    mtu: found.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    master: found.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
    kind: info === undefined ? '' : textOf(attributes(info).get(IFLA_INFO_KIND)),
  };
}

export interface BridgeOptions {
  mac: string;
  mtu?: number;
  /** Ports belong to VLANs, see {@link portVlanMessage}. */
  vlanFiltering?: boolean;
  /** What goes from one port to another passes the forward hook too (needs the module br_netfilter). */
  filtered?: boolean;
}

/**
 * A new bridge, down. Its MAC is fixed: one that the kernel picks changes with every port that comes or goes, and
 * containers would lose their gateway until their neighbour entry expires. Fails with EEXIST.
 */
export function newBridgeMessage(name: string, options: BridgeOptions): NetlinkMessage {
  const message = new NetlinkMessage(RTM_NEWLINK, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, ifInfo({}))
    .string(IFLA_IFNAME, name)
    .bytes(IFLA_ADDRESS, parseMac(options.mac));
  if (options.mtu !== undefined) message.u32(IFLA_MTU, options.mtu);
  return message.nest(IFLA_LINKINFO, (info) => {
    info.string(IFLA_INFO_KIND, 'bridge');
    if (!options.vlanFiltering && !options.filtered) return;
    info.nest(IFLA_INFO_DATA, (data) => {
      if (options.vlanFiltering) data.u8(IFLA_BR_VLAN_FILTERING, 1);
      if (options.filtered) data.u8(IFLA_BR_NF_CALL_IPTABLES, 1).u8(IFLA_BR_NF_CALL_IP6TABLES, 1);
    });
  });
}

/** Puts a port of a bridge into one VLAN (bridge(8), `vlan add … pvid untagged`). */
export function portVlanMessage(index: number, vlan: number): NetlinkMessage {
  const header = Buffer.from(ifInfo({ index }));
  header[0] = AF_BRIDGE;
  const info = Buffer.alloc(4);
  info.writeUInt16LE(BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, 0);
  info.writeUInt16LE(vlan, 2);
  return new NetlinkMessage(RTM_SETLINK, NLM_F.ACK, header).nest(IFLA_AF_SPEC, (spec) =>
    spec.bytes(IFLA_BRIDGE_VLAN_INFO, info),
  );
}

export interface SubInterfaceOptions {
  kind: 'macvlan' | 'ipvlan';
  /** A number of {@link MACVLAN_MODES} or {@link IPVLAN_MODES}. */
  mode: number;
  name: string;
  /** Index of the interface it stands on. */
  parent: number;
  mtu: number;
  /** An open descriptor of the namespace it is made in. */
  namespace: number;
  /** ipvlan has its parent's. */
  mac?: string | undefined;
}

/** An interface that stands on another one, made directly in a namespace, down. EOPNOTSUPP: the kernel knows no such. */
export function newSubInterfaceMessage(options: SubInterfaceOptions): NetlinkMessage {
  const { kind, mode, name, parent, mtu, namespace, mac } = options;
  const message = new NetlinkMessage(RTM_NEWLINK, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, ifInfo({}))
    .string(IFLA_IFNAME, name)
    .u32(IFLA_MTU, mtu)
    .u32(IFLA_LINK, parent)
    .u32(IFLA_NET_NS_FD, namespace);
  if (mac !== undefined) message.bytes(IFLA_ADDRESS, parseMac(mac));
  return message.nest(IFLA_LINKINFO, (info) =>
    info.string(IFLA_INFO_KIND, kind).nest(IFLA_INFO_DATA, (data) => {
      if (kind === 'macvlan') data.u32(IFLA_MACVLAN_MODE, mode);
      else data.u16(IFLA_IPVLAN_MODE, mode);
    }),
  );
}

export interface VethOptions {
  /** The end in the socket's namespace: up at once, a port of the bridge with index `master`. */
  name: string;
  master: number;
  mtu: number;
  /** The other end, made directly in the namespace of an open descriptor, down. */
  peer: { name: string; namespace: number; mac: string };
}

/** A veth pair in one message (veth(4)). Fails with EEXIST when either name is taken. */
export function newVethMessage({ name, master, mtu, peer }: VethOptions): NetlinkMessage {
  return new NetlinkMessage(RTM_NEWLINK, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, ifInfo({ up: true }))
    .string(IFLA_IFNAME, name)
    .u32(IFLA_MTU, mtu)
    .u32(IFLA_MASTER, master)
    .nest(IFLA_LINKINFO, (info) =>
      info
        .string(IFLA_INFO_KIND, 'veth')
        .nest(IFLA_INFO_DATA, (data) =>
          data.nest(
            VETH_INFO_PEER,
            (end) =>
              end
                .string(IFLA_IFNAME, peer.name)
                .u32(IFLA_MTU, mtu)
                .bytes(IFLA_ADDRESS, parseMac(peer.mac))
                .u32(IFLA_NET_NS_FD, peer.namespace),
            ifInfo({}),
          ),
        ),
    );
}

/** Brings an interface up. */
export function linkUpMessage(index: number): NetlinkMessage {
  return new NetlinkMessage(RTM_NEWLINK, NLM_F.ACK, ifInfo({ index, up: true }));
}

/**
 * Lets a bridge port send a frame back where it came from. With bridge-nf-call-iptables=1 the kernel translates a
 * container's call to its own published port while bridging, and would drop it otherwise.
 */
export function hairpinMessage(name: string): NetlinkMessage {
  return new NetlinkMessage(RTM_NEWLINK, NLM_F.ACK, ifInfo({}))
    .string(IFLA_IFNAME, name)
    .nest(IFLA_LINKINFO, (info) =>
      info
        .string(IFLA_INFO_SLAVE_KIND, 'bridge')
        .nest(IFLA_INFO_SLAVE_DATA, (port) => port.u8(IFLA_BRPORT_MODE, 1)),
    );
}

/** Deletes an interface, and with one end of a veth pair the other. Fails with ENODEV. */
export function deleteLinkMessage(name: string): NetlinkMessage {
  return new NetlinkMessage(RTM_DELLINK, NLM_F.ACK, ifInfo({})).string(IFLA_IFNAME, name);
}

/**
 * Checks a MAC that a person gave for an interface; lower case comes back.
 * @throws ProaError INVALID_MAC
 */
export function parseMacAddress(text: string): string {
  const mac = text.toLowerCase().replaceAll('-', ':');
  const why = !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)
    ? 'six bytes in hexadecimal are wanted, as in 02:42:ac:11:00:02'
    : (parseMac(mac)[0]! & 1) !== 0
      ? 'it is a group address (its first byte is odd)'
      : undefined;
  if (why !== undefined) throw new ProaError('INVALID_MAC', `MAC address ${JSON.stringify(text)}: ${why}`);
  return mac;
}

/** `02:42:0a:57:00:01` → six bytes. The caller has checked the form. */
export function parseMac(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
}

export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** struct ifinfomsg (rtnetlink(7)). */
function ifInfo({ index = 0, up = false }): Uint8Array {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  if (up) {
    header.writeUInt32LE(IFF_UP, 8);
    header.writeUInt32LE(IFF_UP, 12); // ifi_change: only this flag
  }
  return header;
}
