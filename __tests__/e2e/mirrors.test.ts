// registries.conf: mirrors, other places, blocked registries, short names; with a real registry in the part of the mirror.
import { readFileSync, writeFileSync } from 'node:fs';
import { buildImage } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { freePort, openRegistry, push, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;

describeAs(['root', 'user'], (machine) => {
  withRegistry('registries.conf', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry();
      await push(registry, 'copies/app', buildImage([{ tar: readFileSync(machine.imageTar) }]));
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const pull = (conf: string, name: string) => {
      const file = `${machine.folder}/registries.conf`;
      writeFileSync(file, conf);
      return machine.proaWith({ env: { CONTAINERS_REGISTRIES_CONF: file } }, 'pull', '-q', name);
    };

    test('a mirror that is down is passed over, the next one serves, the name stays', async () => {
      const dead = `127.0.0.1:${await freePort()}`;
      const { code, err } = await pull(
        `[[registry]]
        prefix = "example.test/app"
        location = "${dead}/app"
        [[registry.mirror]]
        location = "${dead}/x"
        [[registry.mirror]]
        location = "${registry.host}/copies/app"`,
        'example.test/app',
      );
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(await machine.ok('images', '--format={{.Repository}}:{{.Tag}}', 'example.test/app')).toBe(
        'example.test/app:latest',
      );
      await machine.ok('rmi', 'example.test/app');
    });

    describe('short names', () => {
      let env: Record<string, string>;
      const NAME = () => `${registry.host}/copies/app:latest`;
      const proa = (...words: string[]) => machine.proaWith({ env }, ...words);
      const use = (conf: string): void => {
        writeFileSync(`${machine.folder}/registries.conf`, conf);
        env = { CONTAINERS_REGISTRIES_CONF: `${machine.folder}/registries.conf` };
      };
      afterEach(() => proa('rmi', NAME()));

      test('an alias is pulled, and found here by the short name afterwards', async () => {
        use(`[aliases]\n"our-app" = "${registry.host}/copies/app"`);
        const run = await proa('run', '--rm', '--network=none', 'our-app', 'echo', 'here');
        expect(run).toMatchObject({ code: 0, out: 'here\n' });
        expect(run.err).toMatch(/^Resolved "our-app" as an alias \(.*registries.conf\)\n/);
        expect(run.err).toContain("Unable to find image 'our-app:latest' locally\n");
        // Without any configuration by now.
        expect(await machine.ok('image', 'inspect', '--format={{.RepoTags}}', 'our-app')).toBe(`[${NAME()}]`);
        expect((await proa('pull', '-q', '--policy=never', 'our-app')).code).toBe(0);
        expect(await machine.ok('rmi', 'our-app')).toContain(`Untagged: ${NAME()}\n`);
        expect((await machine.proa('image', 'exists', 'our-app')).code).toBe(1);
        expect(await proa('pull', '--policy=never', 'our-app')).toMatchObject({
          code: 1,
          err: expect.stringContaining('No such image: our-app'),
        });
      });

      test('a search list is asked in its order; an image that is here is not asked for', async () => {
        const dead = `127.0.0.1:${await freePort()}`;
        use(`unqualified-search-registries = ["${dead}", "${registry.host}"]`);
        const pulled = await proa('pull', '--retry=0', 'copies/app');
        expect(pulled).toMatchObject({
          code: 0,
          out: expect.stringContaining(`newer image for ${NAME()}\n`),
        });
        expect(pulled.err).toMatch(/^Resolving "copies\/app" using unqualified-search registries/);
        use(`unqualified-search-registries = ["${dead}"]`);
        expect((await proa('pull', '-q', '--policy=missing', 'copies/app')).code).toBe(0);
        const none = await proa('pull', '--retry=0', 'nothing');
        expect(none).toMatchObject({ code: 1, err: expect.stringContaining('connection refused') });
      });

      test('what only a person could decide is an error without a terminal, and all that failed is told', async () => {
        const list = `unqualified-search-registries = ["127.0.0.1:1", "${registry.host}"]\n`;
        use(`${list}short-name-mode = "enforcing"`);
        expect(await proa('pull', 'copies/app')).toMatchObject({
          code: 1,
          err: expect.stringMatching(/could be any of .*copies\/app.*no terminal to ask\n.*in full/),
        });
        use(`${list}short-name-mode = "disabled"`);
        expect(await proa('pull', '--retry=0', 'nothing')).toMatchObject({
          code: 1,
          err: expect.stringMatching(/2 registries failed:\n {2}.*connection refused.*\n {2}.*no such/),
        });
      });

      test('several names: one that fails does not keep the next', async () => {
        use('');
        const both = await proa('pull', '-q', '--retry=0', `${registry.host}/none`, NAME());
        expect(both).toMatchObject({ code: 1, err: expect.stringContaining('no such') });
        expect(both.out).toMatch(/^[0-9a-f]{64}\n$/);
      });
    });

    test('a registry that is blocked is not asked', async () => {
      const blocked = await pull(
        `[[registry]]\nlocation = "${registry.host}"\nblocked = true`,
        `${registry.host}/copies/app`,
      );
      expect(blocked).toMatchObject({ code: 1, err: expect.stringContaining('registries.conf blocks') });
    });

    test('a file that is wrong is named', async () => {
      const { code, err } = await pull('[[registry]', `${registry.host}/copies/app`);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringContaining(`${machine.folder}/registries.conf`),
      });
    });
  });
});
