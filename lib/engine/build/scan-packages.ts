/** The packages in an image, found by looking at its files. */

import type { FoundPackage } from '../../build/sbom/package.ts';
import { packageReader } from '../../build/sbom/package-files.ts';
import type { SpdxSubject } from '../../build/sbom/spdx.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { sysError } from '../../core/sys/libc.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { TreeWalk } from '../../storage/tar/walk.ts';
import type { Engine } from '../engine.ts';
import { openImageFiles } from './image-files.ts';

/** Bytes. A database of packages is some MB; what is larger is not one. */
const LARGEST = 64 << 20;

export interface ScannedImage {
  readonly packages: readonly FoundPackage[];
  readonly distribution?: NonNullable<SpdxSubject['distribution']>;
}

/** @param diffIds leased by the caller */
export async function scanPackages({ store }: Engine, diffIds: readonly Digest[]): Promise<ScannedImage> {
  using files = openImageFiles(store, diffIds);
  const packages: FoundPackage[] = [];
  let release: string | undefined;
  for (const { entry, fd } of new TreeWalk().members(files.fd, '')) {
    if (fd === undefined || entry.size > LARGEST) continue;
    const isRelease = entry.path === 'usr/lib/os-release' || entry.path === 'etc/os-release';
    const read = packageReader(entry.path);
    if (read === undefined && !isRelease) continue;
    const bytes = readWhole(fd, entry.size);
    const path = Buffer.from(entry.path, 'latin1').toString('utf8');
    if (isRelease) release = new TextDecoder().decode(bytes);
    else packages.push(...(await read!(bytes, path)));
  }
  const distribution = distributionOf(release);
  const sorted = packages.sort((a, b) =>
    order(`${a.kind} ${a.name} ${a.file}`, `${b.kind} ${b.name} ${b.file}`),
  );
  return { packages: sorted, ...(distribution && { distribution }) };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readWhole(fd: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  const count = tryReadAt(fd, bytes, 0);
  if (count < 0) throw sysError(-count, 'read a file of the image');
  return bytes.subarray(0, count);
}

/** os-release(5) */
function distributionOf(text: string | undefined): ScannedImage['distribution'] {
  const field = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, 'm').exec(text ?? '')?.[1];
  const id = field('ID');
  const version = field('VERSION_ID');
  return id ? { id, ...(version && { version }) } : undefined;
}
