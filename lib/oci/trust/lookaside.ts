/**
 * The storage of simple signatures beside a registry (containers-registries.d(5), signature-protocols.md of
 * containers/image): `BASE/REPOSITORY@sha256=HEX/signature-1`, `-2`, … up to the first that is not there.
 */

import { mkdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { addContext, hasCode, messageOf, ProaError } from '../../core/error.ts';
import { type Digest, digestAlgorithm, digestHex } from '../model/digest.ts';

/** Nobody signs an image so often; a server that always answers must not keep us. */
const SIGNATURES_MAX = 128;
const BYTES_MAX = 4 << 20;
const TIMEOUT = 60_000;

/** The folder of a manifest's signatures. */
export function signatureFolder(base: URL, repository: string, digest: Digest): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${repository}@${digestAlgorithm(digest)}=${digestHex(digest)}`;
  return url;
}

/** All signatures there, in order. @throws ProaError SIGNATURE_STORAGE when it cannot be asked */
export async function readSignatures(folder: URL, signal?: AbortSignal): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  while (found.length < SIGNATURES_MAX) {
    const url = memberOf(folder, found.length + 1);
    const bytes = url.protocol === 'file:' ? await readLocal(url) : await fetchSignature(url, signal);
    if (bytes === undefined) break;
    if (bytes.length > BYTES_MAX)
      throw new ProaError(
        'SIGNATURE_STORAGE',
        `read signature ${url.href}: it has more than ${BYTES_MAX} bytes`,
      );
    found.push(bytes);
  }
  return found;
}

/**
 * Adds a signature.
 * @param replace takes those away that are there
 * @returns its file
 * @throws ProaError SIGNATURE_STORAGE for a place on the web, which is only for reading; EACCES, ENOSPC, …
 */
export async function addSignature(
  folder: URL,
  signature: Uint8Array,
  options: { replace?: boolean | undefined } = {},
): Promise<string> {
  if (folder.protocol !== 'file:') {
    throw new ProaError(
      'SIGNATURE_STORAGE',
      `write signature: ${folder.href}: signatures are written to files only`,
      {
        hint: 'Name a lookaside-staging of the form file:///FOLDER in registries.d',
      },
    );
  }
  const there = (await readSignatures(folder)).length;
  const path = fileURLToPath(folder);
  const number = options.replace ? 1 : there + 1;
  if (number > SIGNATURES_MAX) {
    throw new ProaError(
      'SIGNATURE_STORAGE',
      `write signature: ${path}: there are ${SIGNATURES_MAX} already`,
      {
        hint: 'Push with --remove-signatures, or delete some of them',
      },
    );
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
    const file = `${path}/signature-${number}`;
    writeFileAtomic(file, signature, { sync: true });
    // From the end, so that a crash leaves no gap behind which signatures would be hidden.
    for (let old = there; old > number && options.replace; old--) await rm(`${path}/signature-${old}`);
    return file;
  } catch (error) {
    throw addContext(error, 'write signature');
  }
}

function memberOf(folder: URL, number: number): URL {
  const url = new URL(folder);
  url.pathname += `/signature-${number}`;
  return url;
}

async function readLocal(url: URL): Promise<Uint8Array | undefined> {
  try {
    return await readFile(fileURLToPath(url));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw addContext(error, 'read signature');
  }
}

async function fetchSignature(url: URL, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  const fail = (why: string, cause?: unknown): ProaError =>
    new ProaError('SIGNATURE_STORAGE', `read signature ${url.href}: ${why}`, { cause });
  const limit = AbortSignal.timeout(TIMEOUT);
  try {
    const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw fail(`the server answers ${answer.status}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > BYTES_MAX) throw fail(`it has more than ${BYTES_MAX} bytes`);
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ProaError ? error : fail(messageOf(error), error);
  }
}
