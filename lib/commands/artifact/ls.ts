import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { formatLocalTime } from '../../cli/local-time.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import { CREATED } from '../../oci/model/artifact.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { type Artifact, type ArtifactContent, listArtifacts, readArtifact } from '../../storage/artifacts.ts';
import { openEngine, print } from '../context.ts';

const TABLE = 'table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.Created}}\t{{.Size}}';
const NONE = '<none>';
const SHORT = 12;

export const command = defineCommand({
  names: ['artifact ls', 'artifact list'],
  summary: 'List artifacts',
  usage: '[OPTIONS]',
  examples: ['artifact ls', "artifact ls --format '{{.Repository}} {{.Size}}'"],
  options: {
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    'no-trunc': { type: 'bool', summary: 'Do not shorten digests' },
    noheading: {
      short: 'n',
      type: 'bool',
      aliases: ['no-heading'],
      summary: 'Leave out the heading of the table',
    },
  },
  args: { min: 0, max: 0 },
  async run({ options: { format, noheading, 'no-trunc': full } }) {
    const { store } = openEngine();
    const rows = listArtifacts(store).map((artifact) => row(artifact, readArtifact(store, artifact), full));
    const headers = { CreatedAt: 'CREATED AT', VirtualSize: 'VIRTUAL SIZE' };
    const text = await formatRows(rows, { format, defaultTable: TABLE, headers, jsonArray: true });
    const hasHeading = /^\s*(table\b|$)/.test(format ?? '');
    await print(noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
  },
});

function row({ name, descriptor }: Artifact, { manifest }: ArtifactContent, full: boolean): object {
  const reference = name === undefined ? undefined : parseReference(name);
  const created = manifest.annotations?.[CREATED];
  const isTime = created !== undefined && !Number.isNaN(Date.parse(created));
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
  const hex = digestHex(descriptor.digest);
  return {
    Repository: reference === undefined ? NONE : `${reference.registry}/${reference.repository}`,
    Tag: reference?.tag ?? NONE,
    Digest: full ? hex : hex.slice(0, SHORT),
    Created: isTime ? formatAge(created) : '',
    CreatedAt: isTime ? formatLocalTime(created) : '',
    Size: formatBytes(size),
    VirtualSize: size,
  };
}
