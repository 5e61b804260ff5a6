// `artifact`: files in the store and in a real registry; skopeo reads the store's layout.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { describeAs } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const SHA = /^[0-9a-f]{64}$/;

describeAs(['root', 'user'], (machine) => {
  const NAME = 'quay.io/team/model:1.0';
  let folder: string;
  const artifact = (...words: string[]) => machine.proa('artifact', ...words);
  const ok = (...words: string[]) => machine.ok('artifact', ...words);
  const file = (name: string, content: string): string => {
    writeFileSync(`${folder}/${name}`, content, { mode: 0o644 });
    return `${folder}/${name}`;
  };
  const blobs = () => readdirSync(`${machine.root}/artifacts/blobs/sha256`);
  beforeAll(async () => {
    folder = await machine.makeFolder('artifact');
  });
  afterEach(() => ok('rm', '--all'));

  test('add, append, ls, inspect, extract, rm', async () => {
    const [text, page] = [file('a.txt', 'some text\n'), file('page.html', '<html><p>')];
    const first = await ok('add', '--type', 'application/x.tests', '--annotation', 'k=v=w', NAME, text, page);
    expect(first).toMatch(SHA);
    const added = await ok('add', '--append', '--file-type', 'x/own', NAME, file('b.bin', '\0\x01'));
    expect(added).not.toBe(first);
    const { Manifest, Name, Digest, TotalSizeBytes } = JSON.parse(await ok('inspect', NAME));
    expect({ Name, Digest, TotalSizeBytes }).toEqual({
      Name: NAME,
      Digest: `sha256:${added}`,
      TotalSizeBytes: 21,
    });
    expect(Manifest.artifactType).toBe('application/x.tests');
    const TITLE = 'org.opencontainers.image.title';
    expect(
      Manifest.layers.map((layer: { mediaType: string; annotations: object }) => [
        layer.mediaType,
        layer.annotations,
      ]),
    ).toEqual([
      ['text/plain; charset=utf-8', { [TITLE]: 'a.txt', k: 'v=w' }],
      ['text/html; charset=utf-8', { [TITLE]: 'page.html', k: 'v=w' }],
      ['x/own', { [TITLE]: 'b.bin' }],
    ]);
    expect(await ok('inspect', '--format', '{{.Digest}}', added.slice(0, 9))).toBe(`sha256:${added}`);

    const listed = await ok('ls');
    expect(listed.split('\n')[0]).toMatch(/^REPOSITORY +TAG +DIGEST +CREATED +SIZE/);
    expect(listed.split('\n')[1]).toMatch(
      new RegExp(`^quay.io/team/model +1.0 +${added.slice(0, 12)} +\\S.* ago +21B`),
    );
    expect(await ok('ls', '--noheading', '--no-trunc', '--format', 'table {{.Digest}}')).toBe(added);
    expect(await machine.ok('images', '-q', 'quay.io/team/model')).toBe('');
    if (Bun.which('skopeo') !== null) {
      const raw = await collect(['skopeo', 'inspect', '--raw', `oci:${machine.root}/artifacts:${NAME}`]);
      expect(JSON.parse(raw.out)).toEqual(Manifest);
    }

    const target = await machine.makeFolder('extracted');
    await ok('extract', NAME, target);
    expect(readdirSync(target).sort()).toEqual(['a.txt', 'b.bin', 'page.html']);
    expect(readFileSync(`${target}/a.txt`, 'utf8')).toBe('some text\n');
    await ok('extract', '--title=page.html', NAME, `${target}/one`);
    expect(readFileSync(`${target}/one`, 'utf8')).toBe('<html><p>');
    const { digest } = Manifest.layers[0];
    await ok('extract', '--digest', digest, NAME, target);
    expect(readFileSync(`${target}/${digest.replace(':', '-')}`, 'utf8')).toBe('some text\n');

    // What the append left over is gone, and with the last artifact all of it.
    expect(blobs()).toHaveLength(5);
    expect(blobs()).not.toContain(first);
    expect(await ok('rm', NAME)).toBe(added);
    expect(blobs()).toEqual([]);
  });

  test('two artifacts share a file, and each goes alone', async () => {
    const shared = file('shared', 'both');
    await ok('add', 'one', shared);
    const second = await ok('add', 'two', shared, file('own', 'two alone'));
    await ok('rm', 'one');
    expect(await ok('ls', '--format={{.Repository}}')).toBe('docker.io/library/two');
    const target = await machine.makeFolder('shared-out');
    await ok('extract', '--title=shared', 'two', target);
    expect(readFileSync(`${target}/shared`, 'utf8')).toBe('both');
    const replaced = await ok('add', '--replace', 'two', file('new', 'another'));
    expect(replaced).not.toBe(second);
    expect(blobs()).toHaveLength(3);
  });

  test('refusals say what, and change nothing', async () => {
    const some = file('a', 'a');
    await ok('add', NAME, some);
    const before = await machine.disk();
    const refusals: [string[], RegExp][] = [
      [['add', NAME, some], /artifact already exists\n.*--append.*--replace/],
      [['add', '--append', NAME, some], /a: file already exists in artifact/],
      [['add', '--append', 'quay.io/none', some], /artifact does not exist/],
      [['add', '--append', '--type=x/y', NAME, some], /--append cannot be used with --type/],
      [['add', '--annotation=nothing', 'quay.io/x', some], /not KEY=VALUE/],
      [['add', 'quay.io/x', some, `${folder}/none`], /none.*no such file/],
      [['add', 'quay.io/x', folder], /no regular file/],
      [['add', 'quay.io/X', some], /lower case/],
      [['extract', '--title=b', NAME, folder], /no file with the title "b"\nIt has: a/],
      [['extract', '--title=b', '--digest=c', NAME, folder], /--digest cannot be used/],
      [['rm', 'none'], /none: artifact does not exist/],
      [['rm', '--all', NAME], /--all takes no names/],
      [['inspect', 'none'], /artifact does not exist/],
    ];
    for (const [words, says] of refusals)
      expect({ words, ...(await artifact(...words)) }).toEqual({
        words,
        code: 125,
        out: '',
        err: expect.stringMatching(says),
      });
    expect(await machine.disk()).toEqual(before);
    expect(await artifact('rm', '--ignore', 'none')).toEqual({ code: 0, out: '', err: '' });
  });

  (REGISTRY_PROGRAM === null ? describe.skip : describe)('with a registry', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry();
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    test('push and pull keep every byte, and the digest', async () => {
      const name = `${registry.host}/team/model:2`;
      const digest = await ok('add', name, file('weights', 'x'.repeat(1 << 20)), file('empty', ''));
      const digestFile = `${folder}/digest`;
      expect(await ok('push', '--quiet', '--digestfile', digestFile, name)).toBe(digest);
      expect(readFileSync(digestFile, 'utf8')).toBe(`sha256:${digest}`);
      await ok('rm', digest.slice(0, 12));
      const pulled = await artifact('pull', name);
      expect(pulled).toEqual({
        code: 0,
        out: `${digest}\n`,
        err: expect.stringMatching(/^weights: Download complete$/m),
      });
      expect((await artifact('pull', name)).err).toMatch(/^weights: Already exists$/m);
      const target = await machine.makeFolder('pulled');
      await ok('extract', name, target);
      expect(readFileSync(`${target}/weights`, 'utf8')).toBe('x'.repeat(1 << 20));
      expect(readFileSync(`${target}/empty`, 'utf8')).toBe('');
      expect(await artifact('pull', `${registry.host}/none`)).toMatchObject({
        code: 125,
        err: expect.stringContaining('no such'),
      });
    });

    test('what policy.json refuses does not come in', async () => {
      const name = `${registry.host}/untrusted`;
      await ok('add', name, file('untrusted', 'x'));
      await ok('push', '-q', name);
      await ok('rm', name);
      const policy = file('policy.json', JSON.stringify({ default: [{ type: 'reject' }] }));
      expect(await artifact('pull', '--signature-policy', policy, name)).toMatchObject({
        code: 125,
        out: '',
        err: expect.stringContaining(`${policy} refuses it`),
      });
      expect(await ok('ls', '--noheading')).toBe('');
    });

    test('a title that leads out of the folder is refused', async () => {
      const name = `${registry.host}/hostile`;
      await ok('add', '--annotation', 'org.opencontainers.image.title=../out', name, file('in', 'inside'));
      const target = await machine.makeFolder('hostile/target');
      expect(await artifact('extract', name, target)).toMatchObject({
        code: 125,
        err: expect.stringContaining('is no file name'),
      });
      expect(readdirSync(`${target}/..`)).toEqual(['target']);
    });
  });
});
