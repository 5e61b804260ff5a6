import type { Digest } from '../../lib/oci/model/digest.ts';
import { lowerDirs } from '../../lib/storage/layers.ts';
import type { Store } from '../../lib/storage/store.ts';

test('topmost first, and of a layer that an image has twice the topmost: overlayfs takes no folder twice', () => {
  const [a, b] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}` as Digest) as [Digest, Digest];
  const store = { root: '/r' } as Store;
  const dir = (id: Digest): string => `/r/layers/${id.slice('sha256:'.length)}/diff`;
  expect(lowerDirs(store, [a, b])).toEqual([dir(b), dir(a)]);
  expect(lowerDirs(store, [a, b, a])).toEqual([dir(a), dir(b)]);
});
