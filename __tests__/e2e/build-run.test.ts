// RUN: its process, its mounts, what of them stays (nothing), and how it ends when it fails or is broken off.
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE, onceAsRoot } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  let folder = '';

  beforeAll(async () => {
    folder = await machine.makeFolder('context');
  });

  /** Builds a Dockerfile with the files of the context, without a network. */
  async function build(lines: string[], ...options: string[]) {
    writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\n${lines.join('\n')}\n`);
    return await machine.proa('build', '--network=none', '--progress=plain', ...options, folder);
  }
  async function built(lines: string[], ...options: string[]) {
    const result = await build(lines, '-t', 'made', ...options);
    expect({ code: result.code, err: result.code === 0 ? '' : result.err }).toEqual({ code: 0, err: '' });
    return `${result.out}${result.err}`;
  }
  const made = (script: string) => machine.ok('run', '--rm', '--network=none', 'made', 'sh', '-c', script);
  const atRest = () => ({
    temporary: readdirSync(`${machine.root}/tmp`),
    bundles: readdirSync(`${machine.runRoot}/containers`),
    namespaces: readdirSync(`${machine.runRoot}/netns`),
  });
  const NOTHING = { temporary: [], bundles: [], namespaces: [] };

  // What is the same for users is tried once; and their RUNROOT is closed, here, to ids of another namespace.
  const asRoot = onceAsRoot(machine.who);

  test('forms, heredocs, environment, user, working folder, shell', async () => {
    const told = await built([
      'ARG who=arg',
      'ENV both=env',
      'ARG both=arg',
      'RUN echo "$who $both" > /vars',
      'WORKDIR /made/here',
      'RUN ["sh", "-c", "pwd > where; id -u >> where"]',
      'RUN <<EOF',
      'echo from a script',
      'echo second > /second',
      'EOF',
      'RUN <<EOF',
      '#!/bin/cat',
      'shown as it is',
      'EOF',
      'RUN cat > /heredoc <<ONE',
      'its input is $who',
      'ONE',
      'SHELL ["/bin/sh", "-xc"]',
      'RUN echo traced',
      'RUN mkdir -m 777 /mine',
      'USER app',
      'RUN id -un > /mine/user',
    ]);
    expect(told).toMatch(/from a script/);
    expect(told).toMatch(/shown as it is/);
    expect(told).toMatch(/\+ echo traced/);
    const seen = await made('cat /vars /made/here/where /second /heredoc /mine/user; stat -c %u /mine/user');
    expect(seen.split('\n')).toEqual([
      'arg env',
      '/made/here',
      '0',
      'second',
      'its input is arg',
      'app',
      '1000',
    ]);
    expect(await made('test -e /dev/pipes || echo none')).toBe('none');
  });

  test('mounts: cache, bind, tmpfs, secret as file and variable; nothing of them is in the image', async () => {
    writeFileSync(`${folder}/input`, 'input\n');
    writeFileSync(`${folder}/ignored`, 'ignored\n');
    writeFileSync(`${folder}/.dockerignore`, 'ignored\n');
    const secrets = await machine.makeFolder('secrets');
    writeFileSync(`${secrets}/key`, 'hush-hush');
    chmodSync(`${secrets}/key`, 0o644);
    const lines = [
      'RUN --mount=type=cache,target=/cache,uid=1000,mode=0700 stat -c "%u %a" /cache; echo x >> /cache/log; wc -l < /cache/log',
      'RUN --mount=target=/ctx ls /ctx; touch /ctx/x 2>&1 || echo read-only',
      'RUN --mount=target=/ctx,rw touch /ctx/x; ls /ctx',
      'RUN --mount=type=tmpfs,target=/scratch,size=1m df -k /scratch; touch /scratch/x',
      'RUN --mount=type=secret,id=key,uid=1000,mode=0440 --mount=type=secret,id=key,env=KEY --mount=type=secret,id=none' +
        ' stat -c "%u %a" /run/secrets/key; cmp /run/secrets/key /ctx 2>/dev/null; test "$KEY" = "$(cat /run/secrets/key)" && ls /run/secrets',
    ];
    const told = await built(lines, '--secret', `id=key,src=${secrets}/key`);
    const output = told.replace(/^#\d+ (\d+\.\d+ )?/gm, '');
    expect(output).toMatch(/^1000 700\n1$/m);
    expect(output).toMatch(/^Dockerfile\ninput\ntouch: .*Read-only file system\nread-only$/m);
    expect(output).toMatch(/^Dockerfile\ninput\nx$/m);
    expect(output).toMatch(/tmpfs +1024 /);
    expect(output).toMatch(/^1000 440\nkey$/m);
    expect(existsSync(`${folder}/x`)).toBe(false);
    expect(await made('ls -d /cache /ctx /scratch /run 2>&1 | grep -v "No such"; true')).toBe('');
    const { out } = await machine.as(['grep', '-rl', 'hush-hush', machine.root, machine.runRoot]);
    expect(out).toBe('');
    // The cache outlives the step that filled it.
    expect(
      (await built([...lines.slice(0, 1), 'RUN true'], '--no-cache')).replace(/^#\d+ \S+ /gm, ''),
    ).toMatch(/^2$/m);
    const missing = await build(['RUN --mount=type=secret,id=none,required cat /run/secrets/none']);
    expect(missing.code).toBe(1);
    expect(missing.err).toMatch(/secret none: not found/);
  });

  asRoot('a folder as the base of a stage, and what a base has for its children', async () => {
    const base = await machine.makeFolder('base');
    expect((await machine.as(['tar', '-xf', machine.imageTar, '-C', base])).code).toBe(0);
    await built(
      [
        'FROM base AS one',
        'ONBUILD RUN echo child > /child',
        'FROM one',
        'RUN cat /child /etc/passwd > /all',
      ],
      '--build-context',
      `base=${base}`,
    );
    expect(await made('head -n 1 /all; stat -c %u /etc/passwd')).toBe('child\n0');
  });

  asRoot('mounts of stages; what a stage writes over them is gone', async () => {
    await built([
      'RUN mkdir /out; echo built > /out/file; ln -s /etc/passwd /out/link',
      `FROM ${IMAGE}`,
      'RUN --mount=from=0,source=/out,target=/in cat /in/file > /copied; ls /in',
      'RUN --mount=from=0,source=/out,target=/in,rw rm /in/file; touch /in/new',
      'RUN --mount=from=0,source=/out/file,target=/in.txt cat /in.txt >> /copied',
      'RUN --mount=type=cache,from=0,source=/out,target=/c ls /c > /cached',
    ]);
    expect(await made('cat /copied /cached; ls -d /in /in.txt /c 2>&1 | grep -v "No such"; true')).toBe(
      'built\nbuilt\nfile\nlink',
    );
  });

  test('the layer: only what changed, deletions, opaque folders; no mount points', async () => {
    await built([
      'RUN mkdir -p /a/b /gone; touch /a/b/c /gone/x; ln /a/b/c /a/hard; mkfifo /a/pipe; chmod 1777 /a',
      'RUN rm -r /gone; rm -r /a/b; mkdir /a/b; touch /a/b/new; touch /etc/passwd',
    ]);
    const changes = await machine.ok('diff', 'made');
    expect(changes.split('\n').sort()).toEqual(
      ['C /a', 'C /a/b', 'A /a/b/new', 'D /a/b/c', 'D /gone', 'C /etc', 'C /etc/passwd'].sort(),
    );
    expect(await made('ls /a/b; stat -c %a /a /a/hard')).toBe('new\n1777\n644');
    const tar = `${await machine.makeFolder('saved')}/made.tar`;
    await machine.ok('save', '-o', tar, 'made');
    await machine.ok('rmi', '-f', 'made');
    await machine.ok('load', '-i', tar);
    expect(await made('ls /a/b')).toBe('new');
  });

  test('a step that fails: its exit code, its lines, its output; nothing is tagged or left', async () => {
    const failed = await build(['RUN echo before; exit 7'], '-t', 'never');
    expect(failed.err).toMatch(/exit code: 7/);
    expect(failed.err).toMatch(/2 \| >>> RUN echo before; exit 7/);
    expect((await machine.proa('image', 'exists', 'never')).code).toBe(1);
    const absent = await build(['RUN ["/no/such/program"]']);
    expect(absent.err).toMatch(/\/no\/such\/program.* not found|no such file/);
    const user = await build(['USER nobody-here', 'RUN true']);
    expect(user.err).toMatch(/unable to find user nobody-here/);
    const denied = await build(['RUN --network=host true']);
    expect(denied.err).toMatch(/network.host is not allowed[\s\S]*--allow network.host/);
    const insecure = await build(['RUN --security=insecure true']);
    expect(insecure.err).toMatch(/security.insecure is not allowed/);
    expect(atRest()).toEqual(NOTHING);
  });

  asRoot(
    'stages are built side by side, each waits for what it takes; one that nobody needs is not',
    async () => {
      const meet = (own: string, other: string): string =>
        `RUN --mount=type=cache,id=meet,target=/m touch /m/${own}; for i in $(seq 300); do [ -e /m/${other} ] && echo met > /${own} && exit; sleep 0.1; done; exit 1`;
      const lines = [
        'FROM bb AS one',
        meet('one', 'two'),
        'FROM bb AS two',
        meet('two', 'one'),
        'FROM bb AS unused',
        'RUN exit 1',
        'FROM bb AS both',
        'COPY --from=one /one /',
        'COPY --from=two /two /',
        'RUN cat /one /two',
      ];
      await built(lines);
      expect(await made('cat /one /two')).toBe('met\nmet');
      await built(
        lines.map((line) =>
          line.includes('id=meet')
            ? `RUN echo ${line.includes('touch /m/one') ? 'x > /one' : 'y > /two'}`
            : line,
        ),
        '--jobs=1',
      );
      expect(await made('cat /one /two')).toBe('x\ny');
      const failed = await build(['RUN sleep 60', `FROM ${IMAGE}`, 'RUN exit 3', 'COPY --from=0 / /all']);
      expect(failed.err).toMatch(/exit code: 3/);
      expect(atRest()).toEqual(NOTHING);
    },
  );

  asRoot('a user namespace: RUN has other ids, and the image the same files', async () => {
    chmodSync(`${machine.folder}/run`, 0o711);
    const maps = '0:700000:1001';
    const told = await built(
      [
        'RUN cut -c1-40 /proc/self/uid_map; touch /of-app; chown app /of-app',
        'RUN stat -c "owner %u" /of-app',
      ],
      ...['--userns-uid-map', maps, '--userns-gid-map', maps],
    );
    expect(told).toMatch(/ 0 +700000 +1001/);
    expect(told).toMatch(/owner 1000/);
    expect(await made('stat -c %u /of-app')).toBe('1000');
  });

  test('broken off: by Ctrl-C all is taken down at once, by SIGKILL with the next build', async () => {
    writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\nRUN echo ready; sleep 1234\n`);
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const child = machine.start('build', '--progress=plain', folder);
      let told = '';
      for await (const bytes of child.stderr) {
        told += Buffer.from(bytes).toString();
        if (/ready\n/.test(told.replace(/RUN echo ready/g, ''))) break;
      }
      child.kill(signal);
      const code = await child.exited;
      if (signal === 'SIGINT') expect(code).toBe(130);
      else await built(['RUN true']);
      expect(atRest()).toEqual(NOTHING);
      const { out } = await machine.as(['pgrep', '-f', 'sleep 1234']);
      expect(out).toBe('');
    }
  });

  test('ssh: an agent with the given key, none of it in the image', async () => {
    const keys = await machine.makeFolder('keys');
    const made_ = await machine.as(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${keys}/id`]);
    expect(made_.code).toBe(0);
    const told = await built(
      [
        'RUN --mount=type=ssh,mode=0666 test -S "$SSH_AUTH_SOCK" && stat -c %a "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK"',
      ],
      '--ssh',
      `default=${keys}/id`,
    );
    expect(told).toMatch(/666\n.*\/run\/buildkit\/ssh_agent\.0/);
    const none = await build(['RUN --mount=type=ssh,required true']);
    expect(none.err).toMatch(/ssh default: nobody gave/);
  });
});
