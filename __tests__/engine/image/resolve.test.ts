import { type PullPolicy, resolveOrPull } from '../../../lib/engine/image/resolve.ts';
import { shortId } from '../../../lib/oci/model/digest.ts';
import { parsePlatform } from '../../../lib/oci/model/platform.ts';
import { addImage } from './support/records.ts';
import { failure, openTestEngine } from './support/store.ts';

// Nothing listens at port 1, so whatever asks the registry fails.
const NAME = '127.0.0.1:1/app:1';
/** Asked and failed: the words for it depend on what Jest's sandbox leaves of fetch. */
const UNREACHABLE = { message: expect.stringContaining('get manifest: 127.0.0.1:1/app:1') };
const registry = { retry: { attempts: 1 } };

test('what is here is taken without asking a registry, unless the policy says so', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: [NAME] });
  const resolve = (text: string, policy: PullPolicy, platform?: string) =>
    resolveOrPull(t.engine, text, policy, {
      registry,
      platform: platform === undefined ? undefined : parsePlatform(platform),
    });
  for (const policy of ['missing', 'never', 'newer'] as const) {
    expect((await resolve(NAME, policy)).id).toBe(app.id);
  }
  expect(await failure(resolve(NAME, 'always'))).toMatchObject(UNREACHABLE);
  // No registry knows ids.
  expect((await resolve(shortId(app.id), 'always')).id).toBe(app.id);
  expect((await resolve(NAME, 'missing', 'linux/amd64')).id).toBe(app.id);
  expect(await failure(resolve(NAME, 'missing', 'linux/s390x'))).toMatchObject({
    ...UNREACHABLE,
  });
  expect(await failure(resolve(NAME, 'never', 'linux/s390x'))).toMatchObject({ code: 'PLATFORM_MISSING' });
});

test('what is not here is asked for, or is an error that says how to get it', async () => {
  using t = openTestEngine();
  const asked: [string, string | undefined][] = [];
  let disposed = 0;
  const work = resolveOrPull(t.engine, NAME, 'missing', {
    registry,
    onPull: async ({ repository }, missing) => {
      asked.push([repository, missing]);
      return { event: () => {}, end: async () => {}, [Symbol.dispose]: () => disposed++ };
    },
  });
  expect(await failure(work)).toMatchObject(UNREACHABLE);
  expect(asked).toEqual([['app', NAME]]);
  expect(disposed).toBe(1);
  expect(await failure(resolveOrPull(t.engine, NAME, 'never'))).toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    message: `No such image: ${NAME}`,
    hint: expect.stringContaining('proa pull'),
  });
});
