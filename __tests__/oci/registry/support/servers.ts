// Real servers on free loopback ports: Debian's docker-registry, and small HTTP servers that misbehave on purpose.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, sha256Digest } from '../../../../lib/oci/model/digest.ts';
import type { RetryPolicy } from '../../../../lib/oci/registry/retry.ts';

jest.mock('node-fetch', () => (globalThis as unknown as { __bunNodeFetch: object }).__bunNodeFetch);

/** A temporary folder that is gone after `using`. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'proa-registry-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Retries without waiting, and what would have been waited. */
export function impatient(): { retry: RetryPolicy; slept: number[] } {
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  return { slept, retry: { attempts: 5, firstDelay: 100, maxDelay: 1000, random: () => 0.5, sleep } };
}

export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** `METHOD PATH` of every request. */
  readonly log: string[];
  readonly requests: IncomingMessage[];
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server, or HTTPS with a certificate. */
export async function serve(handler: Handler, tls?: object): Promise<TestServer> {
  const log: string[] = [];
  const requests: IncomingMessage[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    log.push(`${request.method} ${request.url}`);
    requests.push(request);
    handler(request, response);
  };
  const server = (tls ? createTlsServer(tls, listener) : createServer(listener)) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { host, log, requests, [Symbol.asyncDispose]: close };
}

export function json(response: ServerResponse, status: number, value: unknown, headers: object = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** What a promise is rejected with. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; hint?: string }> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Runs a script in a Bun of its own, outside Jest's sandbox, and returns what it printed.
 * @param inside the start of a command line that runs it (`unshare --user`)
 */
export async function runBun(
  script: string,
  env: NodeJS.ProcessEnv,
  inside: readonly string[] = [],
): Promise<string> {
  const [program, ...args] = [...inside, process.execPath, '-e', script];
  const child = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  for await (const chunk of child.stdout!) out += chunk;
  return out.trim();
}

export const REGISTRY_PROGRAM = Bun.which('docker-registry');

/** How the reference registry is set up, beside its storage. */
export interface RegistrySetup {
  login?: { username: string; password: string };
  /** Its certificate and key; with `clientCa` it wants certificates of clients too. PEM. */
  tls?: { cert: string; key: string; clientCa?: string };
  /** A token server (distribution's token specification) whose certificate is known. PEM. */
  token?: { realm: string; service: string; issuer: string; certificate: string };
}

/** What the tests themselves send with their requests. */
export interface RegistryAccess {
  headers?: Record<string, string>;
  tls?: { ca?: string; cert?: string; key?: string };
}

/** The reference registry on a free port. */
export async function startRegistry(setup: RegistrySetup = {}, access: RegistryAccess = {}) {
  const folder = temporaryFolder();
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  writeFileSync(`${folder.path}/config.yml`, await configure(folder.path, host, setup));
  const child = spawn(REGISTRY_PROGRAM!, ['serve', `${folder.path}/config.yml`], { stdio: 'ignore' });
  const headers: Record<string, string> = setup.login
    ? { authorization: `Basic ${btoa(`${setup.login.username}:${setup.login.password}`)}` }
    : { ...access.headers };
  const { tls } = access;
  const base = `${setup.tls ? 'https' : 'http'}://${host}`;
  await untilItAnswers(`${base}/v2/`, child, tls);
  return {
    host,
    async pushBlob(repository: string, bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
      const digest = sha256Digest(bytes);
      const start = await fetch(`${base}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers, tls });
      const target = new URL(start.headers.get('location')!, base);
      target.searchParams.set('digest', digest);
      const end = await fetch(target, { method: 'PUT', headers, body: bytes, tls });
      if (end.status !== 201) throw new Error(`push: ${end.status} ${await end.text()}`);
      return digest;
    },
    async pushManifest(
      repository: string,
      tag: string,
      mediaType: string,
      bytes: Uint8Array<ArrayBuffer>,
    ): Promise<void> {
      const url = `${base}/v2/${repository}/manifests/${tag}`;
      const end = await fetch(url, {
        method: 'PUT',
        headers: { ...headers, 'content-type': mediaType },
        body: bytes,
        tls,
      });
      if (end.status !== 201) throw new Error(`push: ${end.status} ${await end.text()}`);
    },
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      folder[Symbol.dispose]();
    },
  };
}

/** Its configuration (distribution's configuration reference); what it names is written beside it. */
async function configure(
  folder: string,
  host: string,
  { login, tls, token }: RegistrySetup,
): Promise<string> {
  const put = (name: string, text: string): string => {
    writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
    return `${folder}/${name}`;
  };
  const lines = [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}}`,
    'http:',
    `  addr: "${host}"`,
  ];
  if (tls) {
    lines.push(
      '  tls:',
      `    certificate: ${put('tls.crt', tls.cert)}`,
      `    key: ${put('tls.key', tls.key)}`,
    );
    if (tls.clientCa) lines.push(`    clientcas: [${put('clients.crt', tls.clientCa)}]`);
  }
  if (login) {
    const hash = await Bun.password.hash(login.password, { algorithm: 'bcrypt', cost: 4 });
    lines.push(`auth: {htpasswd: {realm: test, path: ${put('htpasswd', `${login.username}:${hash}\n`)}}}`);
  }
  if (token) {
    const { realm, service, issuer } = token;
    const bundle = put('token.crt', token.certificate);
    lines.push(
      `auth: {token: {realm: "${realm}", service: ${service}, issuer: ${issuer}, rootcertbundle: ${bundle}}}`,
    );
  }
  return lines.join('\n');
}

async function untilItAnswers(url: string, child: ChildProcess, tls: RegistryAccess['tls']): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const up = await fetch(url, { tls }).then(
      () => true,
      () => false, // Not listening yet.
    );
    if (up) return;
    await Bun.sleep(30);
  }
  throw new Error('docker-registry does not answer');
}

/** A self-signed certificate for 127.0.0.1, or undefined where there is no openssl. */
export function makeCertificate(): { cert: string; key: string } | undefined {
  const openssl = Bun.which('openssl');
  if (!openssl) return undefined;
  using folder = temporaryFolder();
  const [cert, key] = [`${folder.path}/cert.pem`, `${folder.path}/key.pem`];
  const subject = ['-subj', '/CN=proa test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync(openssl, ['req', '-x509', ...kind, ...subject, '-out', cert, '-keyout', key], {
    stdio: 'ignore',
  });
  const read = (path: string) => execFileSync('cat', [path], { encoding: 'utf8' });
  return { cert: read(cert), key: read(key) };
}
