/**
 * registries.conf (containers-registries.conf(5), version 2, and what is left of version 1) with its drop-in files, and
 * the registry keys of Docker's daemon.json.
 */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { addContext, hasCode, messageOf, ProaError } from '../../core/error.ts';

/** One `[[registry]]`. */
export interface RegistryRule {
  /** `host[:port][/path…][:tag|@digest]`, or `*.domain`. */
  readonly prefix: string;
  /** What stands in place of the prefix; with a wildcard there is none. */
  readonly location: string | undefined;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrorByDigestOnly: boolean;
  readonly mirrors: readonly RegistryMirror[];
}

export interface RegistryMirror {
  readonly location: string;
  readonly insecure: boolean;
  readonly pullFromMirror: 'all' | 'digest-only' | 'tag-only';
}

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** `insecure-registries` of daemon.json: hosts and networks in CIDR notation. */
  readonly insecure: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;

const SYSTEM = '/etc/containers/registries.conf';
const DAEMON = '/etc/docker/daemon.json';

/** Reads all files, the later over the earlier. @throws ProaError CONFIG_INVALID naming file and key */
export async function loadRegistriesConf(): Promise<RegistriesConf> {
  const rules = new Map<string, RegistryRule>();
  for (const file of await confFiles()) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const { parse } = await import('smol-toml');
    let document: Table;
    try {
      document = parse(text) as Table;
    } catch (error) {
      throw invalid(file, messageOf(error).split('\n')[0]!);
    }
    for (const rule of readRules(document, file)) rules.set(rule.prefix, rule);
  }
  const docker = await readDaemonJson();
  // What registries.conf says of the Hub is more than a list of mirrors.
  if (docker.mirrors.length > 0 && !rules.has('docker.io'))
    rules.set('docker.io', dockerHubRule(docker.mirrors));
  return { rules: [...rules.values()], insecure: docker.insecure };
}

/** The user's file stands in place of the machine's; drop-ins come on top of either. */
async function confFiles(): Promise<string[]> {
  const named = process.env.CONTAINERS_REGISTRIES_CONF;
  if (named) return [named];
  const own = join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'containers/registries.conf');
  const isUser = process.getuid?.() !== 0 && (await readIfThere(own)) !== undefined;
  const folders = [`${SYSTEM}.d`, `${own}.d`];
  const dropIns = await Promise.all(folders.map(listConf));
  return [isUser ? own : SYSTEM, ...dropIns.flat()];
}

async function listConf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw addContext(error, `read ${folder}`);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw addContext(error, `read ${file}`);
  }
}

function readRules(document: Table, file: string): RegistryRule[] {
  const tables = document.registry ?? [];
  if (!Array.isArray(tables)) throw invalid(file, 'registry is not a list of tables');
  return [...tables.map((table) => readRule(table as Table, file)), ...readVersion1(document, file)];
}

function readRule(table: Table, file: string): RegistryRule {
  const location = text(table, 'location', file)?.replace(/\/+$/, '');
  const prefix = text(table, 'prefix', file)?.replace(/\/+$/, '') ?? location;
  if (prefix === undefined || prefix === '')
    throw invalid(file, 'a registry has neither prefix nor location');
  const wildcard = prefix.startsWith('*.');
  if (location?.includes('*')) throw invalid(file, `location ${location} has a wildcard`);
  const mirrors = table.mirror ?? [];
  if (!Array.isArray(mirrors)) throw invalid(file, `mirror of ${prefix} is not a list of tables`);
  return {
    prefix,
    location: location ?? (wildcard ? undefined : prefix),
    insecure: flag(table, 'insecure', file),
    blocked: flag(table, 'blocked', file),
    mirrorByDigestOnly: flag(table, 'mirror-by-digest-only', file),
    mirrors: mirrors.map((mirror) => readMirror(mirror as Table, prefix, file)),
  };
}

function readMirror(table: Table, prefix: string, file: string): RegistryMirror {
  const location = text(table, 'location', file)?.replace(/\/+$/, '');
  if (!location) throw invalid(file, `a mirror of ${prefix} has no location`);
  const when = text(table, 'pull-from-mirror', file) || 'all';
  if (when !== 'all' && when !== 'digest-only' && when !== 'tag-only')
    throw invalid(file, `pull-from-mirror of ${location} is ${JSON.stringify(when)}`);
  return { location, insecure: flag(table, 'insecure', file), pullFromMirror: when };
}

/** `[registries.insecure] registries = [...]` and `[registries.block]`. */
function readVersion1(document: Table, file: string): RegistryRule[] {
  const old = document.registries as Record<string, { registries?: unknown } | undefined> | undefined;
  const names = (key: string): string[] => {
    const list = old?.[key]?.registries ?? [];
    if (!Array.isArray(list) || list.some((name) => typeof name !== 'string'))
      throw invalid(file, `registries.${key}.registries is not a list of names`);
    return list as string[];
  };
  const [insecure, blocked] = [names('insecure'), names('block')];
  return [...new Set([...insecure, ...blocked])].map((prefix) => ({
    prefix,
    location: prefix,
    insecure: insecure.includes(prefix),
    blocked: blocked.includes(prefix),
    mirrorByDigestOnly: false,
    mirrors: [],
  }));
}

function dockerHubRule(mirrors: readonly string[]): RegistryRule {
  return {
    prefix: 'docker.io',
    location: 'docker.io',
    insecure: false,
    blocked: false,
    mirrorByDigestOnly: false,
    mirrors: mirrors.map((url) => ({
      location: url.replace(/^https?:\/\//, '').replace(/\/+$/, ''),
      insecure: url.startsWith('http://'),
      pullFromMirror: 'all',
    })),
  };
}

async function readDaemonJson(): Promise<{ mirrors: string[]; insecure: string[] }> {
  const raw = await readIfThere(DAEMON);
  if (raw === undefined || raw.trim() === '') return { mirrors: [], insecure: [] };
  let document: Table;
  try {
    document = JSON.parse(raw) as Table;
  } catch (error) {
    throw invalid(DAEMON, messageOf(error));
  }
  const list = (key: string): string[] => {
    const value = document[key] ?? [];
    if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
      throw invalid(DAEMON, `${key} is not a list of texts`);
    return value as string[];
  };
  return { mirrors: list('registry-mirrors'), insecure: list('insecure-registries') };
}

function text(table: Table, key: string, file: string): string | undefined {
  const value = table[key];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(file, `${key} is not a text`);
}

function flag(table: Table, key: string, file: string): boolean {
  const value = table[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(file, `${key} is neither true nor false`);
}

function invalid(file: string, why: string): ProaError {
  return new ProaError('CONFIG_INVALID', `read ${file}: ${why}`, {
    hint: 'man containers-registries.conf',
  });
}
