/**
 * `[aliases]` of registries.conf: short names and what they stand for. Those that a person chose when asked are kept in
 * a file of their own, short-name-aliases.conf, which Podman, Buildah and Skopeo read and write too.
 */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { hasCode } from '../../core/error.ts';
import { isHostRoot } from '../../core/host-root.ts';
import { lock } from '../../core/lock.ts';
import { parseReference, type Reference } from '../model/reference.ts';
import { readIfThere } from './conf-files.ts';
import { invalid, type Table } from './conf-table.ts';

export interface Alias {
  readonly target: Pick<Reference, 'registry' | 'repository'>;
  /** Where it stands. */
  readonly file: string;
}

/** Does an image name leave open which registry it means? It has no host in front (Docker's rules for what is one). */
export function isShortName(name: string): boolean {
  const first = name.split('/')[0]!;
  return (
    !name.includes('/') || !(first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase())
  );
}

/** Adds a file's aliases; an empty one takes an earlier one away. @throws ProaError CONFIG_INVALID */
export function readAliases(document: Table, file: string, aliases: Map<string, Alias>): void {
  const table = document.aliases ?? {};
  if (typeof table !== 'object' || table === null || Array.isArray(table))
    throw invalid(file, 'aliases is not a table');
  for (const [name, value] of Object.entries(table)) {
    if (typeof value !== 'string') throw invalid(file, `the alias ${name} is not a text`);
    if (!isShortName(name) || /[:@]/.test(name))
      throw invalid(file, `the alias ${name} is no short name: it has a registry, a tag or a digest`);
    if (value === '') aliases.delete(name);
    else aliases.set(name, { target: readTarget(name, value, file), file });
  }
}

function readTarget(name: string, value: string, file: string): Alias['target'] {
  try {
    const { registry, repository, tag, digest } = parseReference(value, { defaultTag: false });
    if (tag === undefined && digest === undefined && !isShortName(value)) return { registry, repository };
  } catch (error) {
    if (!hasCode(error, 'INVALID_REFERENCE')) throw error;
  }
  throw invalid(file, `the alias ${name} stands for ${JSON.stringify(value)}, not for REGISTRY/REPOSITORY`);
}

/** Adds what people chose. `read` reads a TOML file. */
export async function readMachineAliases(
  read: (file: string) => Promise<Table | undefined>,
  aliases: Map<string, Alias>,
): Promise<void> {
  const file = machineFile();
  const document = await read(file);
  if (document !== undefined) readAliases(document, file, aliases);
}

/** Keeps a choice. @throws ProaError CONFIG_INVALID, EACCES, … */
export async function keepAlias(name: string, target: Alias['target']): Promise<void> {
  const file = machineFile();
  mkdirSync(dirname(file), { recursive: true });
  using _ = await lock(dirname(file));
  const { parse, stringify } = await import('smol-toml');
  const document = parse((await readIfThere(file)) ?? '') as { aliases?: Table };
  const aliases = { ...document.aliases, [name]: `${target.registry}/${target.repository}` };
  writeFileAtomic(file, stringify({ ...document, aliases }));
}

/** Where Podman keeps them, for root and for users. */
function machineFile(): string {
  const cache = isHostRoot() ? '/var/cache' : process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'containers/short-name-aliases.conf');
}
