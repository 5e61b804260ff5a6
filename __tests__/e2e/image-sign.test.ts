// `image sign`, and `push` and `pull` with signatures: those of gpg in a folder, those of sigstore in the registry. skopeo looks at them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { withGpg } from '../oci/trust/support/gpg-home.ts';
import { ecKeys, seal } from '../oci/trust/support/sigstore-keys.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;
const withSkopeo = Bun.which('skopeo') === null ? test.skip : test;

describeAs(['root', 'user'], (machine) => {
  withRegistry('signatures', () => {
    let registry: Registry;
    let app: string;
    beforeAll(async () => {
      registry = await openRegistry();
      app = `${registry.host}/team/app:1`;
      const conf = await machine.makeFolder('home/.config/containers/registries.d');
      await machine.makeFolder('signatures');
      const place = { lookaside: `file://${machine.folder}/signatures`, 'use-sigstore-attachments': true };
      writeFileSync(`${conf}/test.yaml`, JSON.stringify({ docker: { [registry.host]: place } }));
      await machine.ok('push', '-q', IMAGE, app);
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    /** A file with a policy that asks one thing of the registry's images and refuses all others. */
    const policy = (requirement: object): string => {
      const file = `${machine.folder}/policy.json`;
      const docker = { [registry.host]: [requirement] };
      writeFileSync(file, JSON.stringify({ default: [{ type: 'reject' }], transports: { docker } }));
      return `--signature-policy=${file}`;
    };

    withGpg('by gpg', () => {
      const key = (): string => `${machine.folder}/alice.asc`;
      const signedBy = (more = {}): string =>
        policy({ type: 'signedBy', keyType: 'GPGKeys', keyPath: key(), ...more });
      const gpg = (...args: string[]) => machine.as(['gpg', '--batch', '--quiet', ...args]);
      beforeAll(async () => {
        await machine.makeFolder('home/.gnupg');
        await machine.as(['chmod', '700', `${machine.home}/.gnupg`]);
        const made = await gpg(
          '--passphrase',
          '',
          '--quick-gen-key',
          'alice@example.com',
          'ed25519',
          'sign',
          'never',
        );
        expect(made).toMatchObject({ code: 0 });
        writeFileSync(key(), (await gpg('--armor', '--export', 'alice@example.com')).out);
      });
      afterAll(() => machine.as(['gpgconf', '--kill', 'all']));

      test('what is not signed does not come in, and leaves nothing', async () => {
        const before = await machine.disk();
        const refused = await machine.proa('pull', signedBy(), app);
        expect(refused).toMatchObject({ code: 1, out: '' });
        expect(refused.err).toContain(
          `docker:${registry.host}: signedBy: there is no signature of it (looked for in file:`,
        );
        const run = await machine.proa(
          'run',
          '--rm',
          '--network=none',
          signedBy(),
          '--pull=always',
          app,
          'true',
        );
        expect(run).toMatchObject({ code: 125, err: expect.stringContaining('there is no signature of it') });
        expect(await machine.disk()).toEqual(before);
      });

      test('image sign, then pull, by tag and by digest; another tag of it is not signed', async () => {
        expect(await machine.proa('image', 'sign', '--sign-by=alice@example.com', `docker://${app}`)).toEqual(
          {
            code: 0,
            out: '',
            err: '',
          },
        );
        const [folder] = readdirSync(`${machine.folder}/signatures/team`);
        const digest = folder!.replace('app@', '').replace('=', ':');
        await machine.ok('pull', '-q', signedBy(), app);
        await machine.ok('pull', '-q', signedBy(), `${registry.host}/team/app@${digest}`);
        await machine.ok('push', '-q', app, `${registry.host}/team/app:2`);
        const other = await machine.proa('pull', signedBy(), `${registry.host}/team/app:2`);
        expect(other.err).toContain(
          `it calls the image "${app}", which does not suit matchRepoDigestOrExact`,
        );
        const identity = { signedIdentity: { type: 'matchRepository' } };
        await machine.ok('pull', '-q', signedBy(identity), `${registry.host}/team/app:2`);
        // Half a signature is none.
        const file = `${machine.folder}/signatures/team/${folder}/signature-1`;
        const whole = readFileSync(file);
        writeFileSync(file, whole.subarray(0, whole.length - 9));
        expect((await machine.proa('pull', signedBy(), app)).err).toContain('no signature will do');
        writeFileSync(file, whole);
        await machine.ok('rmi', app, `${registry.host}/team/app:2`);
      });

      withSkopeo('push --sign-by: skopeo takes it, and what skopeo signs is taken here', async () => {
        const signed = `${registry.host}/signed:1`;
        await machine.ok('push', '-q', '--sign-by=alice@example.com', IMAGE, signed);
        signedBy();
        const skopeo = (...args: string[]) =>
          machine.as([
            'skopeo',
            `--policy=${machine.folder}/policy.json`,
            'copy',
            '-q',
            '--src-tls-verify=false',
            ...args,
          ]);
        const place = await machine.makeFolder('copied');
        expect(await skopeo(`docker://${signed}`, `dir:${place}`)).toMatchObject({ code: 0, err: '' });
        expect(readdirSync(place)).toContain('signature-1');
        const theirs = `${registry.host}/theirs:1`;
        const by = ['--remove-signatures', '--sign-by=alice@example.com', '--dest-tls-verify=false'];
        expect(await skopeo(...by, `docker://${signed}`, `docker://${theirs}`)).toMatchObject({
          code: 0,
          err: '',
        });
        await machine.ok('pull', '-q', signedBy(), theirs);
        // A folder brings its signatures along, and no name.
        const dir = (reference: string): string => {
          const file = `${machine.folder}/policy.json`;
          const signedIdentity = { type: 'exactReference', dockerReference: reference };
          const requirement = { type: 'signedBy', keyType: 'GPGKeys', keyPath: key(), signedIdentity };
          const transports = { dir: { [machine.folder]: [requirement] } };
          writeFileSync(file, JSON.stringify({ default: [{ type: 'reject' }], transports }));
          return `--signature-policy=${file}`;
        };
        await machine.ok('pull', '-q', dir(signed), `dir:${place}`);
        expect((await machine.proa('pull', dir(theirs), `dir:${place}`)).err).toContain(
          'does not suit exactReference',
        );
        await machine.ok('rmi', theirs);
      });

      test('several signatures, one of them good; --remove-signatures leaves the new one', async () => {
        const name = `${registry.host}/several:1`;
        const files = (): string[] =>
          readdirSync(
            `${machine.folder}/signatures/${readdirSync(`${machine.folder}/signatures`).find((one) => one.startsWith('several@'))}`,
          );
        await gpg('--passphrase', '', '--quick-gen-key', 'bob@example.com', 'ed25519', 'sign', 'never');
        await machine.ok('push', '-q', '--sign-by=bob@example.com', IMAGE, name);
        expect((await machine.proa('pull', signedBy(), name)).err).toContain(
          'by a key that is not trusted here',
        );
        await machine.ok('push', '-q', '--sign-by=alice@example.com', IMAGE, name);
        expect(files()).toHaveLength(2);
        await machine.ok('pull', '-q', signedBy(), name);
        await machine.ok('push', '-q', '--remove-signatures', '--sign-by=bob@example.com', IMAGE, name);
        expect(files()).toEqual(['signature-1']);
        await machine.ok('rmi', name);
      });

      test('a list: its own signature serves, and that of its image', async () => {
        const name = `${registry.host}/list:1`;
        await machine.ok('manifest', 'create', name, app);
        await machine.ok('manifest', 'push', '-q', '--purge', name);
        expect((await machine.proa('pull', signedBy(), name)).err).toContain('there is no signature of it');
        const folders = (): string[] =>
          readdirSync(`${machine.folder}/signatures`).filter((one) => one.startsWith('list@'));
        for (const all of [[], ['--all']]) {
          await machine.ok('image', 'sign', ...all, '--sign-by=alice@example.com', name);
          expect(folders()).toHaveLength(1);
          await machine.ok('pull', '-q', signedBy(), name);
          await machine.ok('rmi', name);
          rmSync(`${machine.folder}/signatures/${folders()[0]}`, { recursive: true });
        }
        await machine.ok('manifest', 'create', name, app);
        await machine.ok('manifest', 'push', '-q', '--purge', '--sign-by=alice@example.com', name);
        expect(folders()).toHaveLength(2);
      });

      test('a key that is not there: nothing is signed', async () => {
        const unknown = await machine.proa('image', 'sign', '--sign-by=eve@example.com', app);
        expect(unknown).toMatchObject({ code: 125, err: expect.stringContaining('No secret key') });
        expect((await machine.proa('image', 'sign', app)).err).toContain('please provide an identity');
        const all = await machine.proa('image', 'sign', '--all', '--sign-by=alice@example.com', app);
        expect(all.err).toContain('it is a single image');
      });
    });

    test('by a key of sigstore: push, pull, and the errors', async () => {
      const [good, other] = [ecKeys(), ecKeys()];
      const file = (name: string, text: string): string => {
        writeFileSync(`${machine.folder}/${name}`, text);
        return `${machine.folder}/${name}`;
      };
      const pass = file('passphrase', 'secret\n');
      const keyPath = file('good.pub', good.publicKey);
      const sign = (pair: typeof good, name: string): string[] => [
        `--sign-by-sigstore-private-key=${file(name, seal(pair.privateKey, 'secret'))}`,
        `--sign-passphrase-file=${pass}`,
      ];
      const name = `${registry.host}/sigstore:1`;
      await machine.ok('push', '-q', ...sign(other, 'other.key'), IMAGE, name);
      const asked = () => policy({ type: 'sigstoreSigned', keyPath });
      expect((await machine.proa('pull', asked(), name)).err).toContain('by a key that is not trusted here');
      await machine.ok('push', '-q', ...sign(good, 'good.key'), IMAGE, name);
      await machine.ok('pull', '-q', asked(), name);
      const logged = policy({ type: 'sigstoreSigned', keyPath, rekorPublicKeyPath: keyPath });
      expect((await machine.proa('pull', logged, name)).err).toContain('no transparency log recorded it');
      const unsigned = `${registry.host}/sigstore:unsigned`;
      await machine.ok('tag', IMAGE, unsigned);
      const wrong = file('wrong', 'Secret');
      const [key] = sign(good, 'good.key');
      const failed = await machine.proa('push', key!, `--sign-passphrase-file=${wrong}`, unsigned);
      expect(failed).toMatchObject({
        code: 1,
        err: expect.stringContaining('the passphrase is not that of the key'),
      });
      // It failed before anything was sent.
      const tags = await fetch(`http://${registry.host}/v2/sigstore/tags/list`).then((answer) =>
        answer.json(),
      );
      expect((tags as { tags: string[] }).tags).not.toContain('unsigned');
      await machine.ok('rmi', name, unsigned);
    });
  });
});
