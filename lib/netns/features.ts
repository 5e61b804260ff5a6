/** What a network needs of the kernel, tried out in a network namespace that is gone at once. */
import { existsSync } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { close, O, open } from '../core/sys/file.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { newBridgeMessage, newSubInterfaceMessage } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import type { Network } from './networks.ts';

const EOPNOTSUPP = 95;
const LOOPBACK_INDEX = 1;

/** @throws ProaError KERNEL_FEATURE_MISSING. For root: a user's thread could not come back. */
export function requireFeatures({ name, driver, vlan, icc, mtu }: Network): void {
  const fail = (what: string, needs: string, hint?: string): ProaError =>
    new ProaError(
      'KERNEL_FEATURE_MISSING',
      `create network ${name}: ${what} needs ${needs}, which this kernel does not have`,
      {
        hint,
      },
    );
  if (icc === false && !existsSync('/proc/sys/net/bridge'))
    throw fail('enable_icc=false', 'br_netfilter', 'sudo modprobe br_netfilter');
  if (
    vlan !== undefined &&
    isUnknown(() => newBridgeMessage('probe', { mac: '02:00:00:00:00:01', vlanFiltering: true }))
  )
    throw fail('vlan', 'CONFIG_BRIDGE_VLAN_FILTERING');
  if (driver === 'bridge') return;
  // With a parent that no such interface can stand on: only whether the kernel knows the kind is asked.
  const unknown = isUnknown((namespace) =>
    newSubInterfaceMessage({ kind: driver, mode: 0, name: 'probe', parent: LOOPBACK_INDEX, mtu, namespace }),
  );
  if (unknown) throw fail(`driver ${driver}`, `${driver} interfaces`, `sudo modprobe ${driver}`);
}

function isUnknown(make: (namespace: number) => NetlinkMessage): boolean {
  return inNetworkNamespace('new', () => {
    const namespace = open('/proc/thread-self/ns/net', O.RDONLY);
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    try {
      return socket.exchange([make(namespace)])[0]!.errno === EOPNOTSUPP;
    } finally {
      close(namespace);
    }
  });
}
