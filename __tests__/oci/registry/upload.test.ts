/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { openRegistry } from '../../../lib/oci/registry/client.ts';
import { hasBlob } from '../../../lib/oci/registry/push.ts';
import { uploadBlob } from '../../../lib/oci/registry/upload.ts';
import { impatient, REGISTRY_PROGRAM, rejection, serve, startRegistry } from './support/servers.ts';

const MB = 1 << 20;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const noise = (size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i += 4096) bytes.writeUInt32LE((i * 2654435761) % 2 ** 32, i);
  return bytes;
};

/** A registry with one upload, which fails as told: before taking the n-th PATCH, or after it. */
async function shaky(failures: Record<number, 'before' | 'half' | 'after'>) {
  let stored = Buffer.alloc(0);
  let patches = 0;
  let done: string | undefined;
  const server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const url = new URL(request.url!, 'http://x');
      const headers = { location: '/upload/1?state=s', range: `0-${Math.max(stored.length - 1, 0)}` };
      if (request.method === 'POST') return void response.writeHead(202, headers).end();
      if (request.method === 'GET') return void response.writeHead(204, headers).end();
      if (request.method === 'PUT') {
        stored = Buffer.concat([stored, body]);
        done = url.searchParams.get('digest') ?? undefined;
        return void response.writeHead(201).end();
      }
      const failure = failures[++patches];
      if (failure !== 'before') {
        const from = Number(request.headers['content-range']!.split('-')[0]);
        expect(from).toBe(stored.length);
        stored = Buffer.concat([stored, failure === 'half' ? body.subarray(0, body.length / 2) : body]);
      }
      if (failure !== undefined) return void request.socket.destroy();
      response.writeHead(202, { ...headers, range: `0-${stored.length - 1}` }).end();
    });
  });
  return { server, result: () => ({ stored, done, patches }) };
}

test.each([
  ['nothing fails', {}],
  ['the first piece is lost', { 1: 'before' }],
  ['half a piece arrived', { 2: 'half' }],
  ['only the answer is lost', { 1: 'after', 2: 'after' }],
] as const)('a blob of many pieces arrives whole when %s', async (_, failures) => {
  const { server, result } = await shaky(failures);
  await using _server = server;
  const { session } = openRegistry(server.host, { retry: impatient().retry });
  const bytes = noise(20 * MB + 17);
  const sent = await uploadBlob(session, 'app', pieces(bytes, 3 * MB + 1));
  expect(sent).toEqual({ digest: sha256Digest(bytes), size: bytes.length });
  const { stored, done } = result();
  expect(stored.equals(bytes)).toBe(true);
  expect(done).toBe(sent.digest);
});

test('a small blob goes with the end of its upload, in one request', async () => {
  const { server, result } = await shaky({});
  await using _ = server;
  const { session } = openRegistry(server.host);
  await uploadBlob(session, 'app', pieces(Buffer.from('small'), 2));
  expect(result()).toMatchObject({ patches: 0, stored: Buffer.from('small') });
  expect(server.log.map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT']);
});

test('a registry that fails for good is given up on, and says so', async () => {
  const { server } = await shaky(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i + 1, 'before'])));
  await using _ = server;
  const { session } = openRegistry(server.host, { retry: impatient().retry });
  const error = await rejection(uploadBlob(session, 'app', pieces(noise(9 * MB), MB)));
  expect(error.code).toBe('CONNECTION_LOST');
});

test('a source that fails ends the upload with its error', async () => {
  const { server } = await shaky({});
  await using _ = server;
  const { session } = openRegistry(server.host);
  const source = async function* () {
    yield noise(9 * MB);
    throw new Error('layer damaged');
  };
  expect((await rejection(uploadBlob(session, 'app', source()))).message).toBe('layer damaged');
});

test('logins are not sent to another host that the registry names for the upload', async () => {
  await using elsewhere = await serve((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(201).end());
  });
  await using server = await serve((request, response) => {
    request.resume();
    if (request.headers.authorization === undefined)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    response.writeHead(202, { location: `http://${elsewhere.host}/there` }).end();
  });
  const { session } = openRegistry(server.host, { credentials: { username: 'me', password: 'secret' } });
  await uploadBlob(session, 'app', pieces(Buffer.from('x'), 1));
  expect(server.requests.at(-1)!.headers.authorization).toMatch(/^Basic /);
  expect(elsewhere.requests[0]!.headers.authorization).toBeUndefined();
});

(REGISTRY_PROGRAM === null ? test.skip : test)('the real registry takes pieces', async () => {
  await using registry = await startRegistry();
  const { session } = openRegistry(registry.host);
  const bytes = noise(17 * MB);
  const { digest } = await uploadBlob(session, 'app', pieces(bytes, MB));
  expect(await hasBlob(session, 'app', digest)).toBe(true);
  expect(await hasBlob(session, 'app', sha256Digest(Buffer.from('other')))).toBe(false);
});
