import { readOutputs } from '../../../../lib/commands/build/options/output.ts';
import { readAnnotations } from '../../../../lib/commands/build/options/result.ts';

const read = (outputs: string[], more: { tags?: string[]; push?: boolean; load?: boolean } = {}) =>
  readOutputs(
    { outputs, tags: [], push: false, load: false, registry: {}, signing: undefined, ...more },
    readAnnotations([]),
  );
const kinds = (outputs: string[], more: object = {}) => read(outputs, more).outputs;

test('without a word it becomes an image here, under its names', () => {
  expect(kinds([], { tags: ['app:1'] })).toMatchObject([
    { kind: 'image', store: true, push: false, names: [{ repository: 'library/app', tag: '1' }] },
  ]);
  expect(kinds([], { tags: ['app'], push: true })).toMatchObject([{ kind: 'image', push: true }]);
});

test('files alone make no image; --load adds it', () => {
  expect(kinds(['/out'])).toEqual([{ kind: 'folder', target: '/out' }]);
  expect(kinds(['/out'], { load: true })).toMatchObject([{ kind: 'folder' }, { kind: 'image' }]);
  expect(kinds(['type=local,dest=/a,platform-split=false,mode=delete'])).toEqual([
    { kind: 'folder', target: '/a', platformSplit: false, replace: true },
  ]);
  expect(kinds(['dest=/a'])).toEqual([{ kind: 'folder', target: '/a' }]);
  expect(kinds(['-'])).toEqual([{ kind: 'tar', target: 1 }]);
  expect(kinds(['type=tar,dest=rel.tar'])).toEqual([{ kind: 'tar', target: `${process.cwd()}/rel.tar` }]);
  expect(kinds(['type=cacheonly'])).toEqual([]);
});

test('archives and images take compression, names and places', () => {
  expect(
    kinds(['type=oci,dest=/o,tar=false,compression=zstd,compression-level=3,"name=a:1,b:2"']),
  ).toMatchObject([
    {
      kind: 'archive',
      format: 'oci',
      target: '/o',
      asFolder: true,
      names: [{ tag: '1' }, { tag: '2' }],
      packing: { compression: 'zstd', level: 3 },
    },
  ]);
  expect(kinds(['type=docker'], { tags: ['x'] })).toMatchObject([
    { kind: 'image', store: true, push: false },
  ]);
  expect(
    kinds(['type=registry,registry.insecure=true,store=false,force-compression'], { tags: ['x'] }),
  ).toMatchObject([
    { kind: 'image', push: true, store: false, registry: { tlsVerify: false }, packing: { force: true } },
  ]);
  expect(kinds(['type=image,push-by-digest=true,name=r.io/a,push=true'])).toMatchObject([
    { pushByDigest: true, push: true, names: [{ registry: 'r.io', repository: 'a' }] },
  ]);
});

test('annotations of an output and of --annotation, each in its place', () => {
  const text = 'type=image,annotation.a=1,annotation-index.b=2,annotation-manifest[linux/arm64].c=3';
  expect(read([text]).annotations).toEqual({
    manifest: [
      { key: 'a', value: '1' },
      { key: 'c', value: '3', platform: { os: 'linux', architecture: 'arm64' } },
    ],
    descriptor: [],
    index: { b: '2' },
    indexDescriptor: {},
  });
  const said = [
    'a=1',
    'index,manifest[linux/arm64]:b=x:y',
    'index-descriptor:c=',
    'manifest-descriptor:d=4',
    'gone=1',
  ];
  expect(readAnnotations(said, ['gone'])).toEqual({
    manifest: [
      { key: 'a', value: '1' },
      { key: 'b', value: 'x:y', platform: { os: 'linux', architecture: 'arm64' } },
    ],
    descriptor: [{ key: 'd', value: '4' }],
    index: { b: 'x:y' },
    indexDescriptor: { c: '' },
  });
});

test.each([
  ['type=oci', 'dest is required'],
  ['type=what,dest=x', 'unsupported type "what"'],
  ['', 'it says nothing'],
  ['type=local,dest=-', 'stdout is no folder'],
  ['type=tar,dest=x,compression=gzip', 'unexpected key "compression"'],
  ['type=oci,dest=x,compression=estargz', 'unsupported compression'],
  ['type=oci,dest=x,tar=maybe', 'neither true nor false'],
  ['type=local,dest=x,mode=move', 'neither copy nor delete'],
  ['type=local,dest="x', 'quote'],
])('%s', (text, why) => {
  expect(() => read([text])).toThrow(why);
});
