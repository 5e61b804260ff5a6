import { parseAnnotation } from '../../../lib/engine/imagetools/annotations.ts';

test.each([
  ['index:a=b', [{ type: 'index', key: 'a', value: 'b' }]],
  ['index:a=b=c:d', [{ type: 'index', key: 'a', value: 'b=c:d' }]],
  ['manifest-descriptor:a=', [{ type: 'manifest-descriptor', key: 'a', value: '' }]],
  [
    'manifest-descriptor[linux/arm64/v8]:a=b',
    [{ type: 'manifest-descriptor', platform: 'linux/arm64', key: 'a', value: 'b' }],
  ],
  [
    'index,manifest-descriptor:org.example.x=y',
    [
      { type: 'index', key: 'org.example.x', value: 'y' },
      { type: 'manifest-descriptor', key: 'org.example.x', value: 'y' },
    ],
  ],
])('%s', (text, expected) => {
  expect(parseAnnotation(text)).toEqual(expected);
});

test.each([
  ['index:a', 'it is not KEY=VALUE'],
  ['=b', 'it is not KEY=VALUE'],
  ['a=b', 'the manifests exist already'],
  ['manifest:a=b', 'the manifests exist already'],
  ['index-descriptor:a=b', 'the manifests exist already'],
  ['manifest-descriptor[nonsense/a/b/c]:a=b', 'invalid platform'],
])('%s is refused', (text, why) => {
  expect(() => parseAnnotation(text)).toThrow(why);
});
