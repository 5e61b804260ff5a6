import { readFile } from 'node:fs/promises';
import { defineCommand } from '../../cli/command.ts';
import { renderTable } from '../../cli/table.ts';
import { addContext } from '../../core/error.ts';
import { type TrustRow, trustTable } from '../../engine/trust/show.ts';
import { parseReference, type Reference } from '../../oci/model/reference.ts';
import { policyPath } from '../../oci/trust/config-files.ts';
import { print, warn } from '../context.ts';
import { trustFileOptions } from './trust-set.ts';

export const command = defineCommand({
  names: ['image trust show'],
  summary: 'Show which images are accepted, and whose signatures they need',
  usage: '[OPTIONS] [REGISTRY[/REPOSITORY]]',
  description:
    'Shows policy.json, and where registries.d says that signatures are. With a registry or repository, only what decides about its images.',
  examples: ['image trust show', 'image trust show --json', 'image trust show quay.io/team/app'],
  options: {
    json: { short: 'j', type: 'bool', summary: 'As JSON' },
    noheading: { short: 'n', type: 'bool', summary: 'Without the heading' },
    raw: { type: 'bool', summary: 'The policy file itself' },
    ...trustFileOptions,
  },
  args: { min: 0, max: 1 },
  async run({ options, args }) {
    const { policypath: policyFile, registrypath: registriesFolder } = options;
    if (options.raw) return await print(`${await rawPolicy(policyFile)}\n`);
    const reference = args[0] === undefined ? undefined : readPlace(args[0]);
    const { rows, warnings } = await trustTable({ policyFile, registriesFolder, reference });
    for (const text of warnings) warn(`WARNING: ${text}`);
    if (options.json) return await print(`${JSON.stringify(rows.map(record), null, 2)}\n`);
    const cells = rows.map(({ transport, name = '', type, owners = '', store = '' }) => [
      transport,
      name,
      type,
      owners,
      store,
    ]);
    const table = renderTable(['TRANSPORT', 'NAME', 'TYPE', 'ID', 'STORE'], cells);
    await print(options.noheading ? table.slice(table.indexOf('\n') + 1) : table);
  },
});

/** A registry alone, or a name in one. */
function readPlace(text: string): Reference {
  if (text.includes('/')) return parseReference(text);
  const { registry } = parseReference(`${text}/name`);
  return { registry, repository: '' };
}

async function rawPolicy(named: string | undefined): Promise<string> {
  const file = named ?? (await policyPath());
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw addContext(error, `read ${file}`);
  }
}

/** Podman's names. */
function record({ transport, name, type, owners, store }: TrustRow): object {
  return {
    transport,
    ...(name !== undefined && { name: transport === 'all' ? '* (default)' : name, repo_name: name }),
    ...(store !== undefined && { sigstore: store }),
    type,
    ...(owners && { gpg_id: owners }),
  };
}
