/** A store as containers-storage writes it, made by hand: so it can be spoilt, and needs no Podman. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export function sha256(bytes: Uint8Array | string): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

/** The lines of a tar-split record: headers and padding as they are, contents by the names of their files. */
export function tarSplitOf(tar: Buffer): string {
  const lines: object[] = [];
  let raw = 0;
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512);
    const name = header.toString('utf8', 0, 100).replace(/\0.*/s, '');
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8) || 0;
    at += 512;
    if (name === '' || header[156] !== 0x30) {
      at += Math.ceil(size / 512) * 512;
      continue;
    }
    lines.push({ type: 2, payload: tar.subarray(raw, at).toString('base64') });
    lines.push({ type: 1, name, size, payload: null });
    raw = at + size;
    at += Math.ceil(size / 512) * 512;
  }
  lines.push({ type: 2, payload: tar.subarray(raw).toString('base64') });
  return lines.map((line, position) => `${JSON.stringify({ ...line, position })}\n`).join('');
}

export interface StoredByHand {
  /** Lowest first. */
  tars: Buffer[];
  config: Buffer;
  manifest: Buffer;
  names: string[];
}

/** Writes the store of one image. Returns the ids of its layers. */
export function writePodmanStore(root: string, driver: 'overlay' | 'vfs', image: StoredByHand): string[] {
  const layers = image.tars.map((tar, i) => ({
    id: sha256(`layer ${i} ${sha256(tar)}`),
    parent: i === 0 ? undefined : sha256(`layer ${i - 1} ${sha256(image.tars[i - 1]!)}`),
    'diff-digest': `sha256:${sha256(tar)}`,
    'diff-size': tar.length,
  }));
  for (const [i, { id }] of layers.entries()) {
    const files = driver === 'overlay' ? `${root}/overlay/${id}/diff` : `${root}/vfs/dir/${id}`;
    mkdirSync(files, { recursive: true });
    mkdirSync(`${root}/${driver}-layers`, { recursive: true });
    const { exitCode, stderr } = Bun.spawnSync(['tar', '-C', files, '-xf', '-'], { stdin: image.tars[i]! });
    if (exitCode !== 0) throw new Error(stderr.toString());
    writeFileSync(`${root}/${driver}-layers/${id}.tar-split.gz`, gzipSync(tarSplitOf(image.tars[i]!)));
  }
  writeFileSync(`${root}/${driver}-layers/layers.json`, JSON.stringify(layers));
  const id = sha256(image.config);
  const key = `sha256:${id}`;
  const digest = `sha256:${sha256(image.manifest)}`;
  const folder = `${root}/${driver}-images/${id}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/manifest`, image.manifest);
  writeFileSync(`${folder}/=${Buffer.from(key).toString('base64')}`, image.config);
  const record = {
    id,
    digest,
    names: image.names,
    layer: layers.at(-1)?.id,
    'big-data-names': [key, 'manifest'],
    'big-data-digests': { [key]: key, manifest: digest },
  };
  writeFileSync(`${root}/${driver}-images/images.json`, JSON.stringify([record]));
  return layers.map((layer) => layer.id);
}
