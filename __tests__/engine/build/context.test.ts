// What the last word of `build` may name, and where the Dockerfile and the ignore rules come from.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type ContextOptions, openContext, openNamedContext } from '../../../lib/engine/build/context.ts';
import {
  describeAsRoot,
  failure,
  openTestEngine,
  run,
  type TestEngine,
  testWith,
} from '../image/support/store.ts';

const OPTIONS: ContextOptions = { files: [], defaultFiles: ['Dockerfile'] };

/** Opens a context, looks at it, and closes it. */
async function look(
  t: TestEngine,
  place: string,
  options: Partial<ContextOptions> = {},
  stdin = '',
): Promise<{ files: string[]; text: string; name: string; ignore: readonly string[]; gone: boolean }> {
  const file = `${t.folder}/stdin`;
  if (stdin !== '' && stdin !== file) writeFileSync(file, stdin);
  const fd = stdin === '' ? -1 : openSync(file, 'r');
  let path: string;
  let seen: { files: string[]; text: string; name: string; ignore: readonly string[] };
  {
    await using opened = await openContext(t.engine, place, fd, { ...OPTIONS, ...options });
    path = opened.context.path;
    const files = (readdirSync(path, { recursive: true }) as string[]).sort();
    seen = { files, ...opened.dockerfile, ignore: opened.context.ignore.filter((line) => line !== '') };
  }
  if (fd >= 0) closeSync(fd);
  return { ...seen, gone: !existsSync(path) };
}

describeAsRoot('folders', () => {
  test('the Dockerfile is the context’s, or the one that is named; ignore rules beside it win', async () => {
    using t = openTestEngine();
    run(
      [
        'sh',
        '-ec',
        `mkdir c c/sub; echo FROM a > c/Dockerfile; echo FROM b > c/sub/B; echo ign > c/.dockerignore
      echo beside > c/sub/B.dockerignore; echo FROM out > out; echo other > other`,
      ],
      { cwd: t.folder },
    );
    const c = `${t.folder}/c`;
    expect(await look(t, c)).toMatchObject({
      text: 'FROM a\n',
      name: 'Dockerfile',
      ignore: ['ign'],
      gone: false,
    });
    expect(await look(t, c, { files: [`${c}/sub/B`] })).toMatchObject({
      text: 'FROM b\n',
      ignore: ['beside'],
    });
    expect(await look(t, c, { files: ['sub/B'] })).toMatchObject({ text: 'FROM b\n' });
    expect(await look(t, c, { files: [`${t.folder}/out`] })).toMatchObject({
      text: 'FROM out\n',
      ignore: ['ign'],
    });
    expect(await look(t, c, { files: ['-'] }, 'FROM stdin\n')).toMatchObject({ text: 'FROM stdin\n' });
    expect(await look(t, c, { ignoreFile: `${t.folder}/other` })).toMatchObject({ ignore: ['other'] });
    expect((await look(t, c, { files: [`${c}/sub/B`, `${t.folder}/out`] })).text).toBe(
      'FROM b\n\nFROM out\n',
    );
    run(['sh', '-ec', 'mv c/Dockerfile c/dockerfile; echo pod > c/.containerignore'], { cwd: t.folder });
    expect(await look(t, c)).toMatchObject({ name: 'dockerfile', ignore: ['pod'] });
  });

  test.each<[string, string, Partial<ContextOptions>, string]>([
    ['CONTEXT_NOT_FOUND', 'none', {}, 'no such folder'],
    ['CONTEXT_NOT_A_FOLDER', 'text', {}, 'neither a folder nor an archive'],
    ['DOCKERFILE_NOT_FOUND', 'empty', {}, 'open Dockerfile in '],
    [
      'DOCKERFILE_NOT_FOUND',
      'empty',
      { defaultFiles: ['Containerfile', 'Dockerfile'] },
      'Containerfile or Dockerfile',
    ],
    ['DOCKERFILE_NOT_FOUND', 'empty', { files: ['x'] }, 'neither in the current folder nor in '],
    ['DOCKERFILE_UNREADABLE', 'empty', { files: ['.'] }, 'it is a folder'],
    ['IGNORE_FILE_UNREADABLE', 'full', { ignoreFile: '/nowhere' }, 'no such file'],
    ['STDIN_TWICE', '-', { files: ['-'] }, 'both the context and the Dockerfile'],
    ['GIT_FAILED', 'git://127.0.0.1:1/x.git', {}, 'git ls-remote git://127.0.0.1:1/x.git'],
    ['DOWNLOAD_FAILED', 'http://127.0.0.1:1/x', {}, 'download build context http://127.0.0.1:1/x'],
  ])('%s: %s %j', async (code, place, options, message) => {
    using t = openTestEngine();
    run(['sh', '-ec', 'mkdir empty full; touch full/Dockerfile; echo some text > text'], { cwd: t.folder });
    const error = await failure(look(t, /^[a-z]+$/.test(place) ? `${t.folder}/${place}` : place, options));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(readdirSync(t.engine.store.tmp)).toEqual([]);
  });
});

