/** What options of podman change in a Dockerfile that is read: `--from` and `--env`. */
import type { Dockerfile, PairsInstruction, Stage } from '../../build/dockerfile/ast.ts';
import { invalidOption } from '../container/options/invalid.ts';

export interface Amendments {
  /** In the place of the image that the first FROM names. */
  readonly from: string | undefined;
  /** `NAME=VALUE`; a name alone takes the caller's variable. */
  readonly env: readonly string[];
  readonly target: string | undefined;
}

/** @throws ProaError INVALID_OPTION */
export function amendDockerfile(dockerfile: Dockerfile, { from, env, target }: Amendments): Dockerfile {
  if (from === undefined && env.length === 0) return dockerfile;
  const pairs = env.flatMap(readPair);
  const goal = targetIndex(dockerfile, target);
  const stages = dockerfile.stages.map((stage) => {
    const renamed = stage.index === 0 && from !== undefined ? withImage(stage, from) : stage;
    return stage.index === goal && pairs.length > 0 ? withEnv(renamed, pairs) : renamed;
  });
  return { ...dockerfile, stages };
}

/** An unknown target is told by the build itself. */
function targetIndex({ stages }: Dockerfile, target: string | undefined): number {
  if (target === undefined) return stages.length - 1;
  const named = stages.findLast(({ name }) => name === target.toLowerCase());
  return named?.index ?? Number(target);
}

function withImage(stage: Stage, image: string): Stage {
  const as = stage.from.as === undefined ? '' : ` AS ${stage.from.as}`;
  return { ...stage, from: { ...stage.from, image, text: `FROM ${image}${as}` } };
}

function withEnv(stage: Stage, pairs: PairsInstruction['pairs']): Stage {
  const text = `ENV ${pairs.map(({ name, value }) => `${name}=${value}`).join(' ')}`;
  const { lines } = stage.from;
  const env: PairsInstruction = { kind: 'ENV', keyword: 'ENV', comments: [], lines, text, pairs, old: false };
  return { ...stage, instructions: [env, ...stage.instructions] };
}

/** In quotes, as podman writes them: spaces are kept, and `$NAME` means what it means in the Dockerfile. */
function readPair(text: string): { name: string; value: string }[] {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === '') throw invalidOption('env', text, 'it has no name');
  const value = equals < 0 ? process.env[name] : text.slice(equals + 1);
  return value === undefined ? [] : [{ name, value: `"${value.replace(/["\\]/g, '\\$&')}"` }];
}
