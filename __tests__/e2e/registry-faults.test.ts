// The real registry behind a proxy that cuts connections, delays, and answers 500 and 429: either all is right in the end,
// or the error is clear; and what arrived is not sent twice.
import { mkdirSync } from 'node:fs';
import { collect } from './support/child.ts';
import {
  type Fault,
  type FaultyProxy,
  firstly,
  openFaultyProxy,
  type Passed,
} from './support/faulty-proxy.ts';
import { buildImage } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { openRegistry, push, REGISTRY_PROGRAM, type Registry, serve } from './support/registry.ts';

const SOON = ['--retry=3', '--retry-delay=1ms'];

/** Bytes that do not compress, the same each time. */
function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed; i < size; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

function tarOfFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

describeAs('root', (machine) => {
  (REGISTRY_PROGRAM === null ? describe.skip : describe)('a registry behind a faulty proxy', () => {
    const image = buildImage([{ tar: tarOfFile('noise', noise(3 << 20, 1)) }]);
    const layer = image.blobs[0]!;
    let registry: Registry;
    let proxy: FaultyProxy;
    beforeAll(async () => {
      registry = await openRegistry();
      await push(registry, 'app', image);
      proxy = await openFaultyProxy(registry.host);
    });
    afterAll(async () => {
      await proxy[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    });
    afterEach(() => {
      proxy.fault = () => undefined;
      proxy.passed.length = 0;
    });

    const ofLayer = ({ path }: Passed) => path.endsWith(layer.digest);
    const ofManifest = ({ path }: Passed) => path.includes('/manifests/');
    const pull = () => machine.proa('pull', '-q', ...SOON, `${proxy.host}/app`);
    const forget = () => machine.ok('rmi', `${proxy.host}/app`);

    const hiccups: [string, Fault][] = [
      ['the connection is cut before the answer', { kind: 'cut-answer' }],
      ['the answer is late', { kind: 'delay', milliseconds: 100 }],
      ['it answers 500', { kind: 'status', status: 500 }],
    ];
    test.each(hiccups)(
      'a pull comes through when %s once, to the manifest and to a layer',
      async (_, fault) => {
        const faults = [firstly(1, ofManifest, fault), firstly(1, ofLayer, fault)];
        proxy.fault = (request) => faults.map((each) => each(request)).find((found) => found !== undefined);
        expect(await pull()).toMatchObject({ code: 0, err: '' });
        expect(proxy.passed.filter((one) => one.fault !== undefined)).toHaveLength(2);
        await forget();
      },
    );

    test('a pull goes on where each cut left it', async () => {
      proxy.fault = firstly(3, ofLayer, { kind: 'cut-body' });
      expect(await pull()).toMatchObject({ code: 0, err: '' });
      const asked = proxy.passed.filter(ofLayer).map(({ range }) => Number(/\d+/.exec(range ?? '0')![0]));
      expect(asked).toHaveLength(4);
      const size = layer.bytes.length;
      // Half of what was missing came each time. (The last bytes before a cut may be lost on the way.)
      for (const [i, missing] of [size, size / 2, size / 4, size / 8].entries()) {
        expect(asked[i]).toBeLessThanOrEqual(Math.ceil(size - missing));
        expect(asked[i]).toBeGreaterThanOrEqual(i === 0 ? 0 : asked[i - 1]! + 1);
      }
      await forget();
    });

    test('a pull that is given up keeps what came, and the next one asks for the rest', async () => {
      const faults = [
        firstly(1, ofLayer, { kind: 'cut-body' }),
        firstly(9, ofLayer, { kind: 'status', status: 502 }),
      ];
      proxy.fault = (request) => faults[0]!(request) ?? faults[1]!(request);
      expect(await pull()).toMatchObject({ code: 1, err: expect.stringContaining('answered 502') });
      proxy.fault = () => undefined;
      proxy.passed.length = 0;
      expect(await pull()).toMatchObject({ code: 0 });
      const [rest] = proxy.passed.filter(ofLayer);
      expect(Number(/\d+/.exec(rest!.range!)![0])).toBeGreaterThan(layer.bytes.length / 4);
      await forget();
    });

    test('Retry-After is waited for, also with another --retry-delay', async () => {
      proxy.fault = firstly(1, ofManifest, { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
      const begin = performance.now();
      expect(await pull()).toMatchObject({ code: 0 });
      expect(performance.now() - begin).toBeGreaterThan(1000);
      await forget();
    });

    test.each([
      [{ kind: 'cut-answer' }, /the connection to .* broke/],
      [{ kind: 'status', status: 500 }, /answered 500/],
      [{ kind: 'status', status: 429 }, /limits the rate/],
    ] as [Fault, RegExp][])(
      'what never passes is a clear error after --retry tries (%o)',
      async (fault, says) => {
        proxy.fault = firstly(99, ofManifest, fault);
        const { code, out, err } = await pull();
        expect({ code, out, err }).toEqual({ code: 1, out: '', err: expect.stringMatching(says) });
        expect(proxy.passed.filter(ofManifest)).toHaveLength(4);
        expect((await machine.proa('image', 'exists', `${proxy.host}/app`)).code).toBe(1);
      },
    );

    test('a manifest that is not what the registry says it is', async () => {
      const wrong = `sha256:${'0'.repeat(64)}`;
      const change = (headers: Record<string, string>): void => {
        headers['docker-content-digest'] = wrong;
      };
      proxy.fault = firstly(9, ofManifest, { kind: 'headers', change });
      expect(await pull()).toMatchObject({ code: 1, err: expect.stringContaining(`not ${wrong}`) });
    });

    describe('push', () => {
      const name = () => `${proxy.host}/pushed`;
      beforeAll(async () => {
        mkdirSync(`${machine.folder}/big`, { recursive: true });
        // More than one piece, so that there is something to go on from.
        await Bun.write(`${machine.folder}/big.tar`, tarOfFile('noise', noise(9 << 20, 7)));
      });
      // Each time anew: what went to one repository would be mounted into the next.
      beforeEach(() => machine.ok('import', `${machine.folder}/big.tar`, 'big'));
      afterEach(() => machine.ok('rmi', 'big'));

      test.each([
        ['POST', { kind: 'status', status: 500 }],
        ['PATCH', { kind: 'cut-answer' }],
        ['PATCH', { kind: 'status', status: 503 }],
        ['PUT', { kind: 'cut-answer' }],
      ] as [string, Fault][])('comes through a %s with %o', async (method, fault) => {
        const repository = `${name()}/${method.toLowerCase()}-${fault.kind}`;
        proxy.fault = firstly(1, (request) => request.method === method, fault);
        expect(await machine.proa('push', '-q', ...SOON, 'big', repository)).toMatchObject({
          code: 0,
          err: '',
        });
        expect(proxy.passed.filter((one) => one.fault !== undefined)).toHaveLength(1);
        if (Bun.which('skopeo') === null) return;
        const path = repository.slice(repository.indexOf('/') + 1);
        const whole = ['skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${registry.host}/${path}`];
        const checked = await collect([...whole, `dir:${machine.folder}/big/${method}-${fault.kind}`]);
        expect(checked).toMatchObject({ code: 0, err: '' });
      });

      test('what never passes is a clear error', async () => {
        proxy.fault = firstly(99, ({ method }) => method === 'PATCH' || method === 'PUT', {
          kind: 'status',
          status: 500,
        });
        expect(await machine.proa('push', '-q', ...SOON, 'big', `${name()}/never`)).toMatchObject({
          code: 1,
          err: expect.stringContaining('answered 500'),
        });
      });
    });

    test('blobs in an object store: followed, and the token stays behind', async () => {
      const seen: (string | undefined)[] = [];
      await using store = await serve((request, response) => {
        seen.push(request.headers.authorization);
        const bytes = [image.config, layer].find(({ digest }) => request.url!.includes(digest))!.bytes;
        response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      });
      proxy.fault = ({ path }) =>
        path.includes('/blobs/')
          ? { kind: 'redirect', to: `http://${store.host}${path}?signature=1` }
          : firstlyAsked(path);
      let challenged = false;
      const firstlyAsked = (path: string): Fault | undefined => {
        if (challenged || !path.includes('/manifests/')) return undefined;
        challenged = true;
        return { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      };
      const pulled = await machine.proa('pull', '-q', '--creds=me:secret', `${proxy.host}/app`);
      expect(pulled).toMatchObject({ code: 0, err: '' });
      expect(proxy.passed.filter(ofLayer).map(({ authorization }) => authorization)).toEqual([
        `Basic ${btoa('me:secret')}`,
      ]);
      expect(seen).toEqual([undefined, undefined]);
      await forget();
    });

    test('no Docker-Content-Digest, relative Locations, pages by Link', async () => {
      const change = (headers: Record<string, string>): void => {
        delete headers['docker-content-digest'];
        for (const key of ['location', 'link'])
          if (headers[key] !== undefined) headers[key] = headers[key].replace(/https?:\/\/[^/]+/, '');
      };
      proxy.fault = () => ({ kind: 'headers', change });
      const name = `${proxy.host}/quirks`;
      for (const tag of ['a', 'b', 'c'])
        await machine.ok('push', '-q', '--compression-format=gzip', 'bb', `${name}:${tag}`);
      await machine.ok('pull', '-q', `${name}:a`);
      await machine.ok('rmi', `${name}:a`);
      const listed = await machine.ok('search', '--list-tags', '--limit=2', '--format={{.Tag}}', name);
      expect(listed.split('\n')).toHaveLength(2);
    });
  });
});
