/**
 * `auto-update`: containers whose image has changed are made anew by their services. A service that does not come up with
 * the new image gets the old one back.
 */
import { addContext, ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { askSources, type PullRequest, pullImage } from '../../engine/image/pull.ts';
import { tagImage } from '../../engine/image/tag.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { formatReference } from '../../oci/model/reference.ts';
import { findImage, readImage } from '../../storage/images.ts';
import { ServiceManager } from '../manager.ts';
import { type Candidate, findCandidates } from './candidates.ts';

/** Podman's words. */
export type UpdateResult = 'true' | 'false' | 'pending' | 'failed' | 'rolled back';

export interface UpdateReport {
  candidate: Candidate;
  updated: UpdateResult;
}

export interface UpdateRequest {
  /** Look, and change nothing. */
  dryRun: boolean;
  /** Go back to the old image when a service does not come up with the new one. */
  rollback: boolean;
  registry: PullRequest['registry'];
}

/** What a service is watched for after its start: one that says that it is ready before it is may fail soon. */
const WATCHED = 2000;

/**
 * Updates what runs, or with `dryRun` says what would be. One failure keeps no other container from its update.
 * @returns a report for each container, and what went wrong
 * @throws ProaError NO_SYSTEMD, NO_USER_BUS when there is a container to look after and no systemd
 */
export async function autoUpdate(
  engine: Engine,
  request: UpdateRequest,
): Promise<{ reports: UpdateReport[]; errors: unknown[] }> {
  const { candidates, errors: unfit } = await findCandidates(engine);
  const errors: unknown[] = [...unfit];
  const manager = new ServiceManager(engine.identity.rootless);
  if (candidates.length > 0 && !request.dryRun) manager.requireRunning();
  const reports: UpdateReport[] = [];
  // All containers of a service are made anew by one restart.
  for (const group of Map.groupBy(candidates, ({ unit }) => unit).values()) {
    const found = await lookAt(engine, group, request, errors);
    const newer = group.filter((_, i) => found[i] === 'pending');
    let outcome: UpdateResult = 'pending';
    if (newer.length > 0 && !request.dryRun)
      outcome = await renew(engine, manager, newer, request.rollback, errors);
    for (const [i, candidate] of group.entries())
      reports.push({ candidate, updated: found[i] === 'pending' ? outcome : found[i]! });
  }
  return { reports, errors };
}

/** For each: is there another image, brought here unless it is a dry run? `failed` when that cannot be said. */
async function lookAt(
  engine: Engine,
  group: readonly Candidate[],
  request: UpdateRequest,
  errors: unknown[],
): Promise<UpdateResult[]> {
  const results: UpdateResult[] = [];
  for (const candidate of group) {
    try {
      const newer =
        candidate.policy === 'local'
          ? isNewerHere(engine, candidate)
          : await isNewerThere(engine, candidate, request);
      results.push(newer ? 'pending' : 'false');
    } catch (error) {
      errors.push(addContext(error, `update container ${candidate.containerName}`));
      results.push('failed');
    }
  }
  return results;
}

function isNewerHere({ store }: Engine, { imageName, image }: Candidate): boolean {
  const present = findImage(store, imageName);
  return present !== undefined && present.id !== image;
}

/** Asks for the manifest's digest; the rest is pulled only when that is another one. */
async function isNewerThere(engine: Engine, candidate: Candidate, request: UpdateRequest): Promise<boolean> {
  const { reference, image, authFile } = candidate;
  const registry = authFile === undefined ? request.registry : { ...request.registry, authFile };
  const { top } = await askSources({ reference, registry });
  const present = readImage(engine.store, image);
  if (present?.manifest.digest === top.digest) return false;
  if (present?.repoDigests.some((name) => name.endsWith(`@${top.digest}`))) return false;
  if (request.dryRun) return true;
  const pulled = await pullImage(engine, { reference, registry });
  return pulled.image.id !== image;
}

/** Restarts the service of these containers. */
async function renew(
  engine: Engine,
  manager: ServiceManager,
  containers: readonly Candidate[],
  rollback: boolean,
  errors: unknown[],
): Promise<UpdateResult> {
  const { unit } = containers[0]!;
  try {
    await restart(manager, unit);
    return 'true';
  } catch (error) {
    errors.push(error);
  }
  if (!rollback) return 'failed';
  try {
    for (const { image, reference } of containers) await pointBack(engine, image, formatReference(reference));
    await restart(manager, unit);
    return 'rolled back';
  } catch (error) {
    errors.push(addContext(error, 'roll back'));
    return 'failed';
  }
}

/** @throws ProaError IMAGE_NOT_FOUND when the old image was removed meanwhile */
async function pointBack(engine: Engine, image: Digest, name: string): Promise<void> {
  await tagImage(engine, image, [name]);
}

/** @throws ProaError SYSTEMD_REFUSED; UNIT_FAILED when it fails right after its start */
async function restart(manager: ServiceManager, unit: string): Promise<void> {
  await manager.restart(unit);
  for (const end = performance.now() + WATCHED; performance.now() < end; await Bun.sleep(200)) {
    const { active, sub } = (await manager.states([unit])).get(unit)!;
    if (active === 'active' || active === 'reloading') continue;
    throw new ProaError('UNIT_FAILED', `restart ${unit}: it is ${active} (${sub}) right after its start`, {
      hint: manager.journalLine(unit),
    });
  }
}
