// registries.conf: mirrors, other places, blocked registries; with a real registry in the part of the mirror.
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
