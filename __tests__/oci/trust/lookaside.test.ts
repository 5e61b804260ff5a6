import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Digest } from '../../../lib/oci/model/digest.ts';
import { addSignature, readSignatures, signatureFolder } from '../../../lib/oci/trust/lookaside.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const text = (list: readonly Uint8Array[]): string[] => list.map((one) => Buffer.from(one).toString());

test('signatures are numbered; reading ends at a gap', async () => {
  using temporary = new TemporaryFolder();
  const folder = signatureFolder(pathToFileURL(`${temporary.path}/with space/`), 'team/app', DIGEST);
  expect(await readSignatures(folder)).toEqual([]);
  const file = await addSignature(folder, Buffer.from('one'));
  expect(file).toBe(`${temporary.path}/with space/team/app@sha256=${'a'.repeat(64)}/signature-1`);
  await addSignature(folder, Buffer.from('two'));
  writeFileSync(file.replace(/1$/, '4'), 'four');
  expect(text(await readSignatures(folder))).toEqual(['one', 'two']);
});

test('one in the place of all', async () => {
  using temporary = new TemporaryFolder();
  const folder = pathToFileURL(`${temporary.path}/x`);
  for (const one of ['one', 'two', 'three']) await addSignature(folder, Buffer.from(one));
  await addSignature(folder, Buffer.from('new'), { replace: true });
  expect(text(await readSignatures(folder))).toEqual(['new']);
  expect(readdirSync(`${temporary.path}/x`)).toEqual(['signature-1']);
});

test('what is no file is an error, and not taken for nothing', async () => {
  using temporary = new TemporaryFolder();
  mkdirSync(`${temporary.path}/x/signature-1`, { recursive: true });
  await expect(readSignatures(pathToFileURL(`${temporary.path}/x`))).rejects.toMatchObject({
    code: 'EISDIR',
  });
});

describe('on the web', () => {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => {
      const { pathname } = new URL(url);
      if (pathname === '/sigs/app@sha256=x/signature-1') return new Response('one');
      if (pathname.startsWith('/large')) return new Response(Buffer.alloc((4 << 20) + 1));
      return new Response('', { status: pathname.startsWith('/sigs') ? 404 : 503 });
    },
  });
  afterAll(() => server.stop(true));
  const at = (path: string): URL => new URL(path, server.url);

  test('up to the first that is not found', async () => {
    expect(text(await readSignatures(at('/sigs/app@sha256=x')))).toEqual(['one']);
  });

  test.each([
    ['/broken', 'the server answers 503'],
    ['/large', 'it has more than 4194304 bytes'],
  ])('%s: %s', async (path, why) => {
    await expect(readSignatures(at(path))).rejects.toMatchObject({
      code: 'SIGNATURE_STORAGE',
      message: expect.stringContaining(why),
    });
  });

  test('is only for reading', async () => {
    await expect(addSignature(at('/sigs'), Buffer.from(''))).rejects.toMatchObject({
      code: 'SIGNATURE_STORAGE',
    });
    expect(existsSync('/sigs')).toBe(false);
  });
});
