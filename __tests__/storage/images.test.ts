import { writeFileSync } from 'node:fs';
import { type Digest, sha256Digest } from '../../lib/oci/model/digest.ts';
import { parseReference } from '../../lib/oci/model/reference.ts';
import {
  type BadRecord,
  findImage,
  type ImageRecord,
  listImages,
  listNames,
  namesOf,
  putImage,
  putName,
  removeImageRecord,
  removeName,
  removeRepoDigests,
  requireImage,
} from '../../lib/storage/images.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const id = (start: string): Digest => `sha256:${start.padEnd(64, '0')}` as Digest;

function add(image: Digest, names: string[] = [], repoDigests: string[] = []): ImageRecord {
  const manifest = { digest: sha256Digest('m'), mediaType: 'application/json', size: 1 };
  const platform = { os: 'linux', architecture: 'amd64' };
  for (const name of names) putName(records.store, parseReference(name), image);
  return putImage(records.store, {
    version: 1,
    id: image,
    manifest,
    diffIds: [],
    size: 0,
    ...platform,
    repoDigests,
  });
}
const find = (text: string): Digest | undefined => findImage(records.store, text)?.id;

test('a name is found in each of its spellings, an id by its prefix, and a name wins over an id', () => {
  add(id('ab12'), ['web', 'ab13', 'localhost:5000/a/b:v1']);
  add(id('ab13'));
  const spellings = [
    'web',
    'web:latest',
    'library/web',
    'docker.io/library/web:latest',
    'localhost:5000/a/b:v1',
  ];
  expect(spellings.map(find)).toEqual(spellings.map(() => id('ab12')));
  expect([find('ab12'), find('sha256:ab12'), find(id('ab12')), find(id('ab12').slice(7))]).toEqual(
    Array(4).fill(id('ab12')),
  );
  expect([find('ab13'), find('sha256:ab13')]).toEqual([id('ab12'), id('ab13')]);
  expect([find('web:other'), find('ab14'), find('webx'), find(id('ff'))]).toEqual(Array(4).fill(undefined));
  expect(() => find('ab1')).toThrow(
    expect.objectContaining({ code: 'AMBIGUOUS', message: expect.stringMatching(/ab12.*ab13|ab13.*ab12/) }),
  );
  expect(() => requireImage(records.store, 'nope')).toThrow(
    expect.objectContaining({ code: 'IMAGE_NOT_FOUND', hint: 'proa pull nope' }),
  );
});

test('a digest of its registry finds it, and every pull adds to what is known', () => {
  const [one, two] = ['1', '2'].map((text) => `docker.io/library/web@${sha256Digest(text)}`) as [
    string,
    string,
  ];
  add(id('a'), [], [one]);
  const image = add(id('a'), [], [two, one]);
  expect(image.repoDigests).toEqual([one, two]);
  expect(find(`web@${sha256Digest('2')}`)).toBe(id('a'));
  expect(find(`other@${sha256Digest('2')}`)).toBeUndefined();
  removeRepoDigests(records.store, image, [two]);
  expect(find(`web@${sha256Digest('2')}`)).toBeUndefined();
  expect(find(`web@${sha256Digest('1')}`)).toBe(id('a'));
});

test('names move, go, and are listed by image', () => {
  add(id('a'), ['other', 'moved']);
  add(id('b'), ['moved']);
  expect(namesOf(records.store, id('a'))).toEqual(['docker.io/library/other:latest']);
  removeName(records.store, 'docker.io/library/other:latest');
  expect(listNames(records.store).map(({ name, image }) => [name, image])).toEqual([
    ['docker.io/library/moved:latest', id('b')],
  ]);
  removeImageRecord(records.store, id('b'));
  expect(find('moved')).toBeUndefined(); // the name leads nowhere
});

test('a bad record is set apart; a write that a crash cut off is none', () => {
  add(id('a'));
  const folder = `${records.root}/images/by-id`;
  writeFileSync(`${folder}/${'b'.repeat(64)}.json`, 'torn');
  writeFileSync(`${folder}/${'c'.repeat(64)}.json.new`, 'torn');
  const bad: BadRecord[] = [];
  expect(listImages(records.store, bad).map((image) => image.id)).toEqual([id('a')]);
  expect(bad.map(({ file }) => file)).toEqual([`${folder}/${'b'.repeat(64)}.json`]);
  expect(() => listImages(records.store)).toThrow(expect.objectContaining({ code: 'CORRUPT_RECORD' }));
});
