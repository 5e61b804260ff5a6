/** `--call outline`: what the target can be given. */

import { BuildArgs } from '../../../build/dockerfile/args.ts';
import { expandFrom } from '../../../build/dockerfile/expand.ts';
import { type Outline, type OutlineMount, outlineOf } from '../../../build/dockerfile/outline.ts';
import { Stages } from '../../../build/dockerfile/stages.ts';
import { alignColumns } from '../../../cli/table.ts';
import type { BuildRequest } from '../../../engine/build/request.ts';
import { hostPlatform } from '../../../oci/model/platform.ts';
import { location, sourcesOf } from './document.ts';

/** @throws ProaError STAGE_NOT_FOUND, … */
export function readOutline({
  dockerfile,
  buildArgs,
  namedContexts,
  platforms,
  target,
}: BuildRequest): Outline {
  const args = new BuildArgs(dockerfile, buildArgs, platforms[0] ?? hostPlatform(), '').global;
  const stages = new Stages(dockerfile.stages, {
    base: ({ from }) => expandFrom(from, args).image,
    isContext: (name) => namedContexts.has(name.toLowerCase()),
  });
  const outline = outlineOf(dockerfile, stages, target);
  const given = outline.args.map((arg) => {
    const value = buildArgs.get(arg.name);
    return value === undefined ? arg : { ...arg, value };
  });
  return { ...outline, args: given };
}

export function outlineText({ name, description, args, secrets, ssh }: Outline): string {
  const head = [['TARGET:', name ?? '(last stage)']];
  if (description !== '') head.push(['DESCRIPTION:', description]);
  const parts = [alignColumns(head)];
  if (args.length > 0) {
    const rows = args.map(({ name: arg, value = '', description: about }) => [arg, value, about]);
    parts.push(alignColumns([['BUILD ARG', 'VALUE', 'DESCRIPTION'], ...rows]));
  }
  if (secrets.length > 0) parts.push(mountsText('SECRET', secrets));
  if (ssh.length > 0) parts.push(mountsText('SSH', ssh));
  return parts.join('\n');
}

function mountsText(title: string, mounts: readonly OutlineMount[]): string {
  return alignColumns([
    [title, 'REQUIRED'],
    ...mounts.map(({ id, required }) => [id, required ? 'true' : '']),
  ]);
}

/** The members of BuildKit's answer (`subrequests.outline`). */
export function outlineDocument(outline: Outline, dockerfile: BuildRequest['dockerfile']): object {
  const { name, description, args, secrets, ssh } = outline;
  const mount = ({ id, required, lines }: OutlineMount) => ({
    name: id,
    ...(required && { required }),
    location: location(lines),
  });
  return {
    ...(name !== undefined && { name }),
    ...(description !== '' && { description }),
    ...(args.length > 0 && {
      args: args.map(({ name: arg, value, description: about, lines }) => ({
        name: arg,
        ...(about !== '' && { description: about }),
        ...(value !== undefined && { value }),
        location: location(lines),
      })),
    }),
    ...(secrets.length > 0 && { secrets: secrets.map(mount) }),
    ...(ssh.length > 0 && { ssh: ssh.map(mount) }),
    sources: sourcesOf(dockerfile),
  };
}
