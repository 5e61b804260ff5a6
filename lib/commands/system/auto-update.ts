import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { autoUpdate, type UpdateReport } from '../../systemd/auto-update/update.ts';
import { openEngineForImages, print } from '../context.ts';
import { isDebug } from '../globals.ts';
import { readRegistryOptions, registryOptions } from '../image/registry-options.ts';

const TABLE = 'table {{.Unit}}\t{{.Container}}\t{{.Image}}\t{{.Policy}}\t{{.Updated}}';
const HEADERS = { ContainerName: 'CONTAINERNAME', ContainerID: 'CONTAINERID' };

export const command = defineCommand({
  names: ['auto-update'],
  summary: 'Make containers anew whose image has changed',
  usage: '[OPTIONS]',
  description:
    'Looks at all running containers with the label io.containers.autoupdate: registry asks for another image under the name, local looks whether the name means another one here. The service of systemd that made the container (PODMAN_SYSTEMD_UNIT) is then restarted; one that does not come up gets the old image back.',
  examples: ['auto-update', 'auto-update --dry-run', "auto-update --format '{{.Unit}} {{.Updated}}'"],
  options: {
    ...registryOptions,
    'dry-run': { type: 'bool', summary: 'Only say what has changed' },
    format: { type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    rollback: {
      type: 'bool',
      default: true,
      summary: 'Go back to the old image when a service does not come up with the new one',
    },
  },
  args: { min: 0, max: 0 },
  async run({ options }) {
    const { reports, errors } = await autoUpdate(openEngineForImages(), {
      dryRun: options['dry-run'],
      rollback: options.rollback,
      registry: readRegistryOptions(options),
    });
    const rows = reports.map(row);
    if (rows.length > 0 || options.format !== undefined) {
      const request = { format: options.format, defaultTable: TABLE, headers: HEADERS, jsonArray: true };
      await print(await formatRows(rows, request));
    }
    for (const error of errors) process.stderr.write(renderError(error, { debug: isDebug() }));
    return errors.length === 0 ? 0 : 125;
  },
});

/** Podman's fields. */
function row({ candidate, updated }: UpdateReport): object {
  const { unit, containerId, containerName, imageName, policy } = candidate;
  return {
    Unit: unit,
    Container: `${containerId.slice(0, 12)} (${containerName})`,
    ContainerName: containerName,
    ContainerID: containerId,
    Image: imageName,
    Policy: policy,
    Updated: updated,
  };
}
