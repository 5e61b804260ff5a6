/** `--all-platforms`: what the base image is there for. */

import { BuildArgs } from '../../build/dockerfile/args.ts';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import { expandFrom } from '../../build/dockerfile/expand.ts';
import { ProaError } from '../../core/error.ts';
import { hostPlatform, normalizePlatform, type Platform } from '../../oci/model/platform.ts';
import type { Engine } from '../engine.ts';
import { candidatesOf } from '../manifest-list/candidates.ts';
import type { BuildRequest } from './request.ts';

/**
 * Asks what lists the image of the first FROM that names one: the store, or its registry.
 * @throws ProaError CONFLICTING_OPTIONS when there is none; the registry's
 */
export async function basePlatforms(
  engine: Engine,
  dockerfile: Dockerfile,
  { buildArgs, registry = {} }: Pick<BuildRequest, 'buildArgs' | 'registry'>,
): Promise<Platform[]> {
  const args = new BuildArgs(dockerfile, buildArgs, hostPlatform(), '').global;
  const images = dockerfile.stages.map(({ from }) => expandFrom(from, args).image);
  const image = images.find((name) => name !== 'scratch' && !isStage(dockerfile, name));
  if (image === undefined)
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      'build for all platforms: no FROM names an image that could say which',
      {
        hint: 'Name them: --platform linux/amd64,linux/arm64',
      },
    );
  const entries = await candidatesOf(engine, image, { all: true, registry });
  const platforms = entries.flatMap(({ platform }) =>
    // Attestations stand in an index as what is for no platform.
    platform === undefined || platform.os === 'unknown' ? [] : [normalizePlatform(platform)],
  );
  return [...new Map(platforms.map((platform) => [JSON.stringify(platform), platform])).values()];
}

function isStage({ stages }: Dockerfile, name: string): boolean {
  return stages.some((stage) => stage.name === name.toLowerCase());
}
