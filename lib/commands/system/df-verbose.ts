/** `system df -v`: a table for each kind of thing, or all of them in one document for templates. */
import { formatRows } from '../../cli/format.ts';
import { formatBytes } from '../../cli/values.ts';
import { ImageLabels } from '../../engine/container/image-label.ts';
import type { DiskUsage } from '../../engine/system/disk-usage.ts';
import type { Store } from '../../storage/store.ts';
import { cacheRow } from '../buildx/cache-row.ts';
import { PS_HEADERS, psRow } from '../container/ps-row.ts';
import { IMAGE_HEADERS, imageRow } from '../image/image-row.ts';
import { VOLUME_HEADERS, volumeRow } from '../volume/volume-row.ts';

const IMAGES =
  'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}';
const CONTAINERS =
  'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}';
const VOLUMES = 'table {{.Name}}\t{{.Links}}\t{{.Size}}';
const BUILD_CACHE =
  'table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}';
const BUILD_HEADERS = {
  ID: 'CACHE ID',
  CacheType: 'CACHE TYPE',
  CreatedSince: 'CREATED',
  LastUsedSince: 'LAST USED',
  UsageCount: 'USAGE',
};

export async function renderVerbose(
  store: Store,
  usage: DiskUsage,
  format: string | undefined,
): Promise<string> {
  const own = format?.trim() || 'table';
  if (own !== 'table') return renderDocument(store, usage, own);
  const [images, containers, volumes, builds] = await Promise.all([
    formatRows(imageRows(usage, false), { defaultTable: IMAGES, headers: IMAGE_HEADERS }),
    formatRows(containerRows(store, usage, false), { defaultTable: CONTAINERS, headers: PS_HEADERS }),
    formatRows(volumeRows(store, usage), { defaultTable: VOLUMES, headers: VOLUME_HEADERS }),
    formatRows(cacheRows(usage), { defaultTable: BUILD_CACHE, headers: BUILD_HEADERS }),
  ]);
  return [
    `Images space usage:\n\n${images}`,
    `Containers space usage:\n\n${containers}`,
    `Local Volumes space usage:\n\n${volumes}`,
    `Build cache usage: ${formatBytes(usage.buildCache.size, 4)}\n\n${builds}`,
  ].join('\n');
}

async function renderDocument(store: Store, usage: DiskUsage, format: string): Promise<string> {
  const [{ compileTemplate }, { toJson }, { expandEscapes }] = await Promise.all([
    import('../../cli/template/compile.ts'),
    import('../../cli/template/functions.ts'),
    import('../../cli/format.ts'),
  ]);
  const document = {
    Images: await plain(imageRows(usage, true)),
    Containers: await plain(containerRows(store, usage, true)),
    Volumes: await plain(volumeRows(store, usage)),
    BuildCache: await plain(cacheRows(usage)),
  };
  return format === 'json'
    ? `${toJson(document)}\n`
    : `${compileTemplate(expandEscapes(format))(document)}\n`;
}

/** Rows whose fields are all worked out. */
async function plain(rows: readonly object[]): Promise<object[]> {
  const lines = await formatRows(rows, { format: 'json', defaultTable: '', headers: {} });
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);
}

function imageRows({ images }: DiskUsage, full: boolean): object[] {
  return images.each.map(({ image, size, shared, containers }) => ({
    ...imageRow(image, full),
    // On disk, as the columns beside it.
    Size: formatBytes(size, 4),
    Containers: String(containers),
    SharedSize: formatBytes(shared, 4),
    UniqueSize: formatBytes(size - shared, 4),
  }));
}

function containerRows(store: Store, { containers }: DiskUsage, full: boolean): object[] {
  const images = new ImageLabels(store, full);
  const sizes = new Map(containers.each.map(({ container, size }) => [container, size]));
  const sizeOf = (container: (typeof containers.each)[number]['container']) => ({
    own: sizes.get(container)!,
    // Only what it wrote itself is the container's.
    total: 0,
  });
  return containers.each.map(({ container }) => psRow(container, { images, full, sizeOf }));
}

/** How often a step was taken from the cache is not counted: no build writes more than it must. */
function cacheRows({ buildCache }: DiskUsage): object[] {
  return buildCache.each.map((entry) => ({ ...cacheRow(entry, false), UsageCount: '' }));
}

function volumeRows(store: Store, { volumes }: DiskUsage): object[] {
  return volumes.each.map(({ volume, size, links }) =>
    volumeRow(store, volume, { links: String(links), size: formatBytes(size, 4) }),
  );
}
