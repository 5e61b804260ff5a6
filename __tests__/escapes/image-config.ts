import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'A hostile image config: __proto__, depth and size',
  ['root'],
  (stage) => {
    test('keys that JavaScript knows are keys like others', async () => {
      const { machine } = stage;
      const labels = JSON.parse('{"__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h"}');
      const config = JSON.parse(
        '{"__proto__":{"User":"0","Volumes":{"/x":{}}},"constructor":{"prototype":{"uid":0}}}',
      );
      const image = await stage.image([], {
        ...config,
        Labels: labels,
        Env: ['__proto__=1', 'constructor=2'],
      });
      await machine.ok('create', '--name=c', '--network=none', image, 'env');
      expect(Object.entries(await machine.inspect('c', '{{json .Config.Labels}}')).sort()).toEqual(
        Object.entries(labels).sort(),
      );
      const { out } = await machine.proa('start', '-a', 'c');
      expect(out).toContain('__proto__=1\n');
      expect(out).toContain('constructor=2\n');
      expect((await machine.ok('ps', '-aq', '--filter', 'label=__proto__=p')).length).toBe(12);
      expect(await machine.ok('ps', '-aq', '--filter', 'label=valueOf')).toBe('');
    });

    test('labels, variables and annotations of that name that are asked for', async () => {
      const { machine } = stage;
      await machine.ok(
        'create',
        '--name=c',
        '--label=__proto__=x',
        '-e',
        '__proto__=y',
        '--annotation=__proto__=z',
        'bb',
      );
      expect(Object.entries(await machine.inspect('c', '{{json .Config.Labels}}'))).toEqual([
        ['__proto__', 'x'],
      ]);
      expect(JSON.stringify(await machine.inspect('c'))).toContain('"__proto__":"z"');
    });

    test('a document that is too deep or too large is refused in one line, and nothing of it stays', async () => {
      const { machine } = stage;
      await machine.ok('rmi', '-a', '-f').catch(() => undefined);
      await machine.ok('import', '--change', 'CMD ["sh"]', machine.imageTar, 'bb');
      const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);
      for (const config of [{ Deep: nested(5_000) }, { Labels: { big: 'x'.repeat(9 << 20) } }]) {
        const before = await machine.ok('images', '-q');
        const { bytes, name } = stage.archive([], config);
        const { code, err } = await machine.proaWith({ stdin: bytes }, 'load', '-q');
        if (code === 0) {
          // As deep as it is: whoever reads it again must not stumble.
          expect(await machine.proa('image', 'inspect', name)).toMatchObject({ code: 0 });
          expect(await stage.run(name, 'true')).toMatchObject({ code: 0 });
          await machine.ok('rmi', name);
        } else {
          expect(err).toMatch(/^Error: (?!internal)/);
        }
        expect(await machine.ok('images', '-q')).toBe(before);
      }
    });
  },
);
