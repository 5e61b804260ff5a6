/** Registries that lie, break off, and die while a pull is under way. */
import { readdirSync } from 'node:fs';
import { describeAs } from '../e2e/support/machine.ts';
import { slowImage } from './support/images.ts';
import {
  CountingProxy,
  type Lie,
  LyingRegistry,
  REGISTRY_PROGRAM,
  RealRegistry,
} from './support/registry.ts';

describeAs('root', (machine) => {
  const image = slowImage({ layers: 2, files: 100 });
  const [victim] = image.blobs as [(typeof image.blobs)[0]];

  const altered = (body: Buffer<ArrayBuffer>) => {
    const copy = Buffer.from(body);
    copy[copy.length >> 1]! ^= 0xff;
    return copy;
  };
  const onVictim =
    (change: (body: Buffer<ArrayBuffer>) => ReturnType<Lie>): Lie =>
    (body, digest) =>
      digest === victim.digest ? change(body) : undefined;

  const lies: [string, { blob?: Lie; manifest?: Lie; says: RegExp }][] = [
    [
      'a layer of the right size with other bytes',
      { blob: onVictim(altered), says: /digest|damaged|gzip|decompress/i },
    ],
    [
      'a layer that is too short',
      { blob: onVictim((body) => body.subarray(0, -100)), says: /the manifest says \d+ bytes/ },
    ],
    [
      'a layer that is too long',
      { blob: onVictim((body) => Buffer.concat([body, body])), says: /the manifest says \d+ bytes/ },
    ],
    [
      'another layer in its place',
      { blob: onVictim(() => image.blobs[1]!.bytes), says: /the manifest says \d+ bytes|digest/ },
    ],
    [
      'a layer that is not there',
      { blob: onVictim(() => new Response('{}', { status: 404 })), says: /has no such blob/ },
    ],
    [
      'another configuration',
      {
        blob: (body, digest) => (digest === image.config.digest ? altered(body) : undefined),
        says: /digest/,
      },
    ],
    ['a manifest that is no JSON', { manifest: (body) => body.subarray(0, -10), says: /manifest/ }],
  ];

  test.each(lies)('%s', async (_, { blob, manifest, says }) => {
    const before = await machine.disk();
    await using registry = new LyingRegistry(image);
    const name = `${registry.host}/victim`;
    if (blob) registry.blob = blob;
    if (manifest) registry.manifest = manifest;
    const failed = await machine.proa('pull', '-q', name);
    expect(failed).toMatchObject({ code: 1, out: '', err: expect.stringMatching(says) });
    expect((await machine.proa('image', 'exists', name)).code).toBe(1);
    // What is kept is what was right: the other layer, and the untainted start of this one.
    const kept = (await machine.disk()).filter((line) => !before.includes(line));
    expect(kept.filter((line) => !/\/(layers\/|blobs\/sha256\/[0-9a-f]{64}\.partial )/.test(line))).toEqual(
      [],
    );

    // The same name from an honest registry.
    registry.blob = () => undefined;
    registry.manifest = () => undefined;
    await machine.ok('pull', '-q', name);
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
    expect(readdirSync(`${machine.root}/blobs/sha256`).filter((file) => file.endsWith('.partial'))).toEqual(
      [],
    );
    await machine.ok('rmi', name);
  });

  test('bytes that were altered while they waited for the rest are thrown away, not used', async () => {
    await using registry = new LyingRegistry(image);
    const name = `${registry.host}/victim`;
    const partial = `${machine.root}/blobs/sha256/${victim.digest.slice(7)}.partial`;
    await Bun.write(partial, altered(victim.bytes).subarray(0, -1000));
    await machine.proa('pull', '-q', name);
    await machine.ok('pull', '-q', name);
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0, out: 'No problems found\n' });
    await machine.ok('rmi', name);
  });

  const withRegistry = REGISTRY_PROGRAM === null ? test.skip : test;

  withRegistry('a registry that dies: the next pull asks for the rest only', async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    await using proxy = new CountingProxy(registry.host);
    const big = slowImage({ layers: 1, files: 200, size: 12_000 });
    await registry.push('big', big);
    const [blob] = big.blobs;
    const size = blob!.bytes.length;
    proxy.onPiece = async () => {
      if (proxy.bytes < size / 2) return true;
      await registry.kill();
      // What it had sent already may wait in the proxy; the pull must not get it.
      return false;
    };
    const name = `${proxy.host}/big`;
    expect(await machine.proa('pull', '-q', name)).toMatchObject({ code: 1, out: '' });

    proxy.onPiece = () => true;
    const first = proxy.blobs.splice(0).filter(({ digest }) => digest === blob!.digest);
    await registry.up();
    await machine.ok('pull', '-q', name);
    const second = proxy.blobs.filter(({ digest }) => digest === blob!.digest);
    const had = first.reduce((sum, { sent }) => sum + sent, 0);
    const got = second.reduce((sum, { sent }) => sum + sent, 0);
    expect(had).toBeGreaterThan(size / 3);
    expect(second[0]!.from).toBeGreaterThan(size / 4);
    // What was on its way when the registry died comes twice.
    expect(got).toBe(size - second[0]!.from);
    await machine.ok('rmi', name);
  });

  withRegistry('a pull that was killed goes on where it stopped', async () => {
    await using registry = await RealRegistry.start(`${machine.folder}/registry`);
    await using proxy = new CountingProxy(registry.host);
    const big = slowImage({ layers: 1, files: 200, size: 12_000 });
    await registry.push('killed', big);
    const size = big.blobs[0]!.bytes.length;
    const name = `${proxy.host}/killed`;
    proxy.delay = 2;
    const pull = machine.start('pull', '-q', name);
    while (proxy.bytes < size / 2) await Bun.sleep(1);
    pull.kill('SIGKILL');
    await pull.exited;
    proxy.delay = 0;
    proxy.blobs.length = 0;
    await machine.ok('pull', '-q', name);
    const [rest] = proxy.blobs.filter(({ digest }) => digest === big.blobs[0]!.digest);
    expect(rest!.from).toBeGreaterThan(size / 4);
    expect(rest!.sent).toBe(size - rest!.from);
    await machine.ok('rmi', name);
    await machine.ok('system', 'check', '--repair');
  });
});
