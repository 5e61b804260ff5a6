import type { Digest, DigestAlgorithm } from '../../oci/model/digest.ts';

/** The digest of a file of any size. */
export async function digestOfFile(path: string, algorithm: DigestAlgorithm): Promise<Digest> {
  const hasher = new Bun.CryptoHasher(algorithm);
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return `${algorithm}:${hasher.digest('hex')}` as Digest;
}
