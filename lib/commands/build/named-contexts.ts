/** `--build-context NAME=…`: what FROM and --from know by a name besides stages and images. */
import type { BuildContext } from '../../engine/build/request.ts';
import type { Engine } from '../../engine/engine.ts';
import { invalidOption } from '../container/options/invalid.ts';
import { absolute } from './options/source.ts';

/**
 * Opens them all; temporary folders go with `resources`.
 * @throws ProaError INVALID_OPTION, CONTEXT_NOT_FOUND, …
 */
export async function openNamedContexts(
  engine: Engine,
  texts: readonly string[],
  resources: AsyncDisposableStack,
): Promise<Map<string, BuildContext>> {
  const contexts = new Map<string, BuildContext>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals)).toLowerCase();
    const place = text.slice(equals + 1);
    if (name === '' || place === '')
      throw invalidOption(
        'build-context',
        text,
        'not of the form NAME=CONTEXT',
        'For example --build-context assets=../assets',
      );
    contexts.set(name, imageContext(place) ?? (await openFolder(engine, name, place, resources)));
  }
  return contexts;
}

function imageContext(place: string): BuildContext | undefined {
  const [, kind, rest = ''] = /^(docker-image|container-image|oci-layout):(?:\/\/)?(.+)$/.exec(place) ?? [];
  if (kind === undefined) return undefined;
  if (kind !== 'oci-layout') return { kind: 'image', reference: rest.replace(/^docker:\/\//, '') };
  // `DIR`, `DIR:TAG` or `DIR@DIGEST`: the last is named by its digest in the layout.
  const [, folder = rest, tag] = /^(.+?)(?::([^/:]+)|@.+)?$/.exec(rest) ?? [];
  return { kind: 'image', reference: `oci:${absolute(folder)}${tag === undefined ? '' : `:${tag}`}` };
}

async function openFolder(
  engine: Engine,
  name: string,
  place: string,
  resources: AsyncDisposableStack,
): Promise<BuildContext> {
  const { openNamedContext } = await import('../../engine/build/context.ts');
  return resources.use(await openNamedContext(engine, name, place)).context;
}
