/**
 * Images that are not in a registry (containers-transports(5)): `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME|:@INDEX]`, `dir:DIR`, `docker-daemon:NAME` of a Docker that runs here, and
 * `containers-storage:NAME` of a Podman that shares this machine, which is only read.
 */
import { existsSync } from 'node:fs';
import { hasCode, ProaError } from '../../core/error.ts';
import { familiarName, formatReference, parseReference } from '../../oci/model/reference.ts';
import type { ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import type { ArchivedImage } from './archived-image.ts';
import type { LoadRequest } from './load.ts';
import type { Packing } from './packed-layer.ts';
import type { SaveFormat } from './save.ts';

const FORMATS = {
  oci: 'oci-dir',
  'oci-archive': 'oci-archive',
  'docker-archive': 'docker-archive',
  dir: 'docker-dir',
  'docker-daemon': 'docker-archive',
} as const satisfies Record<string, SaveFormat>;

export interface TransportName {
  transport: keyof typeof FORMATS | 'containers-storage';
  /** A file or folder; for docker-daemon and containers-storage the image's name there. */
  path: string;
  /** What comes behind the path: which image of several. */
  member?: string;
}

/**
 * Takes a name apart.
 * @param options.exists only what is there counts, as `oci:latest` may be the name of an image
 * @returns undefined for a name of the ordinary kind
 */
export function parseTransport(text: string, options: { exists: boolean }): TransportName | undefined {
  const [, transport, rest] = /^([a-z-]+):(?!\/\/)(.+)$/s.exec(text) ?? [];
  if (transport === 'containers-storage') return { transport, path: rest! };
  if (transport === undefined || !Object.hasOwn(FORMATS, transport)) return undefined;
  const kind = transport as keyof typeof FORMATS;
  if (kind === 'docker-daemon') return { transport: kind, path: rest! };
  if (kind === 'dir')
    return !options.exists || existsSync(rest!) ? { transport: kind, path: rest! } : undefined;
  const colon = rest!.indexOf(':');
  const path = colon < 0 ? rest! : rest!.slice(0, colon);
  const member = colon < 0 ? undefined : rest!.slice(colon + 1);
  // Nothing else than the transport is called *-archive.
  if (kind === 'oci' && options.exists && !existsSync(path) && !path.includes('/')) return undefined;
  return { transport: kind, path, ...(member && { member }) };
}

/**
 * Brings an image in from such a place.
 * @returns the image; of several the one that the name says, which must then be named
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, IMAGE_REJECTED, BAD_ARCHIVE, DOCKER_UNREACHABLE, …
 */
export async function pullTransport(
  engine: Engine,
  { transport, path, member }: TransportName,
  options: Pick<LoadRequest, 'platform' | 'policyFile'> = {},
): Promise<ImageRecord> {
  // Loaded here: most pulls only ask whether a name is of this kind.
  const { loadImages } = await import('./load.ts');
  const input = await openPlace(engine, transport, path);
  let found: ImageRecord | undefined;
  const select = (images: readonly ArchivedImage[]): ArchivedImage[] => {
    const image = choose(images, path, member);
    // A layout's `1.0` is a tag of the layout, and no image's name.
    const isTag = image.refName !== undefined && !image.refName.includes('/');
    return [isTag ? { ...image, names: [] } : image];
  };
  for await (const { image } of loadImages(engine, { ...options, input, select, transport })) found = image;
  return found!;
}

async function openPlace(
  engine: Engine,
  transport: TransportName['transport'],
  path: string,
): Promise<LoadRequest['input']> {
  if (transport === 'containers-storage') {
    const { findInContainersStorage } = await import('./containers-storage.ts');
    return await findInContainersStorage(path, engine.identity.rootless);
  }
  if (transport !== 'docker-daemon') return { path };
  const { saveFromDaemon } = await import('./docker-daemon.ts');
  return { stream: await saveFromDaemon(path), name: `docker's ${path}` };
}

/**
 * Takes an image out to such a place.
 * @param packing how its layers are compressed; default: as Podman does, by gzip in an OCI layout and else not at all
 * @throws ProaError EEXIST, DOCKER_UNREACHABLE, UNSUPPORTED_TRANSPORT, …
 */
export async function pushTransport(
  engine: Engine,
  image: string,
  { transport, path, member }: TransportName,
  packing?: Packing,
): Promise<void> {
  if (transport === 'containers-storage') {
    throw new ProaError(
      'UNSUPPORTED_TRANSPORT',
      `push to containers-storage:${path}: Podman's store is only read`,
      {
        hint: `proa save ${image} | podman load`,
      },
    );
  }
  const isLayout = transport === 'oci' || transport === 'oci-archive';
  if (packing !== undefined && !isLayout && transport !== 'dir') {
    throw new ProaError('CONFLICTING_OPTIONS', `push to ${transport}: its layers are not compressed`);
  }
  const named = transport === 'docker-daemon' ? path : isLayout ? undefined : member;
  const { openSave } = await import('./save.ts');
  await using save = await openSave(engine, {
    images: [image],
    format: FORMATS[transport],
    packing: packing ?? { compression: isLayout ? 'gzip' : 'none' },
    ...(named !== undefined && { name: parseReference(named) }),
    ...(isLayout && member !== undefined && { refName: member }),
  });
  if (transport === 'docker-daemon') {
    const { loadIntoDaemon } = await import('./docker-daemon.ts');
    await loadIntoDaemon(save.archive());
  } else if (transport === 'oci' || transport === 'dir') await save.writeFolder(path);
  else await save.writeFile(path);
}

function choose(images: readonly ArchivedImage[], path: string, member: string | undefined): ArchivedImage {
  if (member === undefined) {
    if (images.length === 1) return images[0]!;
    throw new ProaError('AMBIGUOUS', `pull ${path}: it holds ${images.length} images`, {
      hint: `Say which: ${describe(images)}`,
    });
  }
  const index = /^@(\d+)$/.exec(member)?.[1];
  const found =
    index === undefined
      ? images.find(
          ({ names, refName }) =>
            refName === member || names.some((name) => means(member, formatReference(name))),
        )
      : images[Number(index)];
  if (found !== undefined) return found;
  throw new ProaError('IMAGE_NOT_FOUND', `pull ${path}: it holds no image ${member}`, {
    hint: `It holds: ${describe(images)}`,
  });
}

function means(member: string, name: string): boolean {
  try {
    return formatReference(parseReference(member)) === name;
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return false;
    throw error;
  }
}

function describe(images: readonly ArchivedImage[]): string {
  return images
    .map(({ names, refName }, i) => refName ?? (names[0] === undefined ? `@${i}` : familiarName(names[0])))
    .join(', ');
}