describeAsRoot('streams', () => {
  testWith(
    'bzip2',
    'xz',
    'zstd',
  )('an archive, whatever it is packed with, or a Dockerfile', async () => {
    using t = openTestEngine();
    run(
      [
        'sh',
        '-ec',
        `mkdir c; echo FROM a > c/Dockerfile; echo FROM b > c/B; echo x > c/x; echo ign > c/.dockerignore
      tar cf plain -C c .; gzip -k plain; bzip2 -k plain; xz -k plain; zstd -q plain`,
      ],
      { cwd: t.folder },
    );
    for (const name of ['plain', 'plain.gz', 'plain.bz2', 'plain.xz', 'plain.zst']) {
      run(['cp', name, 'stdin'], { cwd: t.folder });
      expect(await look(t, '-', {}, `${t.folder}/stdin`)).toEqual({
        files: ['.dockerignore', 'B', 'Dockerfile', 'x'],
        text: 'FROM a\n',
        name: 'Dockerfile',
        ignore: ['ign'],
        gone: true,
      });
    }
    expect(await look(t, '-', { files: ['B'] }, `${t.folder}/stdin`)).toMatchObject({ text: 'FROM b\n' });
    expect(await look(t, `${t.folder}/plain.gz`)).toMatchObject({ text: 'FROM a\n', gone: true });
    expect(await look(t, '-', {}, 'FROM scratch\n')).toMatchObject({
      files: [],
      text: 'FROM scratch\n',
      gone: true,
    });
    expect((await failure(look(t, '-', {}, '\n'))).code).toBe('EMPTY_INPUT');
    run(['sh', '-c', 'head -c 60 plain.gz > stdin'], { cwd: t.folder });
    const error = await failure(look(t, '-', {}, `${t.folder}/stdin`));
    expect(error.message).toMatch(/^unpack build context standard input: /);
    expect(readdirSync(t.engine.store.tmp)).toEqual([]);
  });

  test('a web server gives an archive or a Dockerfile', async () => {
    using t = openTestEngine();
    run(['sh', '-ec', 'mkdir c; echo FROM a > c/Dockerfile; tar czf c.tgz -C c .'], { cwd: t.folder });
    const fetch = (request: Request) =>
      new Response(request.url.endsWith('tgz') ? readFileSync(`${t.folder}/c.tgz`) : 'FROM web\n');
    await using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch });
    const url = `http://127.0.0.1:${server.port}`;
    expect(await look(t, `${url}/c.tgz`)).toMatchObject({
      files: ['Dockerfile'],
      text: 'FROM a\n',
      gone: true,
    });
    expect(await look(t, `${url}/any`)).toMatchObject({ files: [], text: 'FROM web\n', gone: true });
    expect(await look(t, t.folder, { files: [`${url}/Own`] })).toMatchObject({
      text: 'FROM web\n',
      name: 'Own',
    });
  });

  testWith('git')('a repository, a branch of it, a folder of it', async () => {
    using t = openTestEngine();
    run(
      [
        'sh',
        '-ec',
        `git init -q -b main s; cd s; git config user.email a@b; git config user.name n; echo FROM a > Dockerfile
      mkdir sub; echo FROM sub > sub/Dockerfile; echo x > sub/x; git add .; git commit -qm one; git branch other
      cd ..; git clone -q --bare s s.git; cd s.git; git update-server-info`,
      ],
      { cwd: t.folder },
    );
    const fetch = (request: Request) => {
      const file = t.folder + new URL(request.url).pathname;
      return existsSync(file) ? new Response(Bun.file(file)) : new Response(null, { status: 404 });
    };
    await using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch });
    const url = `http://127.0.0.1:${server.port}/s.git`;
    expect(await look(t, url)).toMatchObject({
      files: ['Dockerfile', 'sub', 'sub/Dockerfile', 'sub/x'],
      gone: true,
    });
    expect(await look(t, `${url}#other:sub`)).toMatchObject({
      files: ['Dockerfile', 'x'],
      text: 'FROM sub\n',
      gone: true,
    });
    await using named = await openNamedContext(t.engine, 'src', `${url}#:sub`);
    expect(readdirSync(named.context.path).sort()).toEqual(['Dockerfile', 'x']);
    expect(await failure(openNamedContext(t.engine, 'src', '/nowhere'))).toMatchObject({
      message: 'open build context src: open build context /nowhere: no such folder',
    });
  });

  test('links of a context from elsewhere lead nowhere else', async () => {
    using t = openTestEngine();
    writeFileSync(`${t.folder}/secret`, 'FROM secret\n');
    run(
      [
        'sh',
        '-ec',
        `mkdir c; ln -s ${t.folder}/secret c/Dockerfile; ln -s ${t.folder}/secret c/.dockerignore
      ln -s ../../../../../../../..${t.folder}/secret c/up; echo FROM a > c/A; tar cf c.tar -C c .`,
      ],
      { cwd: t.folder },
    );
    const archive = `${t.folder}/c.tar`;
    for (const files of [
      [],
      ['Dockerfile'],
      ['up'],
      [`${t.folder}/secret`],
      ['../../../../../../../../etc/passwd'],
    ]) {
      expect((await failure(look(t, archive, { files }))).code).toBe('DOCKERFILE_NOT_FOUND');
    }
    expect((await look(t, archive, { files: ['A'] })).ignore).toEqual([]);
    // In one's own folder they are one's own.
    expect((await look(t, `${t.folder}/c`)).text).toBe('FROM secret\n');
  });
});
