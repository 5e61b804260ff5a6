/** IP addresses and subnets: text at the edge, bytes inside. */

/** A parsed address: 4 or 16 bytes, and its canonical text. */
export interface IpAddress {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** A subnet of IPv4 or IPv6: its lowest address and its length. */
export interface Subnet {
  /** The lowest address as a number. */
  readonly base: bigint;
  readonly prefix: number;
  /** 32 or 128. */
  readonly bits: number;
}

/** Parses an IPv4 or IPv6 address (RFC 4291, without zone). Undefined when it is none. */
export function parseIp(text: string): IpAddress | undefined {
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text);
  return bytes === undefined ? undefined : ipFromBytes(bytes);
}

/** Like {@link parseIp}, for text that this program wrote. */
export function knownIp(text: string): IpAddress {
  const ip = parseIp(text);
  if (ip === undefined) throw new TypeError(`not an address: ${text}`);
  return ip;
}

export function ipFromBytes(bytes: Uint8Array): IpAddress {
  return { bytes, text: bytes.length === 4 ? bytes.join('.') : formatV6(bytes) };
}

/** An address as an unsigned number. */
export function toNumber(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** @param bits 32 or 128 */
export function ipFromNumber(value: bigint, bits = 32): IpAddress {
  const bytes = new Uint8Array(bits / 8);
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return ipFromBytes(bytes);
}

export function isV6({ bytes }: IpAddress): boolean {
  return bytes.length === 16;
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback({ bytes }: IpAddress): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** 0.0.0.0 or ::. */
export function isUnspecified({ bytes }: IpAddress): boolean {
  return bytes.every((byte) => byte === 0);
}

/** `10.87.0.0/16` or `fd00::/64` → subnet; bits below the prefix are cleared. Undefined when it is none. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([\da-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const ip = match === null ? undefined : parseIp(match[1]!);
  const prefix = Number(match?.[2]);
  if (ip === undefined || prefix > ip.bytes.length * 8) return undefined;
  return subnetOf(ip.bytes, prefix);
}

/** The subnet of this length that an address is in. */
export function subnetOf(bytes: Uint8Array, prefix: number): Subnet {
  const bits = bytes.length * 8;
  const rest = BigInt(bits - prefix);
  return { base: (toNumber(bytes) >> rest) << rest, prefix, bits };
}

/** Like {@link parseSubnet}, for text that this program wrote. */
export function knownSubnet(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new TypeError(`not a subnet: ${text}`);
  return subnet;
}

export function formatSubnet({ base, prefix, bits }: Subnet): string {
  return `${ipFromNumber(base, bits).text}/${prefix}`;
}

/** How many addresses a subnet has. */
export function sizeOf({ prefix, bits }: Subnet): bigint {
  return 1n << BigInt(bits - prefix);
}

export function contains(subnet: Subnet, { bytes }: IpAddress): boolean {
  if (bytes.length * 8 !== subnet.bits) return false;
  const rest = BigInt(subnet.bits - subnet.prefix);
  return toNumber(bytes) >> rest === subnet.base >> rest;
}

export function overlap(a: Subnet, b: Subnet): boolean {
  if (a.bits !== b.bits) return false;
  const rest = BigInt(a.bits - Math.min(a.prefix, b.prefix));
  return a.base >> rest === b.base >> rest;
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  // A leading zero is refused: some programs read it as octal.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseV6(text: string): Uint8Array | undefined {
  let source = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(source);
  if (dotted !== null) {
    const v4 = parseV4(dotted[2]!);
    if (v4 === undefined) return undefined;
    const hex = (i: number): string => ((v4[i]! << 8) | v4[i + 1]!).toString(16);
    source = `${dotted[1]}${hex(0)}:${hex(2)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.reduce((sum, half) => sum + half.length, 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  if (!groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const all = [...groups[0]!, ...Array<string>(8 - given).fill('0'), ...(groups[1] ?? [])];
  return Uint8Array.from(
    all.flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >>> 8, value & 0xff];
    }),
  );
}

/** RFC 5952: lower case, the first longest run of two or more zero groups as `::`. */
function formatV6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
