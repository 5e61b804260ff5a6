/** Images in a real registry, and a server in front of it that behaves badly on purpose. */
import type { ServerResponse } from 'node:http';
import {
  type RegistryAccess,
  type RegistrySetup,
  serve,
  startRegistry,
  type TestServer,
} from '../../oci/registry/support/servers.ts';
import type { BuiltImage } from './image.ts';

export {
  freePort,
  json,
  makeCertificate,
  REGISTRY_PROGRAM,
  serve,
} from '../../oci/registry/support/servers.ts';

export type Registry = Awaited<ReturnType<typeof startRegistry>>;

export const LOGIN = { username: 'someone', password: 'pass:word' };

/** Debian's docker-registry on a free port; with `login` it wants {@link LOGIN}. */
export function openRegistry(
  setup: Omit<RegistrySetup, 'login'> & { login?: boolean } = {},
  access?: RegistryAccess,
): Promise<Registry> {
  const { login, ...others } = setup;
  return startRegistry({ ...others, ...(login && { login: LOGIN }) }, access);
}

/** Pushes an image under `name:tag`; several platforms with their index. */
export async function push(
  registry: Registry,
  name: string,
  images: BuiltImage | BuiltImage[],
  options: { tag?: string; index?: BuiltImage['manifest'] } = {},
): Promise<void> {
  const { tag = 'latest', index } = options;
  for (const { blobs, config, manifest } of [images].flat()) {
    for (const { bytes } of [...blobs, config]) await registry.pushBlob(name, bytes);
    const target = index === undefined ? tag : manifest.digest;
    await registry.pushManifest(name, target, manifest.mediaType, manifest.bytes);
  }
  if (index !== undefined) await registry.pushManifest(name, tag, index.mediaType, index.bytes);
}

export interface Proxy extends TestServer {
  /** `METHOD PATH RANGE` of every request for a blob. */
  readonly blobs: string[];
}

/**
 * Stands before a registry. `handle` may answer itself (and says so by returning true); it gets the registry's answer.
 */
export async function openProxy(
  behind: string,
  handle: (path: string, body: Buffer, response: ServerResponse) => boolean,
): Promise<Proxy> {
  const blobs: string[] = [];
  const server = await serve(async (request, response) => {
    const path = request.url ?? '/';
    const { range } = request.headers;
    if (path.includes('/blobs/'))
      blobs.push([request.method, path.replace(/.*blobs\//, ''), range].filter(Boolean).join(' '));
    const headers = new Headers();
    for (const name of ['accept', 'range', 'authorization']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const answer = await fetch(`http://${behind}${path}`, { method: request.method, headers });
    const body = Buffer.from(await answer.arrayBuffer());
    if (handle(path, body, response)) return;
    const kept = [
      'content-type',
      'docker-content-digest',
      'content-range',
      'accept-ranges',
      'www-authenticate',
    ];
    for (const name of kept) {
      const value = answer.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    response.writeHead(answer.status, { 'content-length': body.length }).end(body);
  });
  return Object.assign(server, { blobs });
}
