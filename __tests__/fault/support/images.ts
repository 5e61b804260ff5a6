/** Images that take a moment to pull, so that there is something to interrupt. */
import { type BuiltImage, buildImage, tarOf } from '../../e2e/support/image.ts';

export interface SlowImageOptions {
  layers?: number;
  /** In each layer. */
  files?: number;
  /** Bytes in each file; random ones, so that compression leaves most of them. */
  size?: number;
}

/** A fresh image of layers with many files. */
export function slowImage(options: SlowImageOptions = {}): BuiltImage {
  const { layers = 3 } = options;
  return buildImage(
    Array.from({ length: layers }, (_, layer) => ({ tar: slowTar(`layer${layer}`, options) })),
  );
}

/** One such layer. */
export function slowTar(name: string, { files = 200, size = 6_000 }: SlowImageOptions = {}): Buffer {
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array((size * 3) / 4))).toString('base64');
  const paths = Array.from({ length: files }, (_, i) => [`${name}/folder${i % 20}/file${i}`, noise()]);
  return tarOf(Object.fromEntries(paths));
}
