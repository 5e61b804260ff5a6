/** Registries that fail: the real one, killed and cut by a proxy in front of it, and one that lies. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { BuiltImage } from '../../e2e/support/image.ts';

export const REGISTRY_PROGRAM = Bun.which('docker-registry');

/** The reference registry, which can be killed and started again on the same data and port. */
export class RealRegistry implements AsyncDisposable {
  private child: Bun.Subprocess | undefined;

  private constructor(
    private readonly folder: string,
    readonly host: string,
  ) {}

  static async start(folder: string): Promise<RealRegistry> {
    mkdirSync(folder, { recursive: true });
    const registry = new RealRegistry(folder, `127.0.0.1:${await freePort()}`);
    const lines = [
      'version: 0.1',
      'log: {level: error, accesslog: {disabled: true}}',
      `storage: {filesystem: {rootdirectory: ${folder}/data}}`,
      `http: {addr: "${registry.host}"}`,
    ];
    writeFileSync(`${folder}/config.yml`, lines.join('\n'));
    await registry.up();
    return registry;
  }

  async up(): Promise<void> {
    this.child = Bun.spawn([REGISTRY_PROGRAM!, 'serve', `${this.folder}/config.yml`], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    for (let tries = 0; tries < 200; tries++) {
      const answers = await fetch(`http://${this.host}/v2/`).then(
        (response) => response.ok,
        () => false, // not listening yet
      );
      if (answers) return;
      await Bun.sleep(20);
    }
    throw new Error('docker-registry does not answer');
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.child?.exited;
  }

  async push(name: string, image: BuiltImage): Promise<void> {
    for (const { bytes, digest } of [image.config, ...image.blobs]) await this.pushBlob(name, bytes, digest);
    const { bytes, mediaType } = image.manifest;
    await this.send(`/v2/${name}/manifests/latest`, 'PUT', bytes, { 'content-type': mediaType });
  }

  private async pushBlob(name: string, bytes: Buffer<ArrayBuffer>, digest: string): Promise<void> {
    const started = await this.send(`/v2/${name}/blobs/uploads/`, 'POST');
    const target = new URL(started.headers.get('location')!, `http://${this.host}`);
    target.searchParams.set('digest', digest);
    await this.send(target.pathname + target.search, 'PUT', bytes);
  }

  private async send(
    path: string,
    method: string,
    body?: Buffer<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Response> {
    const response = await fetch(`http://${this.host}${path}`, { method, body, headers });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** What a proxy saw of one request for a blob. */
export interface BlobRequest {
  digest: string;
  /** The first byte that was asked for. */
  from: number;
  /** Bytes that were passed on. */
  sent: number;
}

/** Stands before a registry, counts the bytes of its blobs, and may slow them down. */
export class CountingProxy implements AsyncDisposable {
  readonly blobs: BlobRequest[] = [];
  /** Milliseconds before each piece of a blob. */
  delay = 0;
  /** Called for each piece before it is passed on. False breaks the connection off. */
  onPiece: () => boolean | Promise<boolean> = () => true;
  private readonly server: Bun.Server<undefined>;

  constructor(private readonly behind: string) {
    this.server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => this.pass(request),
    });
  }

  get host(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  get bytes(): number {
    return this.blobs.reduce((sum, { sent }) => sum + sent, 0);
  }

  private async pass(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete('host');
    const url = `http://${this.behind}${pathname}${search}`;
    const answer = await fetch(url, { method: request.method, headers, redirect: 'manual' }).catch(
      () => new Response('{}', { status: 502 }),
    );
    const digest = /\/blobs\/(.+)$/.exec(pathname)?.[1];
    if (digest === undefined || answer.body === null || !answer.ok) return answer;
    const range = /^bytes=(\d+)-/.exec(request.headers.get('range') ?? '');
    const entry: BlobRequest = {
      digest,
      from: range && answer.status === 206 ? Number(range[1]) : 0,
      sent: 0,
    };
    this.blobs.push(entry);
    return new Response(this.count(answer.body, entry), { status: answer.status, headers: answer.headers });
  }

  private async *count(body: ReadableStream<Uint8Array>, entry: BlobRequest): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        if (!(await this.onPiece())) return;
        if (this.delay > 0) await Bun.sleep(this.delay);
        const piece = chunk.slice(at, at + PIECE);
        entry.sent += piece.length;
        yield piece;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(true);
  }
}

const PIECE = 16_384;

/** What a {@link LyingRegistry} makes of the answer for a blob or a manifest. */
export type Lie = (body: Buffer<ArrayBuffer>, digest: string) => Buffer<ArrayBuffer> | Response | undefined;

/** Serves one image under any name, and lies about it. */
export class LyingRegistry implements AsyncDisposable {
  blob: Lie = () => undefined;
  manifest: Lie = () => undefined;
  readonly requests: string[] = [];
  private readonly server: Bun.Server<undefined>;

  constructor(private readonly image: BuiltImage) {
    this.server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => this.answer(request) });
  }

  get host(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  private answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    this.requests.push(`${request.method} ${pathname}`);
    if (pathname === '/v2/') return new Response('{}');
    const [, kind, which] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (kind === 'manifests') {
      const { bytes, digest, mediaType } = this.image.manifest;
      return this.respond(this.manifest(bytes, digest) ?? bytes, { 'content-type': mediaType });
    }
    const found = [this.image.config, ...this.image.blobs].find(({ digest }) => digest === which);
    if (found === undefined) return new Response('{}', { status: 404 });
    return this.respond(this.blob(found.bytes, found.digest) ?? found.bytes, {});
  }

  private respond(body: Buffer<ArrayBuffer> | Response, headers: Record<string, string>): Response {
    return body instanceof Response ? body : new Response(body, { headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(true);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
