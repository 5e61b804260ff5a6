/** Pushing a list, for `push` and for `manifest push`: Docker's lines, printed when it is there. */
import { writeFileSync } from 'node:fs';
import type { Engine } from '../../engine/engine.ts';
import { requireList } from '../../engine/manifest-list/list-record.ts';
import { type PushListRequest, pushList } from '../../engine/manifest-list/push.ts';
import { print, warn } from '../context.ts';

export interface PushListOutput {
  /** Only the digest. */
  quiet: boolean;
  digestfile: string | undefined;
}

export async function pushListNamed(
  engine: Engine,
  name: string,
  request: Omit<PushListRequest, 'list' | 'onEvent'>,
  { quiet, digestfile }: PushListOutput,
): Promise<void> {
  const lines: string[] = [];
  const { digest } = await pushList(engine, {
    ...request,
    list: requireList(engine.store, name),
    onEvent: (event) => {
      if (event.kind === 'warning') warn(`Warning: ${event.text}`);
      else lines.push(`Pushed ref ${event.name} with digest: ${event.digest}`);
    },
  });
  if (digestfile !== undefined) writeFileSync(digestfile, digest);
  await print(`${[...(quiet ? [] : lines), digest].join('\n')}\n`);
}

/** `--format`, as the engine calls it. */
export function manifestKind(format: string | undefined): 'docker' | 'oci' | undefined {
  return format === 'v2s2' ? 'docker' : (format as 'oci' | undefined);
}
