/** `volume create`, and volumes with a driver's options that `run` makes. */
import { chownSync, mkdirSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { errnoName } from '../../core/sys/errno.ts';
import { type QuotaLimits, tryIsFree, trySetLimits, trySetProject } from '../../core/sys/quota.ts';
import { requireImage } from '../../storage/images.ts';
import { LayerLease } from '../../storage/layers.ts';
import { validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import { ensureVolume, needsMount, readVolume, type VolumeRecord } from '../../storage/volumes.ts';
import { parseImageOptions, parseLocalOptions } from './driver-options.ts';

export interface VolumeRequest {
  /** Left out, it gets 64 hex digits. */
  name?: string | undefined;
  driver: string;
  labels: Record<string, string>;
  /** KEY=VALUE of --opt. */
  options: Record<string, string>;
  /** Nobody was told its name: it goes with its container. */
  anonymous?: boolean;
}

/**
 * Makes a volume; one of that name that is there already is left as it is.
 * @throws ProaError INVALID_NAME, UNKNOWN_DRIVER, INVALID_OPTION, NO_QUOTA, IMAGE_NOT_FOUND, LAYER_MISSING;
 *   VOLUME_CONFLICT when that one has another driver
 */
export async function createVolume(store: Store, request: VolumeRequest): Promise<VolumeRecord> {
  const { driver } = request;
  const name = request.name ?? Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  validateName(name, 'volume');
  const make = { local: createLocal, image: createFromImage }[driver];
  if (make === undefined) {
    throw new ProaError(
      'UNKNOWN_DRIVER',
      `create volume ${name}: there is no driver ${JSON.stringify(driver)}`,
      {
        hint: 'Drivers: local, image',
      },
    );
  }
  const known = readVolume(store, name);
  if (known === undefined) return make(store, name, request);
  if (known.driver === driver) return known;
  throw new ProaError(
    'VOLUME_CONFLICT',
    `create ${name}: conflict: volume name must be unique: it has the driver ${known.driver}`,
    { hint: `Remove it first: proa volume rm ${name}` },
  );
}

function createLocal(store: Store, name: string, request: VolumeRequest): VolumeRecord {
  const { labels, options, anonymous = false } = request;
  const plan = parseLocalOptions(options);
  const { owner, quota } = plan;
  const mounted = needsMount({ driver: 'local', options });
  const project = quota && freeProject(store, name);
  return ensureVolume(
    store,
    name,
    {
      labels,
      options,
      anonymous,
      ...(plan.nocopy && { content: 'settled' }),
      ...(owner && !mounted && { owner }),
      ...(project !== undefined && { project }),
    },
    (folder) => {
      const data = `${folder}/_data`;
      if (owner !== undefined) chownSync(data, owner.uid ?? -1, owner.gid ?? -1);
      if (project !== undefined) limit(name, data, project, quota!);
    },
  );
}

async function createFromImage(store: Store, name: string, request: VolumeRequest): Promise<VolumeRecord> {
  const { labels, options, anonymous = false } = request;
  const { id, diffIds } = requireImage(store, parseImageOptions(options));
  using lease = new LayerLease();
  for (const diffId of diffIds) {
    if (await lease.add(store, diffId)) continue;
    throw new ProaError(
      'LAYER_MISSING',
      `create volume ${name}: layer ${diffId} of ${options.image} is gone`,
      {
        hint: `proa pull ${options.image}`,
      },
    );
  }
  const image = { id, name: options.image!, diffIds: [...diffIds] };
  const properties = { driver: 'image', labels, options, anonymous, content: 'settled', image } as const;
  return ensureVolume(store, name, properties, (folder) => {
    // What is written over the image, and overlayfs's work.
    for (const part of ['upper', 'work']) mkdirSync(`${folder}/${part}`, { mode: 0o755 });
  });
}

/** A project that nothing belongs to. Chosen at random, so that creators of volumes do not wait for each other. */
function freeProject(store: Store, name: string): number {
  for (;;) {
    const project = 1 + (crypto.getRandomValues(new Uint32Array(1))[0]! & 0x7ffffffe);
    const free = tryIsFree(`${store.root}/volumes`, project);
    if (typeof free === 'number') throw noQuota(name, `${store.root}/volumes`, free);
    if (free) return project;
  }
}

function limit(name: string, folder: string, project: number, quota: QuotaLimits): void {
  const limited = trySetLimits(folder, project, quota);
  const result = limited < 0 ? limited : trySetProject(folder, project);
  if (result < 0) throw noQuota(name, folder, result);
}

function noQuota(name: string, folder: string, result: number): ProaError {
  const code = errnoName(-result);
  const why =
    code === 'EPERM'
      ? 'only the host’s root may set quotas'
      : `quota size requested but no quota support: the file system of ${folder} keeps none (${code})`;
  return new ProaError('NO_QUOTA', `create volume ${name}: ${why}`, {
    hint:
      code === 'EPERM'
        ? 'A tmpfs has a size for users too: --opt type=tmpfs --opt o=size=…'
        : 'It takes xfs or ext4, mounted with -o prjquota, and Linux 5.14; or a tmpfs: --opt type=tmpfs --opt o=size=…',
  });
}
