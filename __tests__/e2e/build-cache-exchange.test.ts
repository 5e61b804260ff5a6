/** `--cache-to` and `--cache-from`: steps that one machine did are not done again on another. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const MARK = (n: number): string => `RUN cat /proc/sys/kernel/random/uuid > /u${n}`;
const DOCKERFILE = `FROM ${IMAGE} AS one\n${MARK(1)}\nRUN mkdir /o && cp /u1 /o/\nFROM ${IMAGE}\nCOPY f /f\nCOPY --from=one /o /o\n${MARK(2)}\nLABEL a=b\n`;

describeAs(
  'user',
  (machine) => {
    let registry: Registry;
    let context = '';
    const build = async (...options: string[]): Promise<{ code: number; err: string; cached: number }> => {
      const { code, err } = await machine.proa(
        'build',
        '--progress=plain',
        '--network=none',
        ...options,
        context,
      );
      return { code, err, cached: err.match(/ CACHED$/gm)?.length ?? 0 };
    };
    const marks = (): Promise<string> =>
      machine.ok('run', '--rm', '--network=none', 'app', 'cat', '/o/u1', '/u2');
    /** As another machine: nothing of the builds is here any more. */
    const forget = async (): Promise<void> => {
      await machine.ok('rmi', '-f', 'app');
      await machine.ok('builder', 'prune', '-fa');
      rmSync(`${machine.root}/build-cache`, { recursive: true });
    };

    beforeAll(async () => {
      registry = await openRegistry();
      context = await machine.makeFolder('context');
      writeFileSync(`${context}/Dockerfile`, DOCKERFILE);
      writeFileSync(`${context}/f`, 'f\n');
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    test('a folder, the steps of all stages: an OCI layout that is used again and again', async () => {
      const place = `${machine.folder}/cache`;
      if (machine.who !== 'root') await machine.makeFolder('cache');
      expect(await build('-t', 'app', '--cache-to', `type=local,dest=${place},mode=max`)).toMatchObject({
        code: 0,
        cached: 0,
      });
      const before = await marks();
      expect(JSON.parse(readFileSync(`${place}/oci-layout`, 'utf8'))).toEqual({
        imageLayoutVersion: '1.0.0',
      });
      await forget();
      expect(await build('-t', 'app', '--cache-from', `type=local,src=${place}`)).toMatchObject({
        code: 0,
        cached: 5,
      });
      expect(await marks()).toBe(before);
      await forget();
      // Only what changed is done again, and what it exports has both.
      writeFileSync(`${context}/f`, 'g\n');
      const both = [
        '--cache-from',
        `type=local,src=${place}`,
        '--cache-to',
        `type=local,dest=${place},mode=max`,
      ];
      expect(await build('-t', 'app', ...both)).toMatchObject({ code: 0, cached: 2 });
      expect((await marks()).split('\n')[0]).toBe(before.split('\n')[0]);
      writeFileSync(`${context}/f`, 'f\n');
      await forget();
    });

    test('a registry', async () => {
      const cache = `${registry.host}/team/cache:max`;
      expect(await build('-t', 'app', '--cache-to', `type=registry,ref=${cache},mode=max`)).toMatchObject({
        code: 0,
      });
      const before = await marks();
      await forget();
      const { code, err, cached } = await build('-t', 'app', '--cache-from', cache);
      expect({ code, cached }).toEqual({ code: 0, cached: 5 });
      expect(err).toContain(`importing cache manifest from ${cache}`);
      expect(await marks()).toBe(before);
      // By now all of it is here, and nobody is asked.
      expect((await build('-t', 'app', '--cache-from', cache)).err).not.toContain('importing');
      // A cache is an image like any other.
      await machine.ok('pull', '-q', cache);
      await machine.ok('rmi', cache);
      await forget();
    });

    test('an image that holds its own', async () => {
      const image = `${registry.host}/team/app:1`;
      writeFileSync(`${context}/Dockerfile`, `FROM ${IMAGE}\nCOPY f /f\n${MARK(1)}\n${MARK(2)}\n`);
      expect(await build('-t', image, '--push', '--build-arg', 'BUILDKIT_INLINE_CACHE=1')).toMatchObject({
        code: 0,
      });
      await machine.ok('tag', image, 'app');
      await machine.ok('rmi', image);
      const id = await machine.ok('images', '-q', '--no-trunc', 'app');
      await forget();
      expect(await build('-t', 'app', '--cache-from', image, '--cache-to', 'type=inline')).toMatchObject({
        code: 0,
        cached: 3,
      });
      expect(await machine.ok('images', '-q', '--no-trunc', 'app')).toBe(id);
      await forget();
      writeFileSync(`${context}/Dockerfile`, DOCKERFILE);
    });

    test('a place that cannot be read costs no build; one that cannot be written does, unless told otherwise', async () => {
      writeFileSync(`${machine.folder}/index.json`, '{}');
      const from = [`${registry.host}/no/such`, `type=local,src=${machine.folder}`].flatMap((place) => [
        '--cache-from',
        place,
      ]);
      const { code, err, cached } = await build('-t', 'app', ...from);
      expect({ code, cached }).toEqual({ code: 0, cached: 0 });
      expect(err).toMatch(/cache from \S+\/no\/such: .*no such tag/);
      expect(err).toMatch(/cache from \/\S+: /);
      rmSync(`${machine.folder}/index.json`);
      const nobody = 'type=registry,ref=127.0.0.1:9/cache';
      expect(await build('-t', 'app', '--cache-to', `${nobody},ignore-error=true`)).toMatchObject({
        code: 0,
      });
      const failed = await build('-t', 'other', '--cache-to', nobody);
      expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('127.0.0.1:9') });
      expect((await machine.proa('image', 'exists', 'other')).code).toBe(1);
      expect(existsSync(`${machine.root}/images/names/other.json`)).toBe(false);
      await forget();
    });
  },
  { skip: REGISTRY_PROGRAM === null ? 'docker-registry is not installed' : undefined },
);
