/** An archive of many small images, so that a store with hundreds of them takes one `load` to make. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes images of one layer, each with a configuration of its own, in the form of `docker save`.
 * @param folder to work in, which may be there
 * @returns the archive
 */
export function writeManyImages(folder: string, names: readonly string[]): string {
  const inside = join(folder, 'many-images');
  mkdirSync(inside, { recursive: true });
  const layer = execFileSync('tar', ['-cf', '-', '-C', '/etc', 'hostname']);
  writeFileSync(join(inside, 'layer.tar'), layer);
  const manifest = names.map((name, number) => {
    const config = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      created: new Date(Date.UTC(2024, 0, 1, 0, number)).toISOString(),
      config: { Labels: { number: String(number) } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digestHex(layer)}`] },
      history: [{ created_by: 'bench' }],
    });
    const file = `${digestHex(config)}.json`;
    writeFileSync(join(inside, file), config);
    return { Config: file, RepoTags: [name], Layers: ['layer.tar'] };
  });
  writeFileSync(join(inside, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, 'many-images.tar');
  execFileSync('tar', ['-cf', archive, '-C', inside, '.']);
  return archive;
}

function digestHex(bytes: string | Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}
