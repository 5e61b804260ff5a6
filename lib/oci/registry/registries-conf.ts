/**
 * registries.conf (containers-registries.conf(5), version 2, and what is left of version 1) with its drop-in files, and
 * the registry keys of Docker's daemon.json.
 */
import { messageOf } from '../../core/error.ts';
import { confFiles, readIfThere } from './conf-files.ts';
import { invalid, names, type Table, text } from './conf-table.ts';
import { dockerHubRule, readDaemonJson } from './daemon-json.ts';
import { type RegistryRule, readRules, version1List } from './registry-rule.ts';
import { type Alias, readAliases, readMachineAliases } from './short-name-aliases.ts';

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** `insecure-registries` of daemon.json: hosts and networks in CIDR notation. */
  readonly insecure: readonly string[];
  /** `unqualified-search-registries`, and the file that has them; undefined: nobody said, and Docker's rules hold. */
  readonly search: { readonly registries: readonly string[]; readonly file: string } | undefined;
  readonly shortNameMode: ShortNameMode;
  /** By short name. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /** Where logins are looked for; `containers-auth.json` stands for the auth files. */
  readonly credentialHelpers: readonly string[];
}

export type ShortNameMode = 'enforcing' | 'permissive' | 'disabled';

/** The helper that is none: the files of containers-auth.json(5). */
export const AUTH_FILES = 'containers-auth.json';

/** Reads all files, the later over the earlier. @throws ProaError CONFIG_INVALID naming file and key */
export async function loadRegistriesConf(): Promise<RegistriesConf> {
  const rules = new Map<string, RegistryRule>();
  const aliases = new Map<string, Alias>();
  let search: RegistriesConf['search'];
  let shortNameMode: ShortNameMode = 'permissive';
  let credentialHelpers: readonly string[] = [AUTH_FILES];
  for (const file of await confFiles()) {
    const document = await readToml(file);
    if (document === undefined) continue;
    for (const rule of readRules(document, file)) rules.set(rule.prefix, rule);
    const registries =
      names(document, 'unqualified-search-registries', file) ?? version1List(document, 'search', file);
    if (registries !== undefined) search = { registries, file };
    shortNameMode = readMode(document, file) ?? shortNameMode;
    credentialHelpers = names(document, 'credential-helpers', file) ?? credentialHelpers;
    readAliases(document, file, aliases);
  }
  // What was chosen once is written there, and counts more than the files that people edit.
  await readMachineAliases(readToml, aliases);
  const docker = await readDaemonJson();
  // What registries.conf says of the Hub is more than a list of mirrors.
  if (docker.mirrors.length > 0 && !rules.has('docker.io'))
    rules.set('docker.io', dockerHubRule(docker.mirrors));
  return {
    rules: [...rules.values()],
    insecure: docker.insecure,
    search,
    shortNameMode,
    aliases,
    credentialHelpers: credentialHelpers.length === 0 ? [AUTH_FILES] : credentialHelpers,
  };
}

async function readToml(file: string): Promise<Table | undefined> {
  const raw = await readIfThere(file);
  if (raw === undefined) return undefined;
  const { parse } = await import('smol-toml');
  try {
    return parse(raw) as Table;
  } catch (error) {
    throw invalid(file, messageOf(error).split('\n')[0]!);
  }
}

function readMode(document: Table, file: string): ShortNameMode | undefined {
  const mode = text(document, 'short-name-mode', file);
  if (mode === undefined || mode === '') return undefined;
  if (mode === 'enforcing' || mode === 'permissive' || mode === 'disabled') return mode;
  throw invalid(file, `short-name-mode is ${JSON.stringify(mode)}, not enforcing, permissive or disabled`);
}
