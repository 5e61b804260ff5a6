/** The registry keys of Docker's daemon.json: `registry-mirrors` of the Hub, and `insecure-registries`. */
import { messageOf } from '../../core/error.ts';
import { readIfThere } from './conf-files.ts';
import { invalid, names, type Table } from './conf-table.ts';
import type { RegistryRule } from './registry-rule.ts';

const FILE = '/etc/docker/daemon.json';

/** @throws ProaError CONFIG_INVALID */
export async function readDaemonJson(): Promise<{ mirrors: string[]; insecure: string[] }> {
  const raw = await readIfThere(FILE);
  if (raw === undefined || raw.trim() === '') return { mirrors: [], insecure: [] };
  let document: Table;
  try {
    document = JSON.parse(raw) as Table;
  } catch (error) {
    throw invalid(FILE, messageOf(error));
  }
  const list = (key: string): string[] => names(document, key, FILE) ?? [];
  return { mirrors: list('registry-mirrors'), insecure: list('insecure-registries') };
}

/** @param mirrors URLs */
export function dockerHubRule(mirrors: readonly string[]): RegistryRule {
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
