/**
 * The rules of table `inet proa`, as text for nft(8), and the one program call that loads them. The rules are the same
 * for all networks and containers: what differs are elements of the sets and maps (nfnetlink.ts). The text is one
 * transaction, and loading it again changes nothing.
 */
import { ProaError } from '../core/error.ts';
import { findProgram } from '../core/programs.ts';
import type { Network } from './networks.ts';

export const TABLE = 'proa';
/**
 * Every bridge of ours. That a bridge is in this set means that the rules are loaded and know it; so give the set a
 * new name with every change of the rules, lest the table of an older Proa be taken for this one.
 */
export const BRIDGES = 'bridges_v2';
/** Bridges without a way out, and those that reach each other. */
const INTERNAL = 'internal';
const OPEN = 'open';
/** (bridge, bridge), the same twice: what stays inside, where containers reach each other and where they do not. */
const INSIDE = 'inside';
const NO_ICC = 'no_icc';
/** Subnets whose packets leave with the host's address. */
const SUBNETS: readonly string[] = ['subnets4', 'subnets6'];
/** (address, protocol, port of the host) → (address, port of the container). */
export const PORTS: readonly string[] = ['ports4', 'ports6'];
/** (protocol, port of the host) → (address, port of the container), for all addresses of the host. */
export const PORTS_ANY: readonly string[] = ['ports4_any', 'ports6_any'];
/** (caller, called, protocol, port): what a link opens where containers do not reach each other. */
export const LINKS: readonly string[] = ['links4', 'links6'];

/** Our chain in the tables of iptables-nft, for hosts where those drop what they do not know. */
export const IPTABLES_CHAIN = 'PROA-FORWARD';
/** The part of it for bridges that got their name from a person. */
const IPTABLES_NAMED = 'PROA-NAMED';
/** Rules in {@link IPTABLES_CHAIN}; its use count is these and the jumps to it. */
export const IPTABLES_CHAIN_RULES = 3;

/** Everything that these networks need, all of them bridges. */
export function rulesetFor(networks: readonly Network[]): string {
  const set = (name: string, type: string): string => `add set inet ${TABLE} ${name} { type ${type}; }\n`;
  const families = ['ipv4_addr', 'ipv6_addr'].map((address, i) => {
    const service = 'inet_proto . inet_service';
    return `add set inet ${TABLE} ${SUBNETS[i]} { type ${address}; flags interval; }
${set(LINKS[i]!, `${address} . ${address} . ${service}`)}
add map inet ${TABLE} ${PORTS[i]} { type ${address} . ${service} : ${address} . inet_service; }
add map inet ${TABLE} ${PORTS_ANY[i]} { type ${service} : ${address} . inet_service; }
`;
  });
  return `
add table inet ${TABLE}
${[BRIDGES, INTERNAL, OPEN].map((name) => set(name, 'ifname')).join('')}
${[INSIDE, NO_ICC].map((name) => set(name, 'ifname . ifname')).join('')}
${families.join('')}

# Published ports on 127.0.0.1 need route_localnet on the bridge. Before connection tracking, so that only what a
# container itself addresses to the host's loopback is dropped, not the answers to the host's own calls.
add chain inet ${TABLE} guard { type filter hook prerouting priority -300; policy accept; }
flush chain inet ${TABLE} guard
add rule inet ${TABLE} guard iifname @${BRIDGES} ip daddr 127.0.0.0/8 drop

add chain inet ${TABLE} published
flush chain inet ${TABLE} published
add rule inet ${TABLE} published dnat ip to ip daddr . meta l4proto . th dport map @${PORTS[0]}
add rule inet ${TABLE} published dnat ip to meta l4proto . th dport map @${PORTS_ANY[0]}
add rule inet ${TABLE} published dnat ip6 to ip6 daddr . meta l4proto . th dport map @${PORTS[1]}
add rule inet ${TABLE} published dnat ip6 to meta l4proto . th dport map @${PORTS_ANY[1]}

# A neighbour on the wire could address 127.0.0.1 here: what is published there alone is not for it.
add chain inet ${TABLE} prerouting { type nat hook prerouting priority -100; policy accept; }
flush chain inet ${TABLE} prerouting
add rule inet ${TABLE} prerouting iifname != "lo" ip daddr 127.0.0.0/8 return
add rule inet ${TABLE} prerouting fib daddr type local jump published

# From ::1 there is no way to another interface: callers that try it first then take 127.0.0.1.
add chain inet ${TABLE} output { type nat hook output priority -100; policy accept; }
flush chain inet ${TABLE} output
add rule inet ${TABLE} output ip6 daddr ::1 return
add rule inet ${TABLE} output fib daddr type local jump published

# A caller on 127.0.0.1, or on the same bridge, could not be answered by way of this host. All others are seen by the
# container with their own address.
add chain inet ${TABLE} postrouting { type nat hook postrouting priority 100; policy accept; }
flush chain inet ${TABLE} postrouting
add rule inet ${TABLE} postrouting oifname @${BRIDGES} ip saddr 127.0.0.0/8 masquerade
add rule inet ${TABLE} postrouting oifname @${BRIDGES} ip saddr @${SUBNETS[0]} ct status dnat masquerade
add rule inet ${TABLE} postrouting oifname @${BRIDGES} ip6 saddr @${SUBNETS[1]} ct status dnat masquerade
add rule inet ${TABLE} postrouting oifname != @${BRIDGES} ip saddr @${SUBNETS[0]} masquerade
add rule inet ${TABLE} postrouting oifname != @${BRIDGES} ip6 saddr @${SUBNETS[1]} masquerade

# Where containers do not reach each other: what a link opened.
add chain inet ${TABLE} linked
flush chain inet ${TABLE} linked
add rule inet ${TABLE} linked ip saddr . ip daddr . meta l4proto . th dport @${LINKS[0]} accept
add rule inet ${TABLE} linked ip6 saddr . ip6 daddr . meta l4proto . th dport @${LINKS[1]} accept
add rule inet ${TABLE} linked ip6 nexthdr icmpv6 accept
add rule inet ${TABLE} linked ct status dnat accept
add rule inet ${TABLE} linked drop

# Containers go out, but not to other networks; in comes what answers them and what is published. (Packets that stay on
# one bridge only come by here when br_netfilter brings them.)
add chain inet ${TABLE} forward { type filter hook forward priority 0; policy accept; }
flush chain inet ${TABLE} forward
add rule inet ${TABLE} forward iifname @${BRIDGES} ct state established,related accept
add rule inet ${TABLE} forward oifname @${BRIDGES} ct state established,related accept
add rule inet ${TABLE} forward iifname . oifname @${NO_ICC} jump linked
add rule inet ${TABLE} forward iifname . oifname @${INSIDE} accept
add rule inet ${TABLE} forward iifname @${INTERNAL} drop
add rule inet ${TABLE} forward oifname @${INTERNAL} drop
add rule inet ${TABLE} forward oifname @${BRIDGES} ct status dnat accept
add rule inet ${TABLE} forward iifname @${OPEN} oifname @${OPEN} accept
add rule inet ${TABLE} forward iifname @${BRIDGES} oifname @${BRIDGES} drop
add rule inet ${TABLE} forward iifname @${BRIDGES} accept
add rule inet ${TABLE} forward oifname @${BRIDGES} drop

${networks.flatMap((network) => elementsOf(network).map((element) => `add element inet ${TABLE} ${element}\n`)).join('')}
`;
}

