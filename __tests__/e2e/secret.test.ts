// `secret create ls inspect rm exists`, and `--secret`.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

const SECRET = 'correct horse battery staple';

/** Every file below a folder that has the text in it. */
function filesWith(text: string, ...folders: string[]): string[] {
  const { stdout } = Bun.spawnSync(['grep', '-rlF', '--', text, ...folders]);
  return stdout.toString().split('\n').filter(Boolean);
}

describeAs(['root', 'user'], (machine) => {
  test('secrets come, are listed and described, are replaced, and go', async () => {
    const file = `${await machine.makeFolder('secrets')}/password`;
    writeFileSync(file, SECRET);
    const id = await machine.ok('secret', 'create', '--label', 'app=web', '-l', 'bare', 'password', file);
    expect(id).toMatch(/^[0-9a-f]{25}$/);
    const piped = await machine.proaWith({ stdin: `${SECRET}\n` }, 'secret', 'create', 'token', '-');
    expect(piped.code).toBe(0);
    const named = await machine.proaWith({ env: { KEY: SECRET } }, 'secret', 'create', '--env', 'key', 'KEY');
    expect(named.code).toBe(0);

    expect(await machine.ok('secret', 'ls', '--filter', 'name=^pass')).toMatch(
      new RegExp(`^ID +NAME +DRIVER +CREATED +UPDATED\n${id} +password +file +.* ago +.* ago$`),
    );
    expect(await machine.ok('secret', 'list', '-q', '-f', 'label=app=web')).toBe(id);
    expect(await machine.ok('secret', 'ls', '--noheading', '-f', 'name=key', '-f', 'name=none')).toMatch(
      / key /,
    );
    expect(
      await machine.ok('secret', 'ls', '-f', `id=${id.slice(0, 8)}`, '--format', '{{.Name}} {{.Labels}}'),
    ).toBe('password app=web,bare=');
    const [document] = JSON.parse(await machine.ok('secret', 'inspect', 'password'));
    expect(document).toEqual({
      ID: id,
      CreatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      UpdatedAt: document.CreatedAt,
      Spec: { Name: 'password', Driver: { Name: 'file', Options: {} }, Labels: { app: 'web', bare: '' } },
    });
    expect(await machine.ok('secret', 'inspect', '--pretty', id.slice(0, 10))).toMatch(
      /^ID: +.*\nName: +password\n/,
    );
    expect(await machine.ok('inspect', '--type=secret', '-f', '{{.ID}}', 'password')).toBe(id);
    expect(await machine.ok('secret', 'inspect', '--showsecret', '-f', '{{.SecretData}}', 'password')).toBe(
      SECRET,
    );

    expect(await machine.ok('secret', 'create', '--ignore', 'password', file)).toBe(id);
    writeFileSync(file, 'another');
    const other = await machine.ok('secret', 'create', '--replace', 'password', file);
    expect(other).not.toBe(id);
    const [replaced] = JSON.parse(await machine.ok('secret', 'inspect', '--showsecret', 'password'));
    expect(replaced).toMatchObject({ ID: other, CreatedAt: document.CreatedAt, SecretData: 'another' });

    const big = `${machine.folder}/secrets/big`;
    writeFileSync(big, Buffer.alloc(512_000));
    writeFileSync(`${big}-empty`, '');
    for (const words of [
      ['create', 'password', file],
      ['create', 'new', big],
      ['create', 'new', `${big}-empty`],
      ['create', 'new', '/no/such'],
      ['create', '--env', 'new', 'NO_SUCH_VARIABLE'],
      ['create', '../new', file],
      ['create', 'a/b', file],
      ['create', '-d', 'nope', 'new', file],
      ['create', '-d', 'shell', 'new', file],
      ['create', '--driver-opts', 'key=x', 'new', file],
      ['inspect', 'nope'],
      ['rm', 'nope'],
      ['ls', '-f', 'nope=1'],
    ])
      await refused(machine, ['secret', ...words], 1).catch((error) => {
        // What an inspect finds nothing of is an empty list.
        if (words[0] !== 'inspect') throw error;
      });
    expect((await machine.proa('secret', 'exists', 'token')).code).toBe(0);
    expect((await machine.proa('secret', 'exists', 'nope')).code).toBe(1);
    expect(await machine.ok('secret', 'rm', '--ignore', 'nope', 'token')).toBe('nope\ntoken');
    expect(await machine.ok('secret', 'rm', '--all')).toBe('key\npassword');
    expect(readdirSync(`${machine.root}/secrets`)).toEqual([]);
  });

  test('a container gets them as files and variables, and nothing else has them', async () => {
    const file = `${await machine.makeFolder('shown')}/file`;
    writeFileSync(file, SECRET);
    await machine.ok('secret', 'create', 'one', file);
    const options = [
      '--secret=one',
      '--secret=one,target=deep/er,uid=7,gid=8,mode=0400',
      '--secret=source=one,target=/etc/secret',
      '--secret=one,type=env,target=TOKEN',
    ];
    const script = `stat -c '%n %u:%g %a' /run/secrets/one /run/secrets/deep/er /etc/secret
      for file in /run/secrets/one /run/secrets/deep/er /etc/secret; do cat $file; echo; done; echo "$TOKEN"
      grep -E '^[a-z]+ (/run/secrets|/etc/secret) ' /proc/mounts | cut -d' ' -f1-3
      touch /run/secrets/one /run/secrets/new /etc/secret 2>/dev/null || echo read-only; sleep 60`;
    const id = await machine.ok(
      'run',
      '-d',
      '--name=c',
      '--network=none',
      ...options,
      IMAGE,
      'sh',
      '-c',
      script,
    );
    const printed = await eventually(
      () => machine.ok('logs', 'c'),
      (text) => text.endsWith('read-only'),
    );
    expect(printed.split('\n')).toEqual([
      '/run/secrets/one 0:0 444',
      '/run/secrets/deep/er 7:8 400',
      '/etc/secret 0:0 444',
      SECRET,
      SECRET,
      SECRET,
      SECRET,
      'ramfs /etc/secret ramfs',
      'ramfs /run/secrets ramfs',
      'read-only',
    ]);
    expect(await machine.ok('exec', 'c', 'sh', '-c', 'echo "$TOKEN"')).toBe(SECRET);
    // In the store, with the container, and in what the runtime reads: each is the owner's alone.
    const log = `${machine.root}/containers/${id}/container.log`;
    writeFileSync(log, '');
    const places = filesWith(SECRET, machine.root, machine.runRoot).filter(
      (path) => !path.includes('/mounts/'),
    );
    expect(places.filter((path) => path.includes('/secrets/')).length).toBe(4);
    for (const path of places) expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);

    const told = [
      await machine.ok('inspect', 'c'),
      await machine.ok('ps', '-a', '--no-trunc', '--format', 'json'),
      await machine.ok('events', '--since=1h', '--until=0s'),
      await machine.ok('diff', 'c'),
    ];
    for (const text of told) expect(text).not.toContain(SECRET);
    expect((await machine.inspect('c')).Config.Secrets[1]).toEqual({
      Name: 'one',
      ID: expect.stringMatching(/^[0-9a-f]{25}$/),
      UID: 7,
      GID: 8,
      Mode: 0o400,
    });
    await machine.ok('commit', '-q', 'c', 'committed');
    await machine.ok('export', '-o', `${machine.folder}/shown/c.tar`, 'c');
    await machine.ok('save', '-o', `${machine.folder}/shown/image.tar`, 'committed');
    expect(filesWith(SECRET, `${machine.folder}/shown`)).toEqual([file]);
    await machine.ok('rm', '-f', '-t0', 'c');
    await machine.ok('rmi', 'committed');
    await machine.ok('secret', 'rm', 'one');
    expect(filesWith(SECRET, machine.root, machine.runRoot)).toEqual([]);
  });
});

