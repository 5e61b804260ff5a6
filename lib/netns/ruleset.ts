/**
 * The rules of table `inet proa`, as text for nft(8), and the one program call that loads them. The rules are the same
 * for all networks and containers: what differs are elements of the sets and maps (nfnetlink.ts). The text is one
 * transaction, and loading it again changes nothing.
 */
import { ProaError } from '../core/error.ts';
import { findProgram } from '../core/programs.ts';

export const TABLE = 'proa';
/**
 * Every bridge of ours. That a bridge is in this set means that the rules are loaded and know it; so give the set a
 * new name with every change of the rules, lest the table of an older Proa be taken for this one.
 */
export const BRIDGES = 'bridges_v1';
const SUBNETS = 'subnets4';
/** (address, protocol, port of the host) → (address, port of the container). */
export const PORTS = 'ports4';
/** (protocol, port of the host) → (address, port of the container), for all addresses of the host. */
export const PORTS_ANY = 'ports4_any';

/** Our chain in the table of iptables-nft, for hosts where that drops what it does not know. */
export const IPTABLES_CHAIN = 'PROA-FORWARD';

/** Everything that one bridge network needs. */
export function rulesetFor(bridge: string, subnet: string): string {
  return `
add table inet ${TABLE}
add set inet ${TABLE} ${BRIDGES} { type ifname; }
add set inet ${TABLE} ${SUBNETS} { type ipv4_addr; flags interval; }
add map inet ${TABLE} ${PORTS} { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
add map inet ${TABLE} ${PORTS_ANY} { type inet_proto . inet_service : ipv4_addr . inet_service; }

# Published ports on 127.0.0.1 need route_localnet on the bridge. Before connection tracking, so that only what a
# container itself addresses to the host's loopback is dropped, not the answers to the host's own calls.
add chain inet ${TABLE} guard { type filter hook prerouting priority -300; policy accept; }
flush chain inet ${TABLE} guard
add rule inet ${TABLE} guard iifname @${BRIDGES} ip daddr 127.0.0.0/8 drop

add chain inet ${TABLE} published
flush chain inet ${TABLE} published
add rule inet ${TABLE} published dnat ip to ip daddr . meta l4proto . th dport map @${PORTS}
add rule inet ${TABLE} published dnat ip to meta l4proto . th dport map @${PORTS_ANY}

# A neighbour on the wire could address 127.0.0.1 here: what is published there alone is not for it.
add chain inet ${TABLE} prerouting { type nat hook prerouting priority -100; policy accept; }
flush chain inet ${TABLE} prerouting
add rule inet ${TABLE} prerouting iifname != "lo" ip daddr 127.0.0.0/8 return
add rule inet ${TABLE} prerouting fib daddr type local jump published

add chain inet ${TABLE} output { type nat hook output priority -100; policy accept; }
flush chain inet ${TABLE} output
add rule inet ${TABLE} output fib daddr type local jump published

# A caller on 127.0.0.1, or on the same bridge, could not be answered by way of this host. All others are seen by the
# container with their own address.
add chain inet ${TABLE} postrouting { type nat hook postrouting priority 100; policy accept; }
flush chain inet ${TABLE} postrouting
add rule inet ${TABLE} postrouting oifname @${BRIDGES} ip saddr 127.0.0.0/8 masquerade
add rule inet ${TABLE} postrouting oifname @${BRIDGES} ip saddr @${SUBNETS} ct status dnat masquerade
add rule inet ${TABLE} postrouting oifname != @${BRIDGES} ip saddr @${SUBNETS} masquerade

# Containers go out; in comes what answers them and what is published.
add chain inet ${TABLE} forward { type filter hook forward priority 0; policy accept; }
flush chain inet ${TABLE} forward
add rule inet ${TABLE} forward iifname @${BRIDGES} accept
add rule inet ${TABLE} forward oifname @${BRIDGES} ct state established,related accept
add rule inet ${TABLE} forward oifname @${BRIDGES} ct status dnat accept
add rule inet ${TABLE} forward oifname @${BRIDGES} drop

add element inet ${TABLE} ${SUBNETS} { ${subnet} }
add element inet ${TABLE} ${BRIDGES} { "${bridge}" }
`;
}

/**
 * Lets our bridges through iptables' FORWARD chain, whose policy is drop once Docker or ufw came by: a packet must be
 * accepted by every table. What may reach a container is then decided by our own table. Written in the forms that
 * iptables-nft itself uses, so that it can still list and change its table.
 */
export function iptablesRuleset(): string {
  return `
add chain ip filter ${IPTABLES_CHAIN}
flush chain ip filter ${IPTABLES_CHAIN}
add rule ip filter ${IPTABLES_CHAIN} iifname "proa*" counter accept
add rule ip filter ${IPTABLES_CHAIN} oifname "proa*" counter accept
insert rule ip filter FORWARD counter jump ${IPTABLES_CHAIN}
`;
}

/** Takes a network out of the table; the table itself goes when `last`. */
export function removalOf(bridge: string, subnet: string, last: boolean): string {
  if (last) return `delete table inet ${TABLE}\n`;
  return `
delete element inet ${TABLE} ${BRIDGES} { "${bridge}" }
delete element inet ${TABLE} ${SUBNETS} { ${subnet} }
`;
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
