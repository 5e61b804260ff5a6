/**
 * A new layer of what is on this machine: its members are written as a tar, and that is read again into the layer's
 * folder and recipe, chunk by chunk in memory. So the layer is exactly what unpacking its archive elsewhere gives, and its
 * diff id is of the bytes that save and push will rebuild.
 *
 * Unlike an archive from outside it needs no process of its own: what could be hostile in it are names and links that a
 * container made, and the extractor follows none of them (folders.ts).
 */
import { close, O, open } from '../../core/sys/file.ts';
import type { AttributeOptions } from './attributes.ts';
import { Extractor, type ExtractResult } from './extract.ts';
import { TarReader } from './reader.ts';
import { RecipeWriter } from './recipe.ts';
import type { Member } from './walk.ts';
import { writeTar } from './write.ts';

export interface NewLayer extends ExtractResult {
  /** `sha256:HEX` of the tar. */
  diffId: string;
  /** Bytes of the tar. */
  plainSize: number;
}

/** Milliseconds for which the thread is kept from other work (a spinner, a signal). */
const SLICE = 50;

/**
 * @param target an existing, empty folder
 * @param recipe a file to create
 * @throws ProaError with an errno's name; HOSTILE_ARCHIVE for a name that no layer can have (`.wh.`)
 */
export async function makeLayer(
  members: Iterable<Member>,
  target: string,
  recipe: string,
  attributes: AttributeOptions,
): Promise<NewLayer> {
  using resources = new DisposableStack();
  const recipeFd = open(recipe, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
  resources.defer(() => close(recipeFd));
  const writer = new RecipeWriter(recipeFd, recipe);
  const rootFd = open(target, O.RDONLY | O.DIRECTORY);
  const extractor = resources.use(new Extractor(rootFd, { ...attributes, recipe: writer }));
  const reader = new TarReader(extractor);
  const hasher = new Bun.CryptoHasher('sha256');
  let plainSize = 0;
  let rested = performance.now();
  for (const chunk of writeTar(members)) {
    hasher.update(chunk);
    reader.write(chunk);
    plainSize += chunk.length;
    if (performance.now() - rested < SLICE) continue;
    await Bun.sleep(0);
    rested = performance.now();
  }
  reader.end();
  const result = extractor.finish();
  writer.finish();
  return { ...result, diffId: `sha256:${hasher.digest('hex')}`, plainSize };
}
