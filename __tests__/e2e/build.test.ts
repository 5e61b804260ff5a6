// `build`: its options, what becomes of the result, progress on a real terminal and as lines, and errors.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { collect } from './support/child.ts';
import { describeAs, IMAGE, onceAsRoot } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;

describeAs(['root', 'user'], (machine) => {
  // What does not depend on who builds is tried once.
  const once = onceAsRoot(machine.who);
  /** A folder with these files, and what builds it without a network. */
  const context = (name: string, files: Record<string, string>): string => {
    const folder = `${machine.folder}/${name}`;
    mkdirSync(folder, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
      writeFileSync(`${folder}/${path}`, text);
    }
    return folder;
  };
  const build = (folder: string, ...options: string[]) =>
    machine.proa('build', '--network=none', ...options, folder);
  const buildOk = async (folder: string, ...options: string[]) => {
    const outcome = await build(folder, ...options);
    if (outcome.code !== 0) throw new Error(outcome.err);
    return outcome;
  };
  const config = async (image: string) =>
    JSON.parse(await machine.ok('image', 'inspect', '--format', '{{json .Config}}', image));
  const filesOf = async (image: string, script: string): Promise<string> =>
    machine.ok('run', '--rm', '--network=none', image, 'sh', '-c', script);

  describe('build', () => {
    const DOCKERFILE = [
      `FROM ${IMAGE} AS base`,
      'ARG GREETING=hello',
      'RUN echo "$GREETING" > /greeting; echo told',
      'FROM base AS last',
      'ENV COLOUR=blue',
      'LABEL from=file keep=yes',
      'CMD ["cat", "/greeting"]',
      '',
    ].join('\n');

    test('tags, arguments, labels, target; the id goes to --iidfile and, with -q, to stdout', async () => {
      const folder = context('plain', { Dockerfile: DOCKERFILE });
      const iid = `${await machine.makeFolder('out')}/iid`;
      const options = [
        '-t',
        'app:1',
        '-t',
        'team/app',
        '--build-arg',
        'GREETING=moin',
        '--label',
        'from=option',
      ];
      const first = await buildOk(folder, ...options, '--iidfile', iid, '-q');
      expect(first.err).toBe('');
      const id = first.out.trim();
      expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(readFileSync(iid, 'utf8')).toBe(id);
      expect(await machine.ok('images', '-q', '--no-trunc', 'app:1')).toBe(id);
      expect(await machine.ok('images', '-q', '--no-trunc', 'team/app:latest')).toBe(id);
      expect(await config('app:1')).toMatchObject({
        Labels: { from: 'option', keep: 'yes' },
        Env: expect.arrayContaining(['COLOUR=blue']),
        Cmd: ['cat', '/greeting'],
      });
      expect(await machine.ok('run', '--rm', '--network=none', 'app:1')).toBe('moin');
      await buildOk(folder, '-t', 'first', '--target', 'base');
      expect((await config('first')).Labels ?? {}).toEqual({});
    });

    once('a name alone takes this shell’s variable, a file gives several', async () => {
      const file = context('arg', {
        Dockerfile: `FROM ${IMAGE}\nARG A\nARG B\nARG C=default\nLABEL a=$A b=$B c=$C\n`,
        args: '# comment\nB=of the file\n\n',
      });
      const options = [
        'build',
        '-t',
        'args',
        '--build-arg',
        'A',
        '--build-arg',
        'C',
        '--build-arg-file',
        `${file}/args`,
        file,
      ];
      const { code } = await machine.proaWith({ env: { A: 'of the shell' } }, ...options);
      expect(code).toBe(0);
      expect((await config('args')).Labels).toEqual({ a: 'of the shell', b: 'of the file', c: 'default' });
    });

    test('-f: a path, standard input, several as one; the folder of the file is the context', async () => {
      const folder = context('file', {
        'sub/Other': `FROM ${IMAGE}\nLABEL which=other\n`,
        more: 'LABEL more=yes\n',
        Containerfile: `FROM ${IMAGE}\nLABEL which=containerfile\n`,
      });
      await buildOk(folder, '-t', 'file', '-f', `${folder}/sub/Other`, '-f', `${folder}/more`);
      expect((await config('file')).Labels).toEqual({ which: 'other', more: 'yes' });
      await buildOk(folder, '-t', 'file');
      expect((await config('file')).Labels).toEqual({ which: 'containerfile' });
      await machine.ok('build', '-t', 'file', '-f', `${folder}/sub/Other`);
      expect((await config('file')).Labels).toEqual({ which: 'other' });
      const stdin = `FROM ${IMAGE}\nLABEL which=stdin\n`;
      for (const words of [['-'], ['-f', '-', folder]]) {
        const { code } = await machine.proaWith({ stdin }, 'build', '-t', 'file', ...words);
        expect(code).toBe(0);
        expect((await config('file')).Labels).toEqual({ which: 'stdin' });
      }
    });

    once('podman’s --from, --env, --unsetenv and --squash', async () => {
      const folder = context('podman', {
        Dockerfile: 'FROM nowhere\nENV GONE=1\nRUN echo "$X" > /x\nRUN touch /y\n',
      });
      await buildOk(
        folder,
        '-t',
        'podman',
        '--from',
        IMAGE,
        '--env',
        'X=a "b"',
        '--unsetenv',
        'GONE',
        '--squash',
      );
      expect(await filesOf('podman', 'cat /x; ls /y')).toBe('a "b"\n/y');
      expect((await config('podman')).Env).toContain('X=a "b"');
      expect((await config('podman')).Env.join()).not.toContain('GONE');
      const layers = JSON.parse(
        await machine.ok('image', 'inspect', '--format', '{{json .RootFS.Layers}}', 'podman'),
      );
      expect(layers).toHaveLength(2);
    });

    once(
      '-v shows a folder of the host to every RUN, and stays out of the image; unused stages on demand',
      async () => {
        const folder = context('volume', {
          Dockerfile: `FROM ${IMAGE} AS unused\nRUN echo was here > /seen/unused\nFROM ${IMAGE}\nRUN cp /seen/given /copied\n`,
          'seen/given': 'of the host\n',
        });
        await buildOk(folder, '-t', 'volume', '-v', `${folder}/seen:/seen`);
        expect(existsSync(`${folder}/seen/unused`)).toBe(false);
        expect(await filesOf('volume', 'cat /copied; ls -d /seen 2>&1 || true')).toContain(
          'of the host\nls: /seen: No such',
        );
        await buildOk(folder, '-v', `${folder}/seen:/seen`, '--skip-unused-stages=false');
        expect(readFileSync(`${folder}/seen/unused`, 'utf8')).toBe('was here\n');
      },
    );

    once('a Dockerfile named *.in goes through cpp', async () => {
      if (Bun.which('cpp') === null) return;
      const folder = context('cpp', {
        'app.in': `#include "base"\nFROM BASE\n#ifdef EXTRA\nLABEL extra=EXTRA\n#endif\n`,
        base: `#define BASE ${IMAGE}\n`,
      });
      await buildOk(folder, '-t', 'cpp', '-f', `${folder}/app.in`, '--cpp-flag=-DEXTRA=5');
      expect((await config('cpp')).Labels).toEqual({ extra: '5' });
    });

    once('the same input with a --timestamp gives the same image', async () => {
      const folder = context('time', { Dockerfile: `FROM ${IMAGE}\nRUN date > /dev/null; touch /new\n` });
      const ids: string[] = [];
      for (let i = 0; i < 2; i++)
        ids.push((await buildOk(folder, '-q', '--no-cache', '--timestamp=1700000000')).out);
      expect(ids[0]).toBe(ids[1]!);
      const created = await machine.ok('image', 'inspect', '--format', '{{.Created}}', ids[0]!.trim());
      expect(created).toMatch(/^2023-11-14T22:13:20/);
    });

    once('several platforms make one manifest list; --manifest adds to one', async () => {
      const folder = context('platforms', {
        Dockerfile: 'FROM scratch\nARG TARGETPLATFORM\nLABEL for=$TARGETPLATFORM\n',
      });
      await buildOk(folder, '-t', 'multi', '--platform', 'linux/amd64,linux/arm64');
      const list = JSON.parse(await machine.ok('manifest', 'inspect', 'multi'));
      expect(list.manifests.map((entry: { platform: object }) => entry.platform)).toEqual([
        { architecture: 'amd64', os: 'linux' },
        { architecture: 'arm64', os: 'linux' },
      ]);
      const all = context('all', { Dockerfile: 'FROM multi\nLABEL more=yes\n' });
      await buildOk(all, '--all-platforms', '-t', 'again');
      const again = JSON.parse(await machine.ok('manifest', 'inspect', 'again'));
      expect(again.manifests.map((entry: { platform: object }) => entry.platform)).toEqual(
        list.manifests.map((entry: { platform: object }) => entry.platform),
      );
      for (const arch of ['s390x', 'riscv64']) await buildOk(folder, '--manifest', 'grown', '--arch', arch);
      const grown = JSON.parse(await machine.ok('manifest', 'inspect', 'grown'));
      expect(
        grown.manifests.map((entry: { platform: { architecture: string } }) => entry.platform.architecture),
      ).toEqual(['s390x', 'riscv64']);
      await machine.ok('manifest', 'rm', 'multi', 'again', 'grown');
    });
  });

  describe('results', () => {
    const folder = () =>
      context('results', {
        Dockerfile: `FROM ${IMAGE} AS made\nRUN mkdir /out && echo content > /out/file && ln -s file /out/link\nFROM scratch\nCOPY --from=made /out /\n`,
      });

    test('a folder and a tar hold the files of the last stage, and no image comes of it', async () => {
      const out = await machine.makeFolder('local');
      const before = await machine.ok('images', '-q');
      await buildOk(folder(), '-o', `${out}/files`, '-o', `type=tar,dest=${out}/files.tar`);
      expect(readFileSync(`${out}/files/file`, 'utf8')).toBe('content\n');
      expect(readFileSync(`${out}/files/link`, 'utf8')).toBe('content\n');
      const { out: names } = await collect(['tar', '-tf', `${out}/files.tar`]);
      expect(names.split('\n').filter(Boolean).sort()).toEqual(['file', 'link']);
      expect(await machine.ok('images', '-q')).toBe(before);
      const stdout = await machine.proaBytes({}, 'build', '-q', '-o', '-', folder());
      const listed = await collect(['tar', '-tf', '-'], { stdin: new Uint8Array(stdout.out) });
      expect(listed.out).toBe(names);
    });

    once('an OCI archive with all attestations, and a docker archive, are read by others', async () => {
      const out = await machine.makeFolder('archives');
      const oci = `type=oci,dest=${out}/app.oci,name=team/app:2`;
      await buildOk(
        folder(),
        '-o',
        oci,
        '-o',
        `type=docker,dest=${out}/app.tar`,
        '-t',
        'team/app:1',
        '--sbom',
        '--provenance=mode=max',
      );
      const index = JSON.parse((await collect(['tar', '-xOf', `${out}/app.oci`, 'index.json'])).out);
      expect(index.manifests[0].annotations).toEqual({
        'io.containerd.image.name': 'docker.io/team/app:2',
        'org.opencontainers.image.ref.name': '2',
      });
      const blob = async (digest: string) =>
        JSON.parse((await collect(['tar', '-xOf', `${out}/app.oci`, `blobs/sha256/${digest.slice(7)}`])).out);
      const list = await blob(index.manifests[0].digest);
      expect(list.manifests[1].annotations).toEqual({
        'vnd.docker.reference.digest': list.manifests[0].digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      });
      const { layers } = await blob(list.manifests[1].digest);
      const statements = await Promise.all(layers.map(({ digest }: { digest: string }) => blob(digest)));
      expect(statements.map(({ predicateType }) => predicateType)).toEqual([
        'https://spdx.dev/Document',
        'https://slsa.dev/provenance/v1',
      ]);
      expect(statements[0].subject[0].digest.sha256).toBe(list.manifests[0].digest.slice(7));
      await machine.ok('load', '-i', `${out}/app.tar`);
      expect(await machine.ok('images', '--format', '{{.Repository}}:{{.Tag}}', 'team/app')).toContain(
        'team/app:1',
      );
      await machine.ok('rmi', 'team/app:1');
    });

    once('--metadata-file and --sbom-output', async () => {
      const out = await machine.makeFolder('metadata');
      await buildOk(
        folder(),
        '-t',
        'described',
        '--metadata-file',
        `${out}/meta`,
        '--sbom-output',
        `${out}/sbom`,
      );
      const id = await machine.ok('images', '-q', '--no-trunc', 'described');
      expect(JSON.parse(readFileSync(`${out}/meta`, 'utf8'))).toMatchObject({
        'containerimage.config.digest': id,
        'containerimage.descriptor': { size: expect.any(Number), digest: expect.stringMatching(/^sha256:/) },
        'image.name': 'docker.io/library/described:latest',
        'buildx.build.provenance': {
          buildDefinition: { externalParameters: { configSource: { path: 'Dockerfile' } } },
        },
      });
      expect(JSON.parse(readFileSync(`${out}/sbom`, 'utf8')).spdxVersion).toBe('SPDX-2.3');
    });

    withRegistry('push', () => {
      let registry: Registry;
      beforeAll(async () => {
        registry = await openRegistry();
      });
      afterAll(() => registry[Symbol.asyncDispose]());

      const manifest = async (name: string, tag: string) => {
        const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
        const answer = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, {
          headers: { accept },
        });
        return JSON.parse(await answer.text());
      };

      test('an image, annotated; a list with its images; only sent', async () => {
        const name = `${registry.host}/team/app`;
        await buildOk(folder(), '-t', `${name}:1`, '--push', '--annotation', 'a=b');
        expect((await manifest('team/app', '1')).annotations).toEqual({ a: 'b' });
        await buildOk(folder(), '-t', `${name}:2`, '--push', '--annotation', 'index:c=d', '--provenance');
        const index = await manifest('team/app', '2');
        expect(index.annotations).toEqual({ c: 'd' });
        expect(index.manifests).toHaveLength(2);
        const before = await machine.ok('images', '-aq');
        const sent = context('sent', { Dockerfile: 'FROM scratch\nLABEL only=sent\n' });
        await buildOk(sent, '-o', `type=registry,store=false,name=${name}:3`);
        expect((await manifest('team/app', '3')).layers).toEqual([]);
        expect(await machine.ok('images', '-aq')).toBe(before);
      });
    });
  });

  describe('progress', () => {
    const slow = (name: string) =>
      context(name, {
        Dockerfile: `FROM ${IMAGE}\nRUN for i in 1 2 3 4 5 6 7 8; do echo "line $i"; done; sleep 0.4; echo last\n`,
      });

    once('as lines: numbers, times, output, and what came from the cache', async () => {
      const folder = slow('lines');
      const first = await buildOk(folder, '-t', 'lines');
      expect(first.out).toBe('');
      expect(first.err).toMatch(
        /^#1 \[internal\] load build definition from Dockerfile\n#1 transferring dockerfile: \d+B done\n#1 DONE \d+\.\ds\n\n#2 \[1\/2\] FROM /,
      );
      expect(first.err).toMatch(
        /\n\n#(\d) \[2\/2\] RUN for [^\n]*\n#\1 \d+\.\d+ line 1\n(#\1 \d+\.\d+ line \d\n)+#\1 \d+\.\d+ last\n#\1 DONE \d+\.\ds\n/,
      );
      expect(first.err).toContain('naming to docker.io/library/lines:latest done\n');
      expect((await buildOk(folder)).err).toMatch(/#(\d) \[2\/2\] RUN [^\n]*\n#\1 CACHED\n/);
    });

    once('as JSON: a line a change', async () => {
      const { err } = await buildOk(slow('json'), '--progress=rawjson', '--no-cache');
      const lines = err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const run = lines
        .flatMap(({ vertexes = [] }) => vertexes)
        .filter(({ name }) => name.startsWith('[2/2] RUN'));
      expect(run.map(({ completed }) => completed !== undefined)).toEqual([false, true]);
      const logs = lines.flatMap(({ logs = [] }) => logs).filter(({ vertex }) => vertex === run[0].digest);
      expect(logs.map(({ data }) => Buffer.from(data, 'base64').toString()).join('')).toMatch(
        /^line 1\n[\s\S]*last\n$/,
      );
    });

    test('on a terminal: drawn in place, with the last six lines of what runs, after a resize too', async () => {
      using tty = machine.terminal(['build', '--network=none', '--no-cache', slow('tty')], {
        columns: 60,
        rows: 20,
      });
      await tty.until(/=> => # line 8/);
      expect(tty.screen).toMatch(/\[\+\] Building \d+\.\ds \(\d\/\d\)/);
      expect(tty.screen).toMatch(/=> => # line 3\x1b\[K\r\n[^\r]*=> => # line 4/);
      expect(tty.screen).not.toMatch(/# line 2\x1b\[K\r\n => => # line 3[\s\S]*# line 8/);
      tty.resize(100, 30);
      await tty.until(/FINISHED/);
      expect(await tty.ended()).toBe(0);
      expect(tty.screen.slice(tty.screen.lastIndexOf('[+] Building'))).toMatch(
        /^\[\+\] Building \d+\.\ds \((\d)\/\1\) FINISHED[\s\S]*=> \[2\/2\] RUN [^\n]{60,100}\d+\.\ds/,
      );
      // Nothing of the running step's output stays.
      expect(tty.screen.slice(tty.screen.lastIndexOf('FINISHED'))).not.toContain('# line');
    });

    test('Ctrl-C ends it, and nothing stays', async () => {
      const folder = context('long', { Dockerfile: `FROM ${IMAGE}\nRUN echo begun; sleep 60\n` });
      const before = await machine.ok('images', '-aq');
      using tty = machine.terminal(['build', '--network=none', '-t', 'never', folder]);
      await tty.until(/# begun/);
      tty.type('\x03');
      expect(await tty.ended()).toBe(130);
      expect(tty.screen).toContain('CANCELED');
      expect(await machine.ok('images', '-aq')).toBe(before);
      expect(await machine.ok('ps', '-aq')).toBe('');
    });
  });

  once('a signal that the caller ignores (nohup) does not end it', async () => {
    const folder = context('nohup', { Dockerfile: `FROM ${IMAGE}\nRUN echo begun; sleep 0.5\n` });
    const proa = machine.command('build', '--network=none', '--no-cache', '--progress=plain', folder);
    const child = Bun.spawn(['sh', '-c', 'trap "" HUP; exec "$@"', 'sh', ...proa], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: machine.env,
    });
    let text = '';
    for await (const chunk of child.stderr) {
      text += Buffer.from(chunk).toString();
      if (text.includes(' begun\n')) child.kill('SIGHUP');
    }
    expect(await child.exited).toBe(0);
    expect(text).toContain('exporting to image');
  });

  describe('errors', () => {
    test('a RUN that fails: its output, the lines of the Dockerfile, its exit code', async () => {
      const folder = context('fails', {
        Dockerfile: `FROM ${IMAGE}\n\nRUN echo before; \\\n  exit 7\nRUN true\n`,
      });
      const { code, out, err } = await build(folder, '-t', 'failed');
      expect({ code, out }).toEqual({ code: 7, out: '' });
      expect(err).toMatch(
        /\n------\n > \[2\/3\] RUN echo before; [^\n]*:\n\d+\.\d+ before\n------\nDockerfile:3\n-{20}\n {3}1 \| {5}FROM bb\n {3}2 \| {5}\n {3}3 \| >>> RUN echo before; \\\n {3}4 \| >>> {3}exit 7\n {3}5 \| {5}RUN true\n/,
      );
      expect(err).toContain('did not complete successfully: exit code: 7');
      expect(await machine.ok('images', '-q', 'failed')).toBe('');
      const quiet = await build(folder, '-q');
      expect(quiet).toMatchObject({ code: 7, out: '', err: expect.stringContaining('before\n') });
    });

    once('bad options say which, why, and what there is', async () => {
      const cases: [string[], string][] = [
        [['-o', 'type=oci'], 'invalid argument "type=oci" for --output: dest is required for oci'],
        [['-o', 'type=lokal,dest=x'], 'unsupported type "lokal"'],
        [['-o', 'type=local,dest=x,mod=copy'], 'unexpected key "mod" for type local'],
        [['--secret', 'id=a,sorce=b'], 'unexpected key "sorce"'],
        [['--secret', 'src=b'], 'it has no id'],
        [['--platform', 'linux/amd64', '--arch', 'arm64'], '--platform cannot be used with --arch'],
        [['--push'], 'tag is needed when pushing to registry'],
        [['--cache-to', 'type=gha'], 'gha is a service of one provider'],
        [['--allow', 'everything'], 'must be one of network.host'],
        [['--isolation', 'chroot'], 'use --isolation chroot'],
        [['--hooks-dir', '/x'], 'use --hooks-dir'],
        [['-v', 'name:/x'], 'a build sees no volumes'],
        [['--build-context', 'x'], 'not of the form NAME=CONTEXT'],
        [['--pull=sometimes'], 'must be one of missing, always, newer, never'],
        [['--ulimit', 'nofile'], 'nofile'],
        [['-t', 'UPPER'], 'UPPER'],
        [['--call=draw'], 'must be one of build, check, outline, targets'],
        [['--progress', 'tty'], 'stderr is not a terminal'],
      ];
      const folder = context('bad', { Dockerfile: 'FROM scratch\nLABEL a=b\n' });
      const outcomes = await Promise.all(cases.map(([options]) => machine.proa('build', ...options, folder)));
      for (const [i, { code, out, err }] of outcomes.entries()) {
        expect({ out, err, failed: code !== 0 }).toEqual({
          out: '',
          err: expect.stringContaining(cases[i]![1]),
          failed: true,
        });
        expect(err).not.toContain('internal error');
      }
    });

    once('no context, no Dockerfile, no such folder, a file that is not a Dockerfile', async () => {
      const empty = context('empty', { other: '' });
      const outcomes = await Promise.all([
        machine.proa('build'),
        build(empty),
        build(`${empty}/nowhere`),
        build(context('nonsense', { Dockerfile: 'FROM scratch\nCOPPY a b\n' })),
      ]);
      expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
      expect(outcomes[0]!.err).toContain('proa build .');
      expect(outcomes[1]!.err).toContain('Dockerfile');
      expect(outcomes[2]!.err).toContain('nowhere');
      expect(outcomes[3]!.err).toMatch(/Dockerfile:2: .*COPPY[\s\S]*COPY/);
      expect(existsSync(`${empty}/nowhere`)).toBe(false);
    });
  });

  once('--check, --call targets and --call outline show and build nothing', async () => {
    const folder = context('shown', {
      Dockerfile: `# Tools are what is needed\nFROM ${IMAGE} AS tools\nARG FLAGS=-O2\nFROM tools as last\nCMD echo hi\n`,
    });
    const before = await machine.ok('images', '-aq');
    const check = await machine.proa('build', '--check', folder);
    expect(check.code).toBe(1);
    expect(check.out).toMatch(
      /^Check complete, 2 warnings have been found!\n\nWARNING: FromAsCasing - https:\S+\n.*\nDockerfile:4\n-{20}\n/,
    );
    expect(check.out).toContain('   5 | >>> CMD echo hi\n');
    expect(await machine.ok('build', '--call=targets', folder)).toMatch(
      /^TARGET +DESCRIPTION\ntools +are what is needed\nlast \(default\) *$/,
    );
    const outline = JSON.parse(await machine.ok('build', '--call=outline,format=json', folder));
    expect(outline).toMatchObject({ name: 'last', args: [{ name: 'FLAGS', value: '-O2' }] });
    expect(await machine.ok('images', '-aq')).toBe(before);
    expect((await buildOk(folder)).err).toMatch(/2 warnings found .*\n - FromAsCasing: .* \(line 4\)\n/);
    const strict = context('strict', { Dockerfile: `# check=error=true\nFROM ${IMAGE} as x\n` });
    expect(await build(strict, '-q')).toMatchObject({
      code: 1,
      err: expect.stringContaining('FromAsCasing'),
    });
  });

  once('--logfile takes the progress', async () => {
    const folder = context('log', { Dockerfile: 'FROM scratch\nLABEL a=b\n' });
    const log = `${await machine.makeFolder('logs')}/log`;
    expect(await build(folder, '--logfile', log)).toEqual({ code: 0, out: '', err: '' });
    expect(statSync(log).size).toBeGreaterThan(50);
    expect(readFileSync(log, 'utf8')).toContain('#1 DONE');
  });
});
