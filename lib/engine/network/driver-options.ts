/** `--opt` of `network create`: the words of Docker and of Podman for the same. */
import { ProaError } from '../../core/error.ts';
import { parseIp } from '../../netns/ip.ts';
import { IPVLAN_MODES, MACVLAN_MODES } from '../../netns/links.ts';
import type { NetworkRecord } from '../../storage/networks.ts';

export interface DriverOptions {
  mtu?: number;
  bridgeName?: string;
  parent?: string;
  /** What of a record they decide. */
  flags: Partial<
    Pick<
      NetworkRecord,
      'isolation' | 'icc' | 'masquerade' | 'hostBinding' | 'vlan' | 'linkMode' | 'noDefaultRoute'
    >
  >;
}

type Driver = NetworkRecord['driver'];
type Reader = (found: DriverOptions, value: string, driver: Driver) => string | undefined;

const MTU: Reader = (found, value) => {
  if (!/^\d{2,5}$/.test(value) || Number(value) < 68 || Number(value) > 65_535)
    return 'a number of bytes from 68 on is wanted';
  found.mtu = Number(value);
  return undefined;
};

const MODE: Reader = (found, value, driver) => {
  const modes = Object.keys(driver === 'macvlan' ? MACVLAN_MODES : IPVLAN_MODES);
  if (driver === 'bridge') return 'it is for macvlan and ipvlan';
  if (!modes.includes(value)) return `modes are ${modes.join(', ')}`;
  found.flags.linkMode = value;
  return undefined;
};

/** A switch. @param set what it means, true or false */
function flag(set: (found: DriverOptions, on: boolean) => void): Reader {
  return (found, value) => {
    if (!/^(true|false|1|0)$/i.test(value)) return 'true or false is wanted';
    set(found, /^(true|1)$/i.test(value));
    return undefined;
  };
}

const READERS: Readonly<Record<string, Reader>> = {
  mtu: MTU,
  'com.docker.network.driver.mtu': MTU,
  mode: MODE,
  macvlan_mode: MODE,
  ipvlan_mode: MODE,
  parent: (found, value) => {
    found.parent = value;
    return undefined;
  },
  isolate: (found, value) => {
    if (!/^(true|false|strict|1|0)$/i.test(value)) return 'true, false or strict is wanted';
    // Networks are apart here unless this says otherwise, as with Docker.
    if (/^(false|0)$/i.test(value)) found.flags.isolation = 'open';
    return undefined;
  },
  vlan: (found, value) => {
    if (!/^\d{1,4}$/.test(value) || Number(value) < 1 || Number(value) > 4094)
      return 'a number up to 4094 is wanted';
    found.flags.vlan = Number(value);
    return undefined;
  },
  no_default_route: flag((found, on) => {
    if (on) found.flags.noDefaultRoute = true;
  }),
  'com.docker.network.bridge.name': (found, value) => {
    found.bridgeName = value;
    return undefined;
  },
  'com.docker.network.bridge.enable_icc': flag((found, on) => {
    if (!on) found.flags.icc = false;
  }),
  'com.docker.network.bridge.enable_ip_masquerade': flag((found, on) => {
    if (!on) found.flags.masquerade = false;
  }),
  'com.docker.network.bridge.host_binding_ipv4': (found, value) => {
    const ip = parseIp(value);
    if (ip?.bytes.length !== 4) return 'an IPv4 address is wanted';
    found.flags.hostBinding = ip.text;
    return undefined;
  },
};

/** Options that only bridges have. */
const OF_BRIDGES = ['isolate', 'vlan', 'com.docker.network.bridge.name'];

/** @throws ProaError INVALID_OPTION; nothing is silently left out */
export function readDriverOptions(
  driver: Driver,
  { name, options }: { name: string; options: Record<string, string> },
): DriverOptions {
  const found: DriverOptions = { flags: {} };
  for (const [key, value] of Object.entries(options)) {
    const fail = (why: string): ProaError =>
      new ProaError('INVALID_OPTION', `create network ${name} with ${key}=${value}: ${why}`);
    const reader = Object.hasOwn(READERS, key) ? READERS[key]! : undefined;
    if (reader === undefined) throw fail('there is no such option');
    if (driver !== 'bridge' && OF_BRIDGES.includes(key)) throw fail(`${driver} has no such option`);
    const why = reader(found, value, driver);
    if (why !== undefined) throw fail(why);
  }
  return found;
}