describeAs('root', (machine) => {
  test('what a container began with it keeps; a variable is looked up at each start', async () => {
    const file = `${await machine.makeFolder('kept')}/file`;
    writeFileSync(file, 'first');
    await machine.ok('secret', 'create', 'kept', file);
    await machine.ok(
      'create',
      '--name=c',
      '--network=none',
      '--secret=kept',
      IMAGE,
      'cat',
      '/run/secrets/kept',
    );
    await machine.ok('container', 'clone', '--name=like-c', 'c');
    await machine.ok(
      'create',
      '--name=env',
      '--network=none',
      '--secret=kept,type=env',
      IMAGE,
      'sh',
      '-c',
      'echo $kept',
    );
    writeFileSync(file, 'second');
    await machine.ok('secret', 'create', '--replace', 'kept', file);
    expect(await machine.ok('start', '-a', 'env')).toBe('second');
    await machine.ok('secret', 'rm', 'kept');
    expect(await machine.ok('start', '-a', 'c')).toBe('first');
    expect(await machine.ok('start', '-a', 'like-c')).toBe('first');
    const { code, err } = await machine.proa('start', '-a', 'env');
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('no secret with name or id "kept"'),
    });
  });

  test('a secret that cannot be is refused before anything is made', async () => {
    const file = `${await machine.makeFolder('bad')}/file`;
    writeFileSync(file, 'x');
    await machine.ok('secret', 'create', 's', file);
    for (const secret of [
      'nope',
      '',
      's,type=nope',
      's,mode=9',
      's,uid=x',
      's,what=1',
      's,target=../../etc/passwd',
      's,type=env,uid=1',
      's,type=env,target=A=B',
    ])
      await refused(machine, ['run', '--rm', `--secret=${secret}`, IMAGE, 'true'], 125);
    await refused(machine, ['create', '--secret=s', '--secret=s', IMAGE], 1);
    await machine.ok('secret', 'rm', 's');
  });

  test('the drivers shell, pass and file elsewhere: nothing of the secret is in the store', async () => {
    const folder = await machine.makeFolder('drivers');
    const file = `${folder}/file`;
    writeFileSync(file, SECRET);
    const store = `${folder}/there`;
    const shell = `store=tr a-z n-za-m >${store}-$SECRET_ID,lookup=tr n-za-m a-z <${store}-$SECRET_ID,delete=rm ${store}-$SECRET_ID,list=true`;
    await machine.ok('secret', 'create', '-d', 'shell', '--driver-opts', shell, 'in-shell', file);
    await machine.ok('secret', 'create', '--driver-opts', `path=${folder}/files`, 'in-files', file);
    expect(filesWith(SECRET, machine.root)).toEqual([]);
    expect(await machine.shOk('cat /run/secrets/*', '--secret=in-shell', '--secret=in-files')).toBe(
      SECRET + SECRET,
    );
    await machine.ok(
      'create',
      '--name=c',
      '--network=none',
      '--secret=in-shell',
      IMAGE,
      'cat',
      '/run/secrets/in-shell',
    );
    expect(filesWith(SECRET, machine.root)).toEqual([]);
    await machine.ok('secret', 'rm', '-a');
    expect(readdirSync(`${folder}/files`)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('there'))).toEqual([]);
    expect((await machine.proa('start', '-a', 'c')).code).toBe(1);
  });

  const itWith = (program: string) => (Bun.which(program) === null ? test.skip : test);

  itWith('gpg')('the driver pass encrypts for a key', async () => {
    const home = await machine.makeFolder('gpg');
    chmodSync(home, 0o700);
    const file = `${home}/secret`;
    writeFileSync(file, SECRET);
    const gpg = ['--homedir', home, '--batch', '--passphrase', ''];
    execFileSync('gpg', [...gpg, '--quick-gen-key', 'me@example.com', 'future-default'], { stdio: 'ignore' });
    try {
      mkdirSync(`${home}/store`);
      const options = `root=${home}/store,key=me@example.com,gpghomedir=${home}`;
      const id = await machine.ok('secret', 'create', '-d', 'pass', '--driver-opts', options, 's', file);
      expect(existsSync(`${home}/store/${id}.gpg`)).toBe(true);
      expect(filesWith(SECRET, `${home}/store`, machine.root)).toEqual([]);
      expect(await machine.shOk('cat /run/secrets/s', '--secret=s')).toBe(SECRET);
      await machine.ok('secret', 'rm', 's');
      expect(readdirSync(`${home}/store`)).toEqual([]);
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    }
  });

  itWith('systemd-creds')('the driver systemd-creds encrypts for this machine', async () => {
    const file = `${await machine.makeFolder('creds')}/secret`;
    writeFileSync(file, SECRET);
    const made = await machine.proa('secret', 'create', '-d', 'systemd-creds', 's', file);
    // Without a key of the machine and no right to make one, its own words say so.
    if (made.code !== 0) return expect(made.err).toMatch(/^Error: create secret s: run .*systemd-creds: /);
    expect(filesWith(SECRET, machine.root)).toEqual([]);
    expect(readFileSync(`${machine.root}/secrets/s/data.cred`).length).toBeGreaterThan(0);
    expect(await machine.shOk('cat /run/secrets/s', '--secret=s')).toBe(SECRET);
    await machine.ok('secret', 'rm', 's');
  });
});
