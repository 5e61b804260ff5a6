/** A registry of one image, that can be told to lie and to break off. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseReference, type Reference } from '../../../../lib/oci/model/reference.ts';
import { type HandMade, sha256 } from './images.ts';

export interface SmallRegistry extends AsyncDisposable {
  readonly reference: Reference;
  /** `HEX FROM` of every request for a blob. */
  readonly blobs: string[];
  /** Sends other bytes in a blob's place. */
  alter: (hex: string, bytes: Uint8Array) => Uint8Array;
  /** How many bytes of an answer come before the connection breaks. */
  cutAfter: (hex: string) => number;
}

/** Gives up at the first failure, as retries are download.ts's own concern. */
export const ONE_ATTEMPT = { retry: { attempts: 1 } };

export async function serveImage(image: HandMade): Promise<SmallRegistry> {
  const registry: Omit<SmallRegistry, 'reference' | typeof Symbol.asyncDispose> = {
    blobs: [],
    alter: (_, bytes) => bytes,
    cutAfter: () => Number.POSITIVE_INFINITY,
  };
  const server = createServer((request, response) => {
    const [, kind, which] = /^\/v2\/.+\/(manifests|blobs)\/(?:sha256:)?([^/]+)$/.exec(request.url!) ?? [];
    if (kind === undefined) return response.end('{}');
    if (kind === 'manifests') {
      const { mediaType } = JSON.parse(image.manifest.toString()) as { mediaType: string };
      return response.writeHead(200, { 'content-type': mediaType }).end(image.manifest);
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    registry.blobs.push(`${which} ${from}`);
    const bytes = registry.alter(which!, image.blobs.get(which!)!);
    const headers = { 'content-length': bytes.length - from };
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...range } : headers);
    return send(response, bytes.subarray(from), registry.cutAfter(which!));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(registry, {
    reference: parseReference(`127.0.0.1:${port}/app:${sha256(image.config).slice(0, 8)}`),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function send(response: ServerResponse, bytes: Uint8Array, limit: number): void {
  if (bytes.length <= limit) response.end(bytes);
  else response.write(bytes.subarray(0, limit), () => setTimeout(() => response.destroy(), 20));
}
