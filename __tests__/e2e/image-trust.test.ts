// `image trust set` and `show`, and what policies say of archives, folders and malformed files.
import { readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['user'], (machine) => {
  const own = (): string => `${machine.home}/.config/containers/policy.json`;

  test("a user's policy is a file of theirs; what it refuses does not come in", async () => {
    await machine.ok('image', 'trust', 'set', '--type=reject', 'default');
    await machine.ok('image', 'trust', 'set', '--type=accept', '*.example.com');
    expect(JSON.parse(readFileSync(own(), 'utf8'))).toEqual({
      default: [{ type: 'reject' }],
      transports: { docker: { '*.example.com': [{ type: 'insecureAcceptAnything' }] } },
    });
    expect(await machine.ok('image', 'trust', 'show')).toMatch(
      /^TRANSPORT +NAME +TYPE +ID +STORE\nall +default +reject *\nrepository +\*\.example\.com +accept *$/,
    );
    expect(await machine.ok('image', 'trust', 'show', '--noheading', 'a.example.com/x')).toMatch(
      /^repository +\*\.exa/,
    );
    expect(JSON.parse(await machine.ok('image', 'trust', 'show', '--json', 'quay.io'))).toEqual([
      { transport: 'all', name: '* (default)', repo_name: 'default', type: 'reject' },
    ]);
    expect(await machine.ok('image', 'trust', 'show', '--raw')).toBe(readFileSync(own(), 'utf8'));
    // Nobody is asked: the name alone is enough.
    const refused = await machine.proa('pull', 'quay.io/team/app');
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining(`${own()} refuses it: default: reject`),
    });
  });

  test('archives and folders, each by its own transport', async () => {
    const [tar, oci, folder] = ['docker.tar', 'oci.tar', 'layout'].map(
      (name) => `${machine.folder}/run/${name}`,
    ) as [string, string, string];
    await machine.ok('save', '-o', tar, IMAGE);
    await machine.ok('save', '--format=oci-archive', '-o', oci, IMAGE);
    await machine.ok('push', IMAGE, `oci:${folder}:tag`);
    const before = await machine.disk();
    for (const archive of [
      ['load', '-i', tar],
      ['load', '-i', oci],
      ['load', '-i', folder],
      ['pull', `oci:${folder}:tag`],
    ]) {
      const { code, err } = await machine.proa(...archive);
      expect([code, err]).toEqual([1, expect.stringContaining('refuses it: default: reject')]);
    }
    expect(await machine.disk()).toEqual(before);
    const accept = [{ type: 'insecureAcceptAnything' }];
    const policy = `${machine.folder}/other.json`;
    const transports = { 'docker-archive': { '': accept }, oci: { [`${machine.folder}/run`]: accept } };
    writeFileSync(policy, JSON.stringify({ default: [{ type: 'reject' }], transports }));
    const by = `--signature-policy=${policy}`;
    await machine.ok('load', by, '-i', tar);
    await machine.ok('load', by, '-i', folder);
    await machine.ok('pull', '-q', by, `oci:${folder}:tag`);
    expect((await machine.proa('load', by, '-i', oci)).code).toBe(1);
  });

  test('a policy that cannot be understood refuses everything, and says where', async () => {
    writeFileSync(own(), '{"default":[{"type":"signedBy","keyType":"GPGKeys","keypath":"/key"}]}');
    for (const command of [
      ['pull', 'quay.io/team/app'],
      ['image', 'trust', 'show'],
      ['image', 'trust', 'set', '-t', 'accept', 'quay.io'],
    ])
      expect((await machine.proa(...command)).err).toContain(
        `read ${own()}: default[0].keypath: is not known`,
      );
    // What is here already was accepted once.
    expect(await machine.ok('run', '--rm', '--network=none', IMAGE, 'echo', 'fine')).toBe('fine');
    const named = await machine.proa('pull', '--signature-policy=/nowhere', 'quay.io/team/app');
    expect(named).toMatchObject({ code: 1, err: expect.stringContaining('read /nowhere') });
  });
});
