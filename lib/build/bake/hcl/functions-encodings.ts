/** Functions of encodings, digests, times, addresses and versions. */
import { constants, createHash, privateDecrypt } from 'node:crypto';
import { homedir } from 'node:os';
import { addDuration, formatDate } from './dates.ts';
import { cidrHost, cidrNetmask, cidrSubnet, cidrSubnets } from './subnets.ts';
import { type HclFunction, toInteger, toNumber, toText, type Value, wrong } from './value.ts';

const digest =
  (name: string): HclFunction =>
  (text) =>
    createHash(name).update(toText(text)).digest('hex');

/** A path or a namespace's name; RFC 4122, section 4.3. */
const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
};

export const ENCODINGS: Readonly<Record<string, HclFunction>> = {
  base64decode: (text) => Buffer.from(toText(text), 'base64').toString(),
  base64encode: (text) => Buffer.from(toText(text)).toString('base64'),
  bcrypt: (text, cost) =>
    Bun.password.hashSync(toText(text), {
      algorithm: 'bcrypt',
      cost: cost === undefined ? 10 : toInteger(cost),
    }),
  cidrhost: (prefix, number) => cidrHost(toText(prefix), toInteger(number!)),
  cidrnetmask: (prefix) => cidrNetmask(toText(prefix)),
  cidrsubnet: (prefix, bits, number) => cidrSubnet(toText(prefix), toInteger(bits!), toInteger(number!)),
  cidrsubnets: (prefix, ...bits) => cidrSubnets(toText(prefix), bits.map(toInteger)),
  csvdecode: (text) => csvRows(toText(text)),
  formatdate: (format, time) => formatDate(toText(format), toText(time!)),
  homedir: () => homedir(),
  jsondecode: (text) => {
    try {
      return JSON.parse(toText(text)) as Value;
    } catch (error) {
      throw wrong(`jsondecode: ${(error as Error).message}`);
    }
  },
  jsonencode: (value) => JSON.stringify(value),
  md5: digest('md5'),
  rsadecrypt: (text, key) => {
    const padding = constants.RSA_PKCS1_PADDING;
    return privateDecrypt({ key: toText(key!), padding }, Buffer.from(toText(text), 'base64')).toString();
  },
  semvercmp: (version, constraint) => Bun.semver.satisfies(toText(version), toText(constraint!)),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  sha512: digest('sha512'),
  timeadd: (time, duration) => addDuration(toText(time), toText(duration!)),
  timestamp: () => new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  unixtimestampparse: (seconds) => unixTime(toNumber(seconds)),
  urlencode: (text) =>
    encodeURIComponent(toText(text))
      .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  uuidv4: () => crypto.randomUUID(),
  uuidv5: (namespace, name) => uuidOf(NAMESPACES[toText(namespace)] ?? toText(namespace), toText(name!)),
};

function uuidOf(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function unixTime(seconds: number): Value {
  const date = new Date(seconds * 1000);
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  return {
    year: date.getUTCFullYear(),
    year_day: Math.floor((date.getTime() - start) / 86_400_000) + 1,
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    month_name: date.toLocaleString('en', { month: 'long', timeZone: 'UTC' }),
    weekday: date.getUTCDay(),
    weekday_name: date.toLocaleString('en', { weekday: 'long', timeZone: 'UTC' }),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    iso_year: isoWeek(date).year,
    iso_week: isoWeek(date).week,
    rfc3339: date.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7) };
}

/** RFC 4180, the first row being the names. */
export function csvRows(text: string): Value[] {
  const rows = csvFields(text);
  const names = rows.shift();
  if (names === undefined) throw wrong('csvdecode: the first row, which has the names, is missing');
  return rows.map((row) => {
    if (row.length !== names.length)
      throw wrong(`csvdecode: a row has ${row.length} fields, not ${names.length}`);
    return Object.fromEntries(names.map((name, i) => [name, row[i]!]));
  });
}

/** Rows of fields; quotes hold commas, newlines and doubled quotes. */
export function csvFields(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] !== ',') {
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
      if (match[3] === '' || field.lastIndex >= text.length) return rows;
    }
  }
  throw wrong('this is no CSV: a quote is not closed, or stands within a field');
}
