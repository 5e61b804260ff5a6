/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Digest, sha256Digest } from '../../../lib/oci/model/digest.ts';
import { openRegistry, type RegistryOptions } from '../../../lib/oci/registry/client.ts';
import { readBlob } from '../../../lib/oci/registry/download.ts';
import type { RetryNotice } from '../../../lib/oci/registry/retry.ts';
import { collect, impatient, rejection, serve, type TestServer } from './support/servers.ts';

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
const DIGEST = sha256Digest(CONTENT);
const descriptor = { digest: DIGEST, size: CONTENT.length };

const offsetOf = (request: IncomingMessage) =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);

/** Answers like a good registry, up to `end`; then it cuts the connection. */
function send(request: IncomingMessage, response: ServerResponse, end = CONTENT.length): void {
  const from = offsetOf(request);
  const head = { 'content-length': CONTENT.length - from };
  const range = { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` };
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...head, ...range } : head);
  if (end >= CONTENT.length) response.end(CONTENT.subarray(from));
  else
    response.write(CONTENT.subarray(from, Math.max(end, from)), () =>
      setTimeout(() => response.destroy(), 20),
    );
}

function download(server: TestServer, options: RegistryOptions & { offset?: number; digest?: Digest } = {}) {
  const { retry, slept } = impatient();
  const notices: RetryNotice[] = [];
  const client = openRegistry(server.host, { retry, ...options });
  const onRetry = (notice: RetryNotice) => notices.push(notice);
  const chunks = readBlob(client, 'a/b', descriptor, { offset: options.offset, onRetry });
  return { slept, notices, chunks, done: collect(chunks) };
}

const ranges = (server: TestServer) => server.requests.map((r) => r.headers.range ?? 'all');

test('a good registry: one request, every byte', async () => {
  await using server = await serve((request, response) => send(request, response));
  const { done, notices } = download(server);
  expect(CONTENT.equals(await done)).toBe(true);
  expect(server.log).toEqual([`GET /v2/a/b/blobs/${DIGEST}`]);
  expect(notices).toEqual([]);
});

test('from an offset it asks for the rest only, and for nothing when all is there', async () => {
  await using server = await serve((request, response) => send(request, response));
  expect(CONTENT.subarray(1000).equals(await download(server, { offset: 1000 }).done)).toBe(true);
  expect(ranges(server)).toEqual(['bytes=1000-']);
  expect(await download(server, { offset: CONTENT.length }).done).toHaveLength(0);
  expect(server.log).toHaveLength(1);
  await expect(download(server, { offset: CONTENT.length + 1 }).done).rejects.toThrow('behind its end');
});

test('cut again and again, it goes on where it stopped, more often than the limit as long as it advances', async () => {
  const cuts = [1000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000];
  await using server = await serve((request, response) => send(request, response, cuts.shift()));
  const { done, notices } = download(server);
  expect(CONTENT.equals(await done)).toBe(true);
  const starts = ['all', ...[1, 20, 30, 40, 50, 60, 70, 80].map((k) => `bytes=${k}000-`)];
  expect(ranges(server)).toEqual(starts);
  expect(notices.map((n) => n.failures)).toEqual(new Array(8).fill(1));
  expect(notices[0]?.error).toMatchObject({ code: 'CONNECTION_LOST' });
});

test('five failures without a new byte are enough', async () => {
  await using server = await serve((request, response) => send(request, response, 1000));
  const { done, slept } = download(server);
  expect(await rejection(done)).toMatchObject({ code: 'CONNECTION_LOST' });
  // The first attempt brought 1,000 bytes, so four more follow its failure.
  expect(ranges(server)).toEqual(['all', ...new Array(4).fill('bytes=1000-')]);
  expect(slept).toEqual([75, 150, 300, 600]);
});

test('a registry that does not know Range sends all again, and what is there is skipped', async () => {
  const cuts = [100_000, 200_000, 150_000];
  await using server = await serve((request, response) => {
    request.headers.range = undefined;
    send(request, response, cuts.shift());
  });
  const { done, notices } = download(server);
  expect(CONTENT.equals(await done)).toBe(true);
  // The third attempt ended before the position that was reached: no progress, a second failure in a row.
  expect(notices.map((n) => n.failures)).toEqual([1, 1, 2]);
});

test('503 and 429 are waited out, Retry-After obeyed', async () => {
  const answers = [
    [503, {}],
    [429, { 'retry-after': '2' }],
  ] as [number, object][];
  await using server = await serve((request, response) => {
    const next = answers.shift();
    if (next) response.writeHead(next[0], next[1] as never).end('{}');
    else send(request, response);
  });
  const { done, slept } = download(server);
  expect(CONTENT.equals(await done)).toBe(true);
  expect(slept).toEqual([75, 2000]);
});

test('404 is final', async () => {
  await using server = await serve((_, response) => response.writeHead(404).end());
  expect(await rejection(download(server).done)).toMatchObject({ code: 'BLOB_UNKNOWN' });
  expect(server.log).toHaveLength(1);
});

test.each([
  [
    'too long by its length',
    { 'content-length': String(CONTENT.length + 1) },
    Buffer.concat([CONTENT, Buffer.alloc(1)]),
  ],
  ['too long without a length', {}, Buffer.concat([CONTENT, Buffer.alloc(70_000)])],
  ['too short by its length', { 'content-length': '5' }, CONTENT.subarray(0, 5)],
])('a blob that is %s is refused', async (_, headers, content) => {
  await using server = await serve((_request, response) => response.writeHead(200, headers).end(content));
  expect(await rejection(download(server).done)).toMatchObject({ code: 'SIZE_MISMATCH' });
  expect(server.log).toHaveLength(1);
});

test('a body that ends early and says nothing of its length is a hiccup', async () => {
  let first = true;
  await using server = await serve((request, response) => {
    if (!first) return send(request, response);
    first = false;
    response.writeHead(200);
    response.end(CONTENT.subarray(0, 500));
  });
  const { done, notices } = download(server);
  expect(CONTENT.equals(await done)).toBe(true);
  expect(notices[0]?.error).toMatchObject({
    message: expect.stringMatching(/ended after 500 of 300000 bytes$/),
  });
  expect(ranges(server)).toEqual(['all', 'bytes=500-']);
});

test('a blob that is shorter in the registry is told by 416', async () => {
  await using server = await serve((request, response) => {
    if (request.headers.range) response.writeHead(416, { 'content-range': 'bytes */500' }).end();
    else response.writeHead(200).end(CONTENT.subarray(0, 500));
  });
  expect(await rejection(download(server).done)).toMatchObject({ code: 'SIZE_MISMATCH' });
});

test('bytes from another offset than the one asked for are refused', async () => {
  await using server = await serve((_, response) => {
    const headers = { 'content-range': `bytes 0-9/${CONTENT.length}`, 'content-length': '10' };
    response.writeHead(206, headers).end(CONTENT.subarray(0, 10));
  });
  const error = await rejection(download(server, { offset: 1000 }).done);
  expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.stringContaining('from 1000 on') });
});

test('silence in the middle counts as a lost connection', async () => {
  let first = true;
  await using server = await serve((request, response) => {
    if (!first) return send(request, response);
    first = false;
    response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 1000));
  });
  const { done, notices } = download(server, { stallTimeout: 100 });
  expect(CONTENT.equals(await done)).toBe(true);
  expect(notices[0]?.error).toMatchObject({
    code: 'CONNECTION_LOST',
    message: expect.stringContaining('nothing came'),
  });
  expect(ranges(server)).toEqual(['all', 'bytes=1000-']);
});

test('a slow consumer is no silence', async () => {
  await using server = await serve((request, response) => send(request, response));
  const { retry } = impatient();
  const client = openRegistry(server.host, { retry, stallTimeout: 60 });
  let length = 0;
  let first = true;
  for await (const chunk of readBlob(client, 'a/b', descriptor)) {
    if (first) await Bun.sleep(200);
    first = false;
    length += chunk.length;
  }
  expect([length, server.log.length]).toEqual([CONTENT.length, 1]);
});

test('an abort ends it with its reason, and no retry', async () => {
  const controller = new AbortController();
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 1000));
    setTimeout(() => controller.abort(new Error('Ctrl-C')), 30);
  });
  const client = openRegistry(server.host, { retry: impatient().retry });
  const done = collect(readBlob(client, 'a/b', descriptor, { signal: controller.signal }));
  await expect(done).rejects.toThrow('Ctrl-C');
  expect(server.log).toHaveLength(1);
});

test('a consumer that leaves closes the connection', async () => {
  let closed = false;
  await using server = await serve((request, response) => {
    request.socket.on('close', () => {
      closed = true;
    });
    response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, 1000));
  });
  for await (const _ of readBlob(openRegistry(server.host), 'a/b', descriptor)) break;
  for (let i = 0; i < 100 && !closed; i++) await Bun.sleep(10);
  expect(closed).toBe(true);
});
