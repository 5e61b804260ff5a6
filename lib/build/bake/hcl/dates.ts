/** `formatdate` and `timeadd`, as go-cty has them. */
import { wrong } from './value.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The time as its own zone has it: parts as if they were UTC. */
function parse(time: string): { local: Date; zone: string } {
  const zone = TIME.exec(time)?.[7];
  const local = new Date(zone === undefined ? Number.NaN : `${time.slice(0, 19)}Z`);
  if (zone === undefined || Number.isNaN(local.getTime()))
    throw wrong(`no time as RFC 3339 has it: ${JSON.stringify(time)}: for instance 2026-01-31T12:00:00Z`);
  return { local, zone };
}

/** @param format `YYYY-MM-DD'T'hh:mm:ssZ` and its like; what is in single quotes stays */
export function formatDate(format: string, time: string): string {
  const { local, zone } = parse(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hour = local.getUTCHours();
  const utc = zone === 'Z' ? '+00:00' : zone;
  const parts: Readonly<Record<string, string>> = {
    YYYY: String(local.getUTCFullYear()).padStart(4, '0'),
    YY: two(local.getUTCFullYear() % 100),
    MMMM: MONTHS[local.getUTCMonth()]!,
    MMM: MONTHS[local.getUTCMonth()]!.slice(0, 3),
    MM: two(local.getUTCMonth() + 1),
    M: String(local.getUTCMonth() + 1),
    DD: two(local.getUTCDate()),
    D: String(local.getUTCDate()),
    EEEE: DAYS[local.getUTCDay()]!,
    EEE: DAYS[local.getUTCDay()]!.slice(0, 3),
    hh: two(hour),
    h: String(hour),
    HH: two(hour % 12 || 12),
    H: String(hour % 12 || 12),
    AA: hour < 12 ? 'AM' : 'PM',
    aa: hour < 12 ? 'am' : 'pm',
    mm: two(local.getUTCMinutes()),
    m: String(local.getUTCMinutes()),
    ss: two(local.getUTCSeconds()),
    s: String(local.getUTCSeconds()),
    ZZZZZ: utc,
    ZZZZ: utc.replace(':', ''),
    ZZZ: utc === '+00:00' ? 'UTC' : utc.replace(':', ''),
    Z: utc === '+00:00' ? 'Z' : utc,
  };
  return format.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (word, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    const part = parts[word];
    if (part === undefined)
      throw wrong(`formatdate: unknown part ${word}: put plain text into single quotes`);
    return part;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 1e-6,
};

/** @param duration Go's: `1h30m`, `-5m` */
export function addDuration(time: string, duration: string): string {
  const { local, zone } = parse(time);
  if (!/^[+-]?(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(duration))
    throw wrong(`timeadd: no duration: ${JSON.stringify(duration)}: for instance 1h30m`);
  let sum = 0;
  for (const [, number, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g))
    sum += Number(number) * UNITS[unit!]!;
  const later = new Date(local.getTime() + (duration.startsWith('-') ? -sum : sum));
  return later.toISOString().replace(/\.\d+Z$/, zone);
}
