/** Unpacks archives in this process (without the chroot: what is safe here is safe by itself) and in the child. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { removeTree } from '../../../../lib/core/sys/directory.ts';
import { close, O, open } from '../../../../lib/core/sys/file.ts';
import { Extractor, type ExtractResult } from '../../../../lib/storage/tar/extract.ts';
import { TarReader } from '../../../../lib/storage/tar/reader.ts';
import { rebuildTar } from '../../../../lib/storage/tar/rebuild.ts';
import { RecipeWriter } from '../../../../lib/storage/tar/recipe.ts';

/** The command that serves as child: Bun, on the child alone. */
export const childCommand = [process.execPath, resolve(__dirname, '../../../helpers/unpack-child.ts')];

/** A fresh folder for one test: `outside/` beside `layer/diff/`, which is where archives go. */
export class Playground implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'proa-tar-'));
  readonly diff = join(this.path, 'layer/diff');
  readonly recipe = join(this.path, 'layer/recipe');

  constructor() {
    mkdirSync(this.diff, { recursive: true, mode: 0o755 });
    mkdirSync(join(this.path, 'outside'));
  }

  /** Unpacks in this process, `step` bytes at a time. */
  unpack(
    archive: Uint8Array,
    options: { step?: number; ignoreOwner?: boolean; xattrPrefix?: 'trusted' | 'user' } = {},
  ): ExtractResult {
    const {
      step = archive.length || 1,
      ignoreOwner = !isRoot,
      xattrPrefix = isRoot ? 'trusted' : 'user',
    } = options;
    const fd = open(this.recipe, O.WRONLY | O.CREAT | O.TRUNC, 0o600);
    try {
      const recipe = new RecipeWriter(fd, this.recipe);
      const root = open(this.diff, O.RDONLY | O.DIRECTORY);
      using extractor = new Extractor(root, { recipe, ignoreOwner, xattrPrefix });
      const reader = new TarReader(extractor);
      for (let at = 0; at < archive.length; at += step) reader.write(archive.subarray(at, at + step));
      reader.end();
      const result = extractor.finish();
      recipe.finish();
      return result;
    } finally {
      close(fd);
    }
  }

  async rebuild(): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of rebuildTar(this.recipe, this.diff)) parts.push(part);
    return Buffer.concat(parts);
  }

  at(name: string): string {
    return join(this.diff, name);
  }

  text(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }

  exists(name: string): boolean {
    return lstatSync(this.at(name), { throwIfNoEntry: false }) !== undefined;
  }

  /** Everything in the layer, as sorted lines `TYPE PATH[ -> TARGET]`. */
  list(from = ''): string[] {
    return readdirSync(this.at(from))
      .sort()
      .flatMap((entry) => {
        const name = join(from, entry);
        const status = lstatSync(this.at(name));
        if (status.isSymbolicLink()) return [`l ${name} -> ${readlinkSync(this.at(name))}`];
        if (status.isDirectory()) return [`d ${name}`, ...this.list(name)];
        if (status.isCharacterDevice()) return [`c ${name}`];
        return [`${status.isFile() ? 'f' : '?'} ${name}`];
      });
  }

  /** What a hostile archive has put beside the layer's folder: nothing, or the test fails. */
  escaped(): string[] {
    return [
      ...readdirSync(join(this.path, 'outside')),
      ...readdirSync(this.path).filter((name) => !['layer', 'outside'].includes(name)),
      ...readdirSync(dirname(this.diff)).filter((name) => !['diff', 'recipe'].includes(name)),
      ...(existsSync('/escaped') ? ['/escaped'] : []),
    ];
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

export const isRoot = process.geteuid!() === 0;
/** Device nodes, foreign owners and `trusted.*` need root; run as root (or in a privileged container) to see these. */
export const testAsRoot = isRoot ? test : test.skip;
