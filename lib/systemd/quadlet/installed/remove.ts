/** Takes Quadlet files away, with what was installed along with them. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path/posix';
import { removeFile } from '../../../core/atomic-file.ts';
import { ProaError } from '../../../core/error.ts';
import { kindOf } from '../kinds.ts';
import { loadUnits } from '../load.ts';
import { type QuadletUnit, serviceOf } from '../unit.ts';
import { applicationsIn, assetsOf } from './application.ts';
import { isTemplate } from './list.ts';
import type { Places } from './places.ts';

export interface RemoveOptions {
  /** Stop services that run. */
  force: boolean;
  /** One that is not there is fine. */
  ignore: boolean;
}

/**
 * @param name of a Quadlet file, or of an application, which goes as a whole; so it does with each of its files
 * @returns the names of the Quadlet files that are gone
 * @throws ProaError NO_SUCH_QUADLET, QUADLET_RUNNING
 */
export async function removeQuadlet(places: Places, name: string, options: RemoveOptions): Promise<string[]> {
  const found = findQuadlet(places, name);
  if (found === undefined) {
    if (options.ignore) return [];
    throw noSuchQuadlet(name);
  }
  const { folder, files, lists } = found;
  const quadlets = files.filter((file) => kindOf(file) !== undefined);
  const units = loadUnits(places.folders, []);
  await endServices(
    places,
    quadlets.flatMap((file) => units.get(file) ?? []),
    options,
  );
  for (const file of [...files, ...lists.map((list) => basename(list))]) removeFile(`${folder}/${file}`);
  return quadlets;
}

export function noSuchQuadlet(name: string): ProaError {
  return new ProaError('NO_SUCH_QUADLET', `no such Quadlet: ${name}`, {
    hint: 'proa quadlet list shows those that are there',
  });
}

/** Everything that goes when this one goes. */
function findQuadlet(
  { folders }: Places,
  name: string,
): { folder: string; files: string[]; lists: string[] } | undefined {
  for (const folder of folders) {
    const whole = applicationsIn(folder).find(
      ({ application, files }) => application === name || files.includes(name),
    );
    if (whole !== undefined) {
      const assets = whole.files.flatMap((file) => assetsOf(folder, file) ?? []);
      return { folder, files: whole.files, lists: [whole.list, ...assets.map(({ list }) => list)] };
    }
    if (kindOf(name) === undefined || !existsSync(`${folder}/${name}`)) continue;
    const assets = assetsOf(folder, name);
    return {
      folder: dirname(`${folder}/${name}`),
      files: [name, ...(assets?.files ?? [])],
      lists: assets === undefined ? [] : [assets.list],
    };
  }
  return undefined;
}

/** Where no systemd runs, no service does. */
async function endServices(
  { manager }: Places,
  units: readonly QuadletUnit[],
  { force }: RemoveOptions,
): Promise<void> {
  if (!existsSync('/run/systemd/system')) return;
  manager.requireRunning();
  const running: string[] = [];
  for (const unit of units) {
    const service = serviceOf(unit);
    running.push(...(await manager.running(isTemplate(unit) ? `${service}*.service` : `${service}.service`)));
  }
  if (running.length === 0) return;
  if (!force) {
    throw new ProaError(
      'QUADLET_RUNNING',
      `remove ${units.map(({ name }) => name).join(', ')}: ${running.join(', ')} runs`,
      {
        hint: `--force stops it first, as does: ${manager.line('stop', ...running)}`,
      },
    );
  }
  await manager.stop(...running);
}
