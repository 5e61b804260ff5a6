/** Which image a name means, pulling it when the policy says so. On the path of every `run`. */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { findImage, type ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import type { PullEvent } from './pull.ts';

export type PullPolicy = 'missing' | 'always' | 'never' | 'newer';

export interface ResolveOptions {
  /** OS/ARCH[/VARIANT], as --platform takes it. */
  platform?: string;
  registry?: RegistryOptions;
  onEvent?: (event: PullEvent) => void;
}

/**
 * The image of a name, an id or an id prefix.
 * @throws ProaError IMAGE_NOT_FOUND when it is not here and `never` forbids pulling; what pullImage throws
 */
export async function resolveOrPull(
  engine: Engine,
  name: string,
  policy: PullPolicy,
  options: ResolveOptions = {},
): Promise<ImageRecord> {
  using _ = span('resolve image');
  const present = findImage(engine.store, name);
  const suits = present !== undefined && (options.platform === undefined || isFor(present, options.platform));
  if (suits && (policy === 'missing' || policy === 'never')) return present;
  if (policy === 'never') {
    throw new ProaError('IMAGE_NOT_FOUND', `find image ${name}: no such image, and --pull=never`, {
      hint: `proa pull ${name}`,
    });
  }
  const [{ pullImage }, { parseReference }, { parsePlatform }] = await Promise.all([
    import('./pull.ts'),
    import('../../oci/model/reference.ts'),
    import('../../oci/model/platform.ts'),
  ]);
  try {
    const { image } = await pullImage(engine, {
      reference: parseReference(name),
      platform: options.platform === undefined ? undefined : parsePlatform(options.platform),
      registry: options.registry ?? {},
      onEvent: options.onEvent,
    });
    return image;
  } catch (error) {
    // `newer` is content with what is here when the registry has no answer.
    if (policy === 'newer' && suits) return present;
    throw error;
  }
}

/** A variant is compared only when it was asked for. */
function isFor(image: ImageRecord, platform: string): boolean {
  const [os, architecture, variant] = platform.toLowerCase().split('/');
  if (image.os !== os) return false;
  return image.architecture === architecture && (variant === undefined || image.variant === variant);
}
