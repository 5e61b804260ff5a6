/** `[[registry]]` of registries.conf (containers-registries.conf(5)), and its lists in version 1. */
import { flag, invalid, names, type Table, text } from './conf-table.ts';

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

/** The rules of one file. @throws ProaError CONFIG_INVALID naming file and key */
export function readRules(document: Table, file: string): RegistryRule[] {
  const tables = document.registry ?? [];
  if (!Array.isArray(tables)) throw invalid(file, 'registry is not a list of tables');
  return [...tables.map((table) => readRule(table as Table, file)), ...readVersion1(document, file)];
}

function readRule(table: Table, file: string): RegistryRule {
  const location = text(table, 'location', file)?.replace(/\/+$/, '');
  const prefix = text(table, 'prefix', file)?.replace(/\/+$/, '') || location;
  if (prefix === undefined || prefix === '')
    throw invalid(file, 'a registry has neither prefix nor location');
  const wildcard = prefix.startsWith('*.');
  if (prefix.replace(/^\*\./, '').includes('*') || (wildcard && /[/:]/.test(prefix)))
    throw invalid(file, `prefix ${prefix}: a wildcard stands only as *.DOMAIN`);
  if (location?.includes('*')) throw invalid(file, `location ${location} has a wildcard`);
  const list = table.mirror ?? [];
  if (!Array.isArray(list)) throw invalid(file, `mirror of ${prefix} is not a list of tables`);
  const mirrors = list.map((mirror) => readMirror(mirror as Table, prefix, file));
  const mirrorByDigestOnly = flag(table, 'mirror-by-digest-only', file);
  if (mirrorByDigestOnly && list.some((mirror) => (mirror as Table)['pull-from-mirror']))
    throw invalid(
      file,
      `${prefix} has mirror-by-digest-only for all of its mirrors, and pull-from-mirror for one`,
    );
  return {
    prefix,
    location: location || (wildcard ? undefined : prefix),
    insecure: flag(table, 'insecure', file),
    blocked: flag(table, 'blocked', file),
    mirrorByDigestOnly,
    mirrors,
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
  const [insecure, blocked] = [
    version1List(document, 'insecure', file),
    version1List(document, 'block', file),
  ];
  return [...new Set([...(insecure ?? []), ...(blocked ?? [])])].map((prefix) => ({
    prefix,
    location: prefix,
    insecure: insecure?.includes(prefix) === true,
    blocked: blocked?.includes(prefix) === true,
    mirrorByDigestOnly: false,
    mirrors: [],
  }));
}

/** `[registries.KEY] registries = [...]` of version 1, if the file has it. */
export function version1List(
  document: Table,
  key: 'search' | 'insecure' | 'block',
  file: string,
): string[] | undefined {
  const old = document.registries as Record<string, Table | undefined> | undefined;
  return old?.[key] && names(old[key], 'registries', file, `registries.${key}.registries`);
}
