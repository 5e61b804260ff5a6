/**
 * The image of a container to be. On the path of every `run`: when the image is here, its name's record and its own are
 * all that is read, and nothing of the registry is loaded.
 */
import { ProaError } from '../../core/error.ts';
import { formatPlatform, hostPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { findImage, findRecord, type ImageRecord } from '../../storage/images.ts';
import { chooseEntry } from '../../storage/list-entry.ts';
import type { Engine } from '../engine.ts';
import type { PullEvent, PulledImage } from './pull.ts';
import { noSuchImage, wrongPlatform } from './require-image.ts';
import type { NameDialog } from './short-name.ts';

/** `newer` pulls when the registry has another image under the name, and takes what is here when it cannot be asked. */
export type PullPolicy = 'missing' | 'always' | 'never' | 'newer';

export interface ResolveOptions {
  /** --platform: an image of another one counts as missing. */
  platform?: Platform | undefined;
  registry?: RegistryOptions;
  /** --signature-policy: for what is not here and has to come in. */
  policyFile?: string | undefined;
  signal?: AbortSignal;
  /** Called before a pull begins, for who wants to tell about it. `missing`: the name, told once, of what is not here. */
  onPull?: (reference: Reference, missing: string | undefined) => Promise<PullObserver>;
  /** For short names that registries.conf leaves open. */
  dialog?: NameDialog;
}

/** Who tells about a pull. Disposed when the pull is over, well or not. */
export interface PullObserver extends Disposable {
  event(event: PullEvent): void;
  /** Called when the image is there. */
  end(pulled: PulledImage): Promise<void>;
}

/**
 * Finds an image by name or id and pulls it as the policy says.
 * @throws ProaError IMAGE_NOT_FOUND with `never`, or what pullImage throws
 */
export async function resolveOrPull(
  engine: Engine,
  text: string,
  policy: PullPolicy,
  options: ResolveOptions = {},
): Promise<ImageRecord> {
  const { platform } = options;
  if (TRANSPORT.test(text)) {
    const image = await fromTransport(engine, text, options);
    if (image !== undefined) return image;
  }
  const name = text.replace(/^docker:\/\//, '');
  const present = findImage(engine.store, name, platform) ?? (await findResolved(engine, name, platform));
  const suits = present !== undefined && isFor(present, platform);
  if (suits && (policy === 'missing' || policy === 'never')) return present;
  if (policy === 'never')
    throw present === undefined ? noSuchImage(text) : wrongPlatform(text, present, platform!);
  // An id names content, and no registry can be asked for it; nor for what only a list of this store has.
  if (suits && (isId(text, present) || isOnlyListed(engine, text, present))) return present;
  try {
    return await pull(engine, name, platform, present === undefined, options);
  } catch (error) {
    if (policy === 'newer' && suits) return present;
    throw error;
  }
}

/** Looked at before transport.ts is loaded. */
const TRANSPORT = /^(?:oci|dir|docker-daemon|containers-storage|(?:oci|docker)-archive):/;

async function fromTransport(
  engine: Engine,
  text: string,
  options: ResolveOptions,
): Promise<ImageRecord | undefined> {
  const { parseTransport, pullTransport } = await import('./transport.ts');
  const place = parseTransport(text, { exists: true });
  return place && pullTransport(engine, place, options);
}

/** What registries.conf says that a short name means may be here under its full name. */
async function findResolved(
  engine: Engine,
  name: string,
  platform: Platform | undefined,
): Promise<ImageRecord | undefined> {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return undefined;
  // A list of this store is what is meant, even if none of its images is here.
  if (findRecord(engine.store, name) !== undefined) return undefined;
  const { resolveName } = await import('./short-name.ts');
  const { references, by } = await resolveName(name);
  if (by === undefined) return undefined;
  for (const reference of references) {
    const image = findImage(engine.store, formatReference(reference), platform);
    if (image !== undefined) return image;
  }
  return undefined;
}

async function pull(
  engine: Engine,
  text: string,
  platform: Platform | undefined,
  missing: boolean,
  options: ResolveOptions,
): Promise<ImageRecord> {
  const [{ pullImage }, { pullAny, resolveName }] = await Promise.all([
    import('./pull.ts'),
    import('./short-name.ts'),
  ]);
  const listed = inList(engine, text, platform);
  const candidates =
    listed === undefined
      ? await resolveName(text)
      : { references: [listed], ambiguous: false, enforced: false };
  let untold = missing ? text : undefined;
  return pullAny(candidates, options.dialog ?? {}, async (reference, shortName) => {
    using observer = await options.onPull?.(reference, untold);
    untold = undefined;
    const pulled = await pullImage(engine, {
      reference,
      ...(shortName !== undefined && { shortName }),
      platform,
      registry: options.registry ?? {},
      policyFile: options.policyFile,
      signal: options.signal,
      onEvent: observer && ((event) => observer.event(event)),
    });
    await observer?.end(pulled);
    return pulled.image;
  });
}

function isOnlyListed({ store }: Engine, text: string, image: ImageRecord): boolean {
  const list = text.includes('://') ? undefined : findRecord(store, text)?.list;
  return list?.entries.some((entry) => entry.image === image.id && entry.repository === undefined) ?? false;
}

/** Where to pull the image from that a list of this store has for the platform; undefined for what is no list. */
function inList({ store }: Engine, text: string, platform = hostPlatform()): Reference | undefined {
  const list = text.includes('://') ? undefined : findRecord(store, text)?.list;
  if (list === undefined) return undefined;
  const entry = chooseEntry(list, platform);
  if (entry?.repository !== undefined) return parseReference(`${entry.repository}@${entry.digest}`);
  const why =
    entry === undefined
      ? `it has no image for ${formatPlatform(platform)}`
      : `its image ${entry.ref} is not here`;
  throw new ProaError('IMAGE_NOT_FOUND', `use manifest list ${text}: ${why}`, {
    hint: `See what it lists: proa manifest inspect ${text}`,
  });
}

function isFor({ os, architecture, variant }: ImageRecord, platform: Platform | undefined): boolean {
  return platform === undefined || matchPlatform(platform, [{ os, architecture, variant }]) !== undefined;
}

function isId(text: string, image: ImageRecord): boolean {
  const hex = text.replace(/^sha256:/, '');
  return /^[0-9a-f]+$/.test(hex) && image.id.startsWith(`sha256:${hex}`);
}
