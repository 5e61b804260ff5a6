/** `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`. Addresses are whole numbers of 32 or 128 bits here. */
import { wrong } from './value.ts';

interface Prefix {
  address: bigint;
  length: number;
  /** 32 or 128. */
  bits: number;
}

function parse(text: string): Prefix {
  const [, address, length] = /^([0-9a-fA-F.:]+)\/(\d+)$/.exec(text) ?? [];
  const value =
    address === undefined ? undefined : address.includes(':') ? parseV6(address) : parseV4(address);
  const bits = address?.includes(':') ? 128 : 32;
  if (value === undefined || Number(length) > bits)
    throw wrong(`no range of addresses: ${JSON.stringify(text)}: for instance 10.0.0.0/8`);
  const host = BigInt(bits - Number(length));
  return { address: (value >> host) << host, length: Number(length), bits };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - halves.flat().length;
  if (halves.length > 2 || (halves.length === 1 ? missing !== 0 : missing < 1)) return undefined;
  const groups =
    halves.length === 1 ? halves[0]! : [...halves[0]!, ...Array(missing).fill('0'), ...halves[1]!];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function addressText(address: bigint, bits: number): string {
  const size = bits === 32 ? 8 : 16;
  const parts = Array.from({ length: bits / size }, (_, i) => {
    const part = (address >> BigInt(bits - size * (i + 1))) & ((1n << BigInt(size)) - 1n);
    return part.toString(bits === 32 ? 10 : 16);
  });
  if (bits === 32) return parts.join('.');
  // RFC 5952: the longest run of zeros, of two at least, is left out.
  const runs = [...parts.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  );
  const text = parts.join(':');
  if (runs.length === 0) return text;
  const { index, 0: run } = runs[0]!;
  return `${text.slice(0, index)}::${text.slice(index + run.length).replace(/^:/, '')}`;
}

export function cidrHost(prefix: string, number: number): string {
  const { address, length, bits } = parse(prefix);
  const room = 1n << BigInt(bits - length);
  const host = number < 0 ? room + BigInt(number) : BigInt(number);
  if (host < 0n || host >= room) throw wrong(`cidrhost: ${prefix} has no address ${number}`);
  return addressText(address + host, bits);
}

export function cidrNetmask(prefix: string): string {
  const { length, bits } = parse(prefix);
  if (bits !== 32) throw wrong('cidrnetmask: only IPv4 has netmasks');
  const host = BigInt(bits - length);
  return addressText((((1n << 32n) - 1n) >> host) << host, 32);
}

export function cidrSubnet(prefix: string, more: number, number: number): string {
  const { address, length, bits } = parse(prefix);
  const long = length + more;
  if (more < 0 || long > bits || number < 0 || BigInt(number) >= 1n << BigInt(more))
    throw wrong(`cidrsubnet: ${prefix} has no subnet ${number} of ${more} more bits`);
  return `${addressText(address + (BigInt(number) << BigInt(bits - long)), bits)}/${long}`;
}

/** One after the other, each of so many more bits. */
export function cidrSubnets(prefix: string, more: readonly number[]): string[] {
  const { address, length, bits } = parse(prefix);
  const end = address + (1n << BigInt(bits - length));
  let next = address;
  return more.map((each) => {
    if (each < 1 || length + each > bits)
      throw wrong(`cidrsubnets: ${prefix} has no subnets of ${each} more bits`);
    const size = 1n << BigInt(bits - length - each);
    const start = ((next + size - 1n) / size) * size;
    next = start + size;
    if (next > end) throw wrong(`cidrsubnets: no room for all of them in ${prefix}`);
    return `${addressText(start, bits)}/${length + each}`;
  });
}