/** What of the sets is a network's. */
function elementsOf(network: Network): string[] {
  const { interface: bridge, subnets, internal, isolation, icc, masquerade } = network;
  const pair = `{ "${bridge}" . "${bridge}" }`;
  const hidden = masquerade === false || internal ? [] : subnets;
  return [
    `${BRIDGES} { "${bridge}" }`,
    `${icc === false ? NO_ICC : INSIDE} ${pair}`,
    ...(internal ? [`${INTERNAL} { "${bridge}" }`] : []),
    ...(isolation === 'open' ? [`${OPEN} { "${bridge}" }`] : []),
    ...hidden.map(({ subnet }) => `${SUBNETS[subnet.includes(':') ? 1 : 0]} { ${subnet} }`),
  ];
}

/**
 * Lets our bridges through iptables' FORWARD chain, whose policy is drop once Docker or ufw came by: a packet must be
 * accepted by every table. What may reach a container is then decided by our own table. Written in the forms that
 * iptables-nft itself uses, so that it can still list and change its table.
 * @param jump the chain is not called yet
 */
export function iptablesRuleset(family: 'ip' | 'ip6', networks: readonly Network[], jump: boolean): string {
  const rules = (chain: string, name: string): string =>
    ['iifname', 'oifname']
      .map((direction) => `add rule ${family} filter ${chain} ${direction} "${name}" counter accept\n`)
      .join('');
  const named = networks.map((network) => network.interface).filter((name) => !name.startsWith('proa'));
  return `
add chain ${family} filter ${IPTABLES_NAMED}
flush chain ${family} filter ${IPTABLES_NAMED}
add chain ${family} filter ${IPTABLES_CHAIN}
flush chain ${family} filter ${IPTABLES_CHAIN}
${rules(IPTABLES_CHAIN, 'proa*')}
add rule ${family} filter ${IPTABLES_CHAIN} counter jump ${IPTABLES_NAMED}
${named.map((name) => rules(IPTABLES_NAMED, name)).join('')}
${jump ? `insert rule ${family} filter FORWARD counter jump ${IPTABLES_CHAIN}` : ''}
`;
}

/** Takes our chains out of iptables' table again. @param handles of the rules that jump to them */
export function iptablesRemoval(family: 'ip' | 'ip6', handles: readonly number[]): string {
  const jumps = handles.map((handle) => `delete rule ${family} filter FORWARD handle ${handle}\n`);
  const chains = [IPTABLES_CHAIN, IPTABLES_NAMED];
  return [
    ...jumps,
    ...chains.map((chain) => `flush chain ${family} filter ${chain}\n`),
    ...chains.map((chain) => `delete chain ${family} filter ${chain}\n`),
  ].join('');
}

/** Takes a network out of the table; the table itself goes when `last`. What is missing there is no obstacle. */
export function removalOf(network: Network, last: boolean): string {
  if (last) return `delete table inet ${TABLE}\n`;
  return elementsOf(network)
    .map((element) => `add element inet ${TABLE} ${element}\ndelete element inet ${TABLE} ${element}\n`)
    .join('');
}

/**
 * Loads text in one transaction with `nft -f -`, about three milliseconds.
 * @throws ProaError PROGRAM_MISSING or NFT_FAILED with nft's first words
 */
export function loadRuleset(text: string): void {
  runNft(['-f', '-'], text);
}

/** Runs nft(8) and returns what it prints. */
export function runNft(args: readonly string[], input = ''): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([findProgram('nft'), ...args], {
    stdin: Buffer.from(input),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  if (exitCode !== 0) {
    const words = stderr.toString().trim().split('\n')[0] ?? '';
    throw new ProaError('NFT_FAILED', `nft ${args.join(' ')}: ${words || `exit status ${exitCode}`}`, {
      hint: 'sudo nft list ruleset',
    });
  }
  return stdout.toString();
}
