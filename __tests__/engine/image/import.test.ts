import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type ImportRequest, importImage } from '../../../lib/engine/image/import.ts';
import { readLayerTar } from '../../../lib/engine/image/layer-tar.ts';
import { formatReference, parseReference } from '../../../lib/oci/model/reference.ts';
import { findImage, nameFile, readImageConfig } from '../../../lib/storage/images.ts';
import { layerDiffPath, readLayer } from '../../../lib/storage/layers.ts';
import { layerTar, sha256 } from './support/images.ts';
import { collect, describeAsRoot, failure, openTestEngine, run } from './support/store.ts';

const CREATED = new Date('2024-05-01T12:00:00Z');

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

describeAsRoot('import', () => {
  const request = (source: ImportRequest['source'], more: Partial<ImportRequest> = {}): ImportRequest => ({
    source,
    changes: [],
    created: CREATED,
    ...more,
  });

  test('an image whose first name cannot be written is not there', async () => {
    using t = openTestEngine();
    writeFileSync(`${t.folder}/a.tar`, layerTar(t.folder, { 'bin/sh': '#!' }));
    const { root } = t.engine.store;
    const name = parseReference('app:1');
    // Where the record would be renamed to is a folder.
    mkdirSync(nameFile(t.engine.store, formatReference(name)));
    const importing = importImage(t.engine, request({ path: `${t.folder}/a.tar` }, { name }));
    await expect(importing).rejects.toThrow();
    expect(readdirSync(`${root}/images/by-id`)).toEqual([]);
    expect(readdirSync(`${root}/blobs/sha256`)).toEqual([]);
  });

  test('a file becomes an image of one layer, with defaults, message and name', async () => {
    using t = openTestEngine();
    const tar = layerTar(t.folder, { 'bin/sh': '#!' });
    writeFileSync(`${t.folder}/a.tar`, tar);
    const { image } = await importImage(
      t.engine,
      request(
        { path: `${t.folder}/a.tar` },
        {
          name: parseReference('app:1'),
          changes: ['CMD ["sh"]', 'ENV A=1'],
          message: 'by hand',
          platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
        },
      ),
    );
    expect(image).toMatchObject({
      diffIds: [`sha256:${sha256(tar)}`],
      architecture: 'arm',
      variant: 'v7',
      size: 2,
    });
    expect(findImage(t.engine.store, 'app:1')?.id).toBe(image.id);
    expect(readImageConfig(t.engine.store, image)).toEqual({
      created: '2024-05-01T12:00:00.000Z',
      architecture: 'arm',
      os: 'linux',
      variant: 'v7',
      config: { Cmd: ['sh'], Env: ['A=1'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
      history: [{ created: '2024-05-01T12:00:00.000Z', comment: 'by hand' }],
    });
  });

  test('the same archive at the same time is the same image, however it comes', async () => {
    using t = openTestEngine();
    const tar = layerTar(t.folder, { file: 'text' });
    writeFileSync(`${t.folder}/a.tar`, tar);
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(gzipSync(tar)) });
    const sources: ImportRequest['source'][] = [
      { path: `${t.folder}/a.tar` },
      { stream: once(gzipSync(tar)), name: '-' },
      { url: `http://user:secret@127.0.0.1:${server.port}/a.tgz` },
    ];
    const ids = new Set<string>();
    for (const source of sources) {
      const { image } = await importImage(t.engine, request(source, { message: 'm' }));
      ids.add(image.id);
    }
    expect(ids.size).toBe(1);
    const { image } = await importImage(t.engine, request(sources[2]!));
    const [step] = readImageConfig(t.engine.store, image).history;
    expect(step!.comment).toBe(`Imported from http://127.0.0.1:${server.port}/a.tgz`);
  });

  test('a folder, with owners, modes, links, holes and devices as they are', async () => {
    using t = openTestEngine();
    const folder = `${t.folder}/rootfs`;
    const script = `mkdir -p ${folder}/etc ${folder}/dev && cd ${folder} && echo root > etc/passwd && ln etc/passwd etc/same &&
      ln -s /etc/passwd link && chown -h 12:34 link etc/passwd && chmod 4711 etc/passwd && truncate -s 1M hole &&
      mknod dev/null c 1 3 && mkfifo fifo && touch -d @1700000000 etc`;
    run(['sh', '-ec', script]);
    const { image } = await importImage(t.engine, request({ path: folder }));
    const [diffId] = image.diffIds;
    const there = layerDiffPath(t.engine.store, diffId!);
    const list = (place: string): string =>
      run(['find', '.', '-printf', '%P %y %m %U:%G %n %l %T@\n'], { cwd: place })
        .toString()
        .replace(/\.\d+$/gm, '')
        .split('\n')
        // A layer's times are in whole seconds. The folder itself is not a part of the image.
        .filter((line) => !line.startsWith(' d '))
        .sort()
        .join('\n');
    expect(list(there)).toBe(list(folder));
    expect(statSync(`${there}/dev/null`).rdev).toBe(statSync('/dev/null').rdev);
    const tar = await collect(
      readLayerTar(t.engine.store, { digest: diffId!, size: readLayer(t.engine.store, diffId!)!.plainSize }),
    );
    expect(run(['tar', '-tf', '-'], { stdin: tar }).toString()).toContain('etc/passwd\n');
    // The same folder is the same image.
    const again = await importImage(t.engine, request({ path: folder }));
    expect(again.image.id).toBe(image.id);
  });

  test('what cannot be imported is named, and leaves nothing', async () => {
    using t = openTestEngine();
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => new Response('no', { status: 404, statusText: 'Not Found' }),
    });
    const fails = (source: ImportRequest['source'], more?: Partial<ImportRequest>) =>
      failure(importImage(t.engine, request(source, more)));
    expect(await fails({ path: `${t.folder}/no` })).toMatchObject({ code: 'ENOENT' });
    mkdirSync(`${t.folder}/bad`);
    writeFileSync(`${t.folder}/bad/.wh.x`, '');
    expect(await fails({ path: `${t.folder}/bad` })).toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringContaining('.wh.x'),
    });
    expect(await fails({ stream: once(new Uint8Array()), name: '-' })).toMatchObject({ code: 'EMPTY_INPUT' });
    expect(await fails({ stream: once(Buffer.from('text '.repeat(200))), name: '-' })).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: expect.stringMatching(/^import -: /),
    });
    expect(await fails({ url: `http://127.0.0.1:${server.port}/x` })).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('404'),
    });
    // Checked before the archive is even opened.
    expect(await fails({ path: `${t.folder}/no` }, { changes: ['RUN x'] })).toMatchObject({
      code: 'INVALID_CHANGE',
    });
    expect(t.contents()).toEqual([]);
  });
});
