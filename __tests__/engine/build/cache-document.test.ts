import {
  cacheConfig,
  readSharedSteps,
  type SharedStep,
  stepsToShare,
  withInlineCache,
} from '../../../lib/engine/build/cache-document.ts';
import type { Digest } from '../../../lib/oci/model/digest.ts';
import { parseImageConfig, serializeImageConfig } from '../../../lib/oci/model/image-config.ts';

const layer = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const step = (letter: string, diffId?: Digest): SharedStep => ({
  key: letter.repeat(64),
  ...(diffId && { diffId }),
  created: '2026-01-02T03:04:05Z',
  description: `[1/2] RUN ${letter}`,
  type: 'regular',
});
const STEPS = [step('c', layer('1')), step('a', layer('2')), step('b')];
const RESULTS = new Set([layer('1')]);

test('all steps, or those whose layers the results have, in an order that is always the same', () => {
  expect(stepsToShare(STEPS, RESULTS, 'max').map(({ key }) => key[0])).toEqual(['a', 'b', 'c']);
  expect(stepsToShare(STEPS, RESULTS, 'min').map(({ key }) => key[0])).toEqual(['b', 'c']);
});

test('a cache is an image with the steps’ layers, each once, and comes back as it was', () => {
  const steps = stepsToShare([...STEPS, step('d', layer('1'))], RESULTS, 'max');
  const bytes = serializeImageConfig(cacheConfig(steps));
  const config = parseImageConfig(bytes);
  expect(config.rootfs.diff_ids).toEqual([layer('2'), layer('1')]);
  expect(readSharedSteps(config)).toEqual(steps);
  expect(serializeImageConfig(cacheConfig([...steps]))).toEqual(bytes);
});

test('an image keeps what else it says', () => {
  const { history, ...rest } = cacheConfig([]);
  const config = {
    ...rest,
    history,
    rootfs: { type: 'layers' as const, diff_ids: [layer('1')] },
    other: { mine: 1 },
  };
  const shared = parseImageConfig(serializeImageConfig(withInlineCache(config, [step('c', layer('1'))])));
  expect(shared.other).toMatchObject({ mine: 1 });
  expect(readSharedSteps(shared)).toHaveLength(1);
  expect(readSharedSteps(config)).toEqual([]);
});

test.each<[string, unknown, RegExp]>([
  ['no list', {}, /no list of steps/],
  ['no key', { steps: [{ ...step('a'), key: '../x' }] }, /a step has no key/],
  ['nothing', { steps: [null] }, /a step has no key/],
  ['a layer that is not there', { steps: [step('a', layer('9'))] }, /a layer that the image has not/],
  ['no digest', { steps: [{ ...step('a'), diffId: '../../x' }] }, /a layer that the image has not/],
  ['no time', { steps: [{ ...step('a'), created: 'x' }] }, /has no time/],
  ['an unknown type', { steps: [{ ...step('a'), type: 'what' }] }, /of no known type/],
])('what somebody else wrote is refused: %s', (_, member, why) => {
  const config = { ...cacheConfig([]), other: { 'proa.build.cache.v1': member } };
  expect(() => readSharedSteps(config)).toThrow(why);
});
