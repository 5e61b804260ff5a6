import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../lib/oci/model/digest.ts';
import { measureLayer } from '../../lib/storage/layer-content.ts';
import { layerDiffPath, lowerDirs } from '../../lib/storage/layers.ts';
import { mountOverlay, unmountOverlay } from '../../lib/storage/overlay.ts';
import { openStore, type Store } from '../../lib/storage/store.ts';
import { UpperLayer } from '../../lib/storage/upper-layer.ts';

const asRoot = process.geteuid!() === 0 ? describe : describe.skip;

// Mounting takes root; users do all of it inside their namespace, see e2e/build-run.
asRoot('an upper folder as a layer', () => {
  let folder = '';
  let store: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'upper-layer-'));
    store = openStore({ root: `${folder}/root`, runRoot: `${folder}/run`, rootless: false, uid: 0 });
    mkdirSync(`${folder}/empty`);
    mkdirSync(`${folder}/merged`);
  });
  afterEach(() => {
    unmountOverlay(`${folder}/merged`);
    rmSync(folder, { recursive: true });
  });

  /** What a script does in a mount of these layers, as a layer. */
  async function layerOf(script: string, below: Digest[], latest?: number): Promise<Digest | undefined> {
    using layer = new UpperLayer(store);
    const lower = lowerDirs(store, below);
    mountOverlay({
      lower: lower.length > 0 ? lower : [`${folder}/empty`],
      upper: { dir: layer.upper, work: layer.work },
      target: `${folder}/merged`,
      userxattr: false,
    });
    try {
      execFileSync('sh', ['-ec', script], { cwd: `${folder}/merged` });
    } finally {
      unmountOverlay(`${folder}/merged`);
    }
    const made = await layer.publish(lower, latest);
    made?.held[Symbol.dispose]();
    return made?.record.diffId;
  }
  const tree = (diffId: Digest) =>
    execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %y %m %U:%G\n'], {
      cwd: layerDiffPath(store, diffId),
    })
      .toString()
      .split('\n')
      .filter(Boolean)
      .sort();

  test('its files, and the recipe that rebuilds the archive of its diff id', async () => {
    const diffId = (await layerOf(
      'mkdir -m 1770 d; echo text > d/f; chown 7:8 d/f; chmod 4755 d/f; ln d/f d/hard; ln -s f d/l; mkfifo d/p',
      [],
    ))!;
    expect(tree(diffId)).toEqual([
      'd d 1770 0:0',
      'd/f f 4755 7:8',
      'd/hard f 4755 7:8',
      'd/l l 777 0:0',
      'd/p p 644 0:0',
    ]);
    const { damage } = await measureLayer(store, diffId);
    expect(damage).toBeUndefined();
    // Times as the archive says them: whole seconds.
    for (const name of ['d', 'd/f', 'd/l', 'd/p'])
      expect(lstatSync(`${layerDiffPath(store, diffId)}/${name}`).mtimeMs % 1000).toBe(0);
  });

  test('nothing changed: no layer, and nothing is left of it', async () => {
    expect(await layerOf('true', [])).toBeUndefined();
    const base = (await layerOf('mkdir d; echo x > d/f', []))!;
    // Opened for writing, the folder is in the upper one; with its own attributes as they were it is no change.
    expect(await layerOf('touch d/new; rm d/new', [base])).toBeUndefined();
    expect(readdirSync(store.tmp)).toEqual([]);
    expect(readdirSync(`${store.root}/layers`)).toHaveLength(1);
  });

  test('deletions are whiteouts, a folder made anew is opaque', async () => {
    const base = (await layerOf('mkdir a b; echo 1 > a/x; echo 2 > b/y; echo 3 > c', []))!;
    const next = (await layerOf('rm c; rm -r b; mkdir b; echo new > b/z; rm a/x', [base]))!;
    expect(tree(next)).toEqual(['a d 755 0:0', 'a/x c 0 0:0', 'b d 755 0:0', 'b/z f 644 0:0', 'c c 0 0:0']);
    const seen = await layerOf('files=$(find . | sort); echo "$files" > list', [base, next]);
    expect(readFileSync(`${layerDiffPath(store, seen!)}/list`, 'utf8').split('\n')).toEqual([
      '.',
      './a',
      './b',
      './b/z',
      '',
    ]);
  });

  test('it means the same on top of other layers: marks that hide nothing here do not hide there', async () => {
    const base = (await layerOf('mkdir a; echo 1 > a/x', []))!;
    // overlayfs marks every folder that is new in a merged one as opaque.
    const added = (await layerOf('mkdir a/new; echo 2 > a/new/own', [base]))!;
    const other = (await layerOf('mkdir -p a/new; echo 3 > a/new/others', []))!;
    const seen = (await layerOf('ls a/new > list', [other, added]))!;
    expect(readFileSync(`${layerDiffPath(store, seen)}/list`, 'utf8')).toBe('others\nown\n');
  });

  test('no file is younger than asked; so the same work gives the same layer', async () => {
    const script = 'mkdir d; echo x > d/f; ln -s f d/l; touch -d @5 d/old';
    const ids = [await layerOf(script, [], 1000), await layerOf(script, [], 1000)];
    expect(ids[0]).toBe(ids[1]);
    const diff = layerDiffPath(store, ids[0]!);
    expect(['d', 'd/f', 'd/l', 'd/old'].map((name) => lstatSync(`${diff}/${name}`).mtimeMs)).toEqual([
      1_000_000, 1_000_000, 1_000_000, 5000,
    ]);
  });

  test('sockets, which no archive can hold, do not stay', async () => {
    const diffId = (await layerOf(
      `echo x > f; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")' || perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "s", Listen => 1)'`,
      [],
    ))!;
    expect(tree(diffId)).toEqual(['f f 644 0:0']);
  });
});
