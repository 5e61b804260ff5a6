/**
 * Images that are not in a registry (containers-transports(5)): `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME|:@INDEX]`, `dir:DIR`, and `docker-daemon:NAME` of a Docker that runs here.
 */
import { existsSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { familiarName, formatReference, parseReference } from '../../oci/model/reference.ts';
import type { ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import type { ArchivedImage } from './archived-image.ts';
import { type LoadRequest, loadImages } from './load.ts';
import { openSave, type SaveFormat } from './save.ts';

const FORMATS = {
  oci: 'oci-dir',
  'oci-archive': 'oci-archive',
  'docker-archive': 'docker-archive',
  dir: 'docker-dir',
  'docker-daemon': 'docker-archive',
} as const satisfies Record<string, SaveFormat>;

export interface TransportName {
  transport: keyof typeof FORMATS;
  /** A file or folder; for docker-daemon the image's name there. */
  path: string;
  /** What comes behind the path: which image of several. */
  member?: string;
}

const DOCKER_SOCKET = '/var/run/docker.sock';

/**
 * Takes a name apart.
 * @param options.exists only what is there counts, as `oci:latest` may be the name of an image
 * @returns undefined for a name of the ordinary kind
 * @throws ProaError UNSUPPORTED_TRANSPORT
 */
export function parseTransport(text: string, options: { exists: boolean }): TransportName | undefined {
  const [, transport, rest] = /^([a-z-]+):(?!\/\/)(.+)$/s.exec(text) ?? [];
  if (transport === 'containers-storage') {
    throw new ProaError('UNSUPPORTED_TRANSPORT', `use image ${text}: Podman's own store is not read`, {
      hint: `podman save ${rest} | proa load`,
    });
  }
  if (transport === undefined || !Object.hasOwn(FORMATS, transport)) return undefined;
  const kind = transport as TransportName['transport'];
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
  const input =
    transport === 'docker-daemon' ? { stream: await fromDaemon(path), name: `docker's ${path}` } : { path };
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

/** Takes an image out to such a place. @throws ProaError EEXIST, DOCKER_UNREACHABLE, … */
export async function pushTransport(
  engine: Engine,
  image: string,
  { transport, path, member }: TransportName,
): Promise<void> {
  const isLayout = transport === 'oci' || transport === 'oci-archive';
  const named = transport === 'docker-daemon' ? path : isLayout ? undefined : member;
  await using save = await openSave(engine, {
    images: [image],
    format: FORMATS[transport],
    ...(named !== undefined && { name: parseReference(named) }),
    ...(isLayout && member !== undefined && { refName: member }),
  });
  if (transport === 'docker-daemon') await intoDaemon(save.archive());
  else if (transport === 'oci' || transport === 'dir') await save.writeFolder(path);
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

/** Docker's Engine API: the archive that `docker save` prints. */
async function fromDaemon(name: string): Promise<AsyncIterable<Uint8Array>> {
  const answer = await askDocker(`/images/${encodeURIComponent(name)}/get`, {});
  return answer.body as AsyncIterable<Uint8Array>;
}

async function intoDaemon(archive: AsyncIterable<Uint8Array>): Promise<void> {
  // Bun streams what can be iterated over; the type knows only the web's own streams.
  const body = archive as unknown as RequestInit['body'];
  const answer = await askDocker('/images/load', {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar' },
    body,
  });
  const said = await answer.text();
  const error = /"error":"([^"]*)"/.exec(said)?.[1];
  if (error !== undefined) throw new ProaError('DOCKER_FAILED', `load into docker: ${error}`);
}

async function askDocker(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`http://docker${path}`, { ...init, unix: DOCKER_SOCKET } as RequestInit);
  } catch (cause) {
    throw new ProaError('DOCKER_UNREACHABLE', `ask docker: ${DOCKER_SOCKET}: ${messageOf(cause)}`, {
      hint: 'Is the Docker daemon running, and may you use its socket?',
      cause,
    });
  }
  if (answer.ok) return answer;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new ProaError(
    'DOCKER_FAILED',
    `ask docker for ${path}: ${message ?? `it answered ${answer.status}`}`,
  );
}
