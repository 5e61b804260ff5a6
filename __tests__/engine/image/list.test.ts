import { writeFileSync } from 'node:fs';
import { imageHistory } from '../../../lib/engine/image/history.ts';
import { inspectImage } from '../../../lib/engine/image/inspect.ts';
import { type ListRequest, listNamedImages } from '../../../lib/engine/image/list.ts';
import { addImage } from './support/records.ts';
import { openTestEngine, type TestEngine } from './support/store.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;

function names({ engine }: TestEngine, request: Partial<ListRequest> = {}): string[] {
  const { images } = listNamedImages(engine, { filters: [], ...request });
  return images.map(({ repository = '-', tag = '-', digest }) => `${repository}:${tag}${digest ? '@' : ''}`);
}

async function someImages(): Promise<TestEngine> {
  const t = openTestEngine();
  const { engine } = t;
  await addImage(engine, { created: '2024-01-01T00:00:00Z', names: ['old'], labels: { a: '1' } });
  await addImage(engine, {
    created: '2024-03-01T00:00:00Z',
    names: ['app:1', 'quay.io/team/app:2'],
    labels: { a: '2' },
  });
  await addImage(engine, { created: '2024-02-01T00:00:00Z' });
  const digests = [`docker.io/library/bare@${DIGEST}`];
  await addImage(engine, { created: '2024-04-01T00:00:00Z', digests });
  return t;
}

test('a row a name, the newest image first; what has no name is there all the same', async () => {
  using t = await someImages();
  expect(names(t)).toEqual(['bare:-@', 'app:1', 'quay.io/team/app:2', '-:-', 'old:latest']);
});

test.each([
  ['app', ['app:1']],
  ['app:1', ['app:1']],
  ['app:2', []],
  ['docker.io/library/app', ['app:1']],
  ['quay.io/team/app', ['quay.io/team/app:2']],
  ['a*', ['app:1']],
  ['*/*/app', ['quay.io/team/app:2']],
  ['bare', ['bare:-@']],
])('images %s', async (match, expected) => {
  using t = await someImages();
  expect(names(t, { match })).toEqual(expected);
});

test.each([
  [['dangling=true'], ['bare:-@', '-:-']],
  [['dangling=false'], ['app:1', 'quay.io/team/app:2', 'old:latest']],
  [['label=a'], ['app:1', 'quay.io/team/app:2', 'old:latest']],
  [['label=a=1'], ['old:latest']],
  [['label=a', 'label=b'], []],
  [['before=app:1'], ['-:-', 'old:latest']],
  [['since=old'], ['bare:-@', 'app:1', 'quay.io/team/app:2', '-:-']],
  [['until=2024-01-15T00:00:00Z'], ['old:latest']],
  [
    ['reference=old', 'reference=*/team/app:*'],
    ['quay.io/team/app:2', 'old:latest'],
  ],
])('--filter %j', async (filters, expected) => {
  using t = await someImages();
  expect(names(t, { filters })).toEqual(expected);
});

test('filters that nobody knows are refused by name', async () => {
  using t = await someImages();
  for (const filter of ['colour=red', 'dangling=perhaps', 'label', 'until=soon']) {
    expect(() => names(t, { filters: [filter] })).toThrow(
      expect.objectContaining({ code: 'INVALID_FILTER', message: expect.stringContaining(filter) }),
    );
  }
  expect(() => names(t, { filters: ['before=nothing'] })).toThrow('No such image: nothing');
});

test('a broken record is told, and the others are listed', async () => {
  using t = await someImages();
  writeFileSync(`${t.engine.store.root}/images/names/broken.json`, 'no JSON');
  const { images, bad } = listNamedImages(t.engine, { filters: [] });
  expect(images).toHaveLength(5);
  expect(bad).toMatchObject([{ error: { code: 'CORRUPT_RECORD' } }]);
});

test('inspect has what templates ask for, set or not', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, {
    names: ['app'],
    layers: ['base', 'top'],
    digests: [`docker.io/library/app@${DIGEST}`],
  });
  const found = inspectImage(t.engine, 'app');
  expect(found).toMatchObject({
    Id: app.id,
    RepoTags: ['app:latest'],
    RepoDigests: [`app@${DIGEST}`],
    Created: '2024-05-01T12:00:00Z',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 2000,
    Config: { Cmd: ['sh'], Entrypoint: [], Labels: {}, ExposedPorts: {} },
    RootFS: { Type: 'layers', Layers: app.diffIds },
    Digest: app.manifest.digest,
    ManifestType: 'application/vnd.oci.image.manifest.v1+json',
  });
  const { LowerDir, UpperDir } = (found.GraphDriver as { Data: Record<string, string> }).Data;
  expect([LowerDir, UpperDir]).toEqual(
    app.diffIds.map((id) => `${t.engine.store.root}/layers/${id.slice(7)}/diff`),
  );
});

test('history goes from the last step back, with the size of each layer', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: ['app'], layers: ['base', 'top'] });
  expect(imageHistory(t.engine, 'app')).toMatchObject([
    { id: app.id, createdBy: 'step 1', size: 1000, tags: ['docker.io/library/app:latest'] },
    { createdBy: 'step 0', size: 1000, tags: [] },
  ]);
});
