// ADD: archives by their content, files of web servers, git repositories.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describeAsRoot, failure, run, testWith } from '../image/support/store.ts';
import { type CopyMore, openCopying } from './support/copying.ts';

const ADD: CopyMore = { kind: 'ADD' };

describeAsRoot('archives', () => {
  testWith(
    'bzip2',
    'xz',
    'zstd',
  )('are unpacked whatever they are packed with, and by whatever name', async () => {
    using t = openCopying();
    t.inContext(`umask 022; mkdir d; echo a > d/a; tar cf t.tar --owner=5 --group=6 d; rm -r d
      gzip -k t.tar; bzip2 -k t.tar; xz -k t.tar; zstd -q t.tar; mv t.tar plain; mv t.tar.gz x.jpg`);
    for (const name of ['plain', 'x.jpg', 't.tar.bz2', 't.tar.xz', 't.tar.zst']) {
      const all = await t.copy([name], `/${name}-`, ADD);
      expect(all.filter((line) => line.includes(name))).toEqual([
        `d 755 ${name}-`,
        `d 755 5:6 ${name}-/d`,
        `f 644 5:6 ${name}-/d/a`,
      ]);
    }
  });

  test('only tars are, not with --unpack=false, and never by COPY', async () => {
    using t = openCopying();
    t.inContext('umask 022; echo text > a; tar czf t.tgz a; gzip a; : > empty');
    expect(await t.copy(['a.gz', 'empty'], '/w/', ADD)).toEqual(['d 755 w', 'f 644 w/a.gz', 'f 644 w/empty']);
    expect(await t.copy(['t.tgz'], '/v/', { ...ADD, unpack: false })).toContain('f 644 v/t.tgz');
    expect(await t.copy(['t.tgz'], '/u')).toContain('f 644 u');
  });

  test('one that is cut off, or leads out, fails; a file in its way, too', async () => {
    using t = openCopying();
    t.inContext(`head -c 100000 /dev/urandom > a; tar cf t.tar a; head -c 50000 t.tar > cut.tar
      tar cf out.tar --transform=s,^,../../, a 2>/dev/null`);
    expect(await failure(t.copy(['cut.tar'], '/w/', ADD))).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: expect.stringMatching(/^ADD to \/w\/: unpack cut.tar: /),
      hint: expect.stringContaining('--unpack=false'),
    });
    expect((await failure(t.copy(['out.tar'], '/w/', ADD))).code).toBe('HOSTILE_ARCHIVE');
    t.inRoot('echo > f');
    expect((await failure(t.copy(['t.tar'], '/f', ADD))).code).toBe('COPY_DESTINATION');
  });

  test('what is in the place of a member goes, folders are merged, the destination stays as it is', async () => {
    using t = openCopying();
    t.inContext(
      'umask 022; mkdir -m 700 u; echo a > u/a; tar cf t.tar u; rm -r u; mkdir -m 700 e; tar cf d.tar -C e .; rm -r e',
    );
    t.inRoot('mkdir 1; chmod 777 1; ln -s /1 u');
    expect(await t.copy(['t.tar', 'd.tar'], '/', ADD)).toEqual(['d 777 1', 'd 700 u', 'f 644 u/a']);
    expect(await t.copy(['d.tar'], '/1', ADD)).toContain('d 777 1');
  });
});

/** A web server on a free port of the loopback, and what it was asked. */
function serve(answer: (request: Request) => Response) {
  const asked: { headers: Headers }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      // Bun lets go of a request's headers with its answer.
      asked.push({ headers: new Headers(request.headers) });
      return answer(request);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, asked, [Symbol.dispose]: () => void server.stop(true) };
}

const CONTENT = 'from afar\n';
const DIGEST = `sha256:${new Bun.CryptoHasher('sha256').update(CONTENT).digest('hex')}`;

describeAsRoot('web servers', () => {
  test('the file is its owner’s alone, has the server’s time, and is asked for again only if it changed', async () => {
    using t = openCopying();
    let content = CONTENT;
    using web = serve((request) =>
      request.headers.get('if-none-match') === `"${content.length}"`
        ? new Response(null, { status: 304 })
        : new Response(content, {
            headers: { etag: `"${content.length}"`, 'last-modified': 'Sun, 09 Sep 2001 01:46:40 GMT' },
          }),
    );
    const url = `${web.url}/a%20b.tar?x=y`;
    expect(await t.copy([url], '/w/', ADD)).toEqual(['d 755 w', 'f 600 w/a b.tar']);
    expect(readFileSync(`${t.root}/w/a b.tar`, 'utf8')).toBe(CONTENT);
    expect(statSync(`${t.root}/w/a b.tar`).mtimeMs).toBe(1_000_000_000_000);
    const first = await t.plan([url], '/w/', ADD);
    expect(web.asked.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"10"']);
    content += 'more';
    expect((await t.plan([url], '/w/', ADD)).digest).not.toBe(first.digest);
    expect(await t.copy([url], '/single', { ...ADD, chmod: '755', chown: '5' })).toContain(
      'f 755 5:5 single',
    );
  });

  test('a checksum says what it is without a question, and holds', async () => {
    using t = openCopying();
    using web = serve(() => new Response(CONTENT));
    const source = [`${web.url}/f`];
    await t.plan(source, '/w/', { ...ADD, checksum: DIGEST });
    expect(web.asked).toEqual([]);
    expect(await t.copy(source, '/w/', { ...ADD, checksum: DIGEST })).toContain('f 600 w/f');
    await t.copy(source, '/w/', { ...ADD, checksum: DIGEST });
    expect(web.asked.length).toBe(1);
    expect(statSync(`${t.root}/w/f`).mtimeMs).toBe(0);
    const wrong = `sha256:${'0'.repeat(64)}`;
    expect(await failure(t.copy(source, '/v/', { ...ADD, checksum: wrong }))).toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: `ADD ${source[0]}: its digest is ${DIGEST}, not ${wrong}`,
    });
    expect((await failure(t.copy(source, '/v/', { ...ADD, checksum: 'md5:1' }))).code).toBe(
      'INVALID_CHECKSUM',
    );
  });

  test('the name is the address’, else the header’s; without one it must be said', async () => {
    using t = openCopying();
    using web = serve((request) =>
      request.url.endsWith('/named/')
        ? new Response(CONTENT, { headers: { 'content-disposition': 'attachment; filename="../na\\"me"' } })
        : new Response(CONTENT),
    );
    expect(await t.copy([`${web.url}/named/`], '/w/', ADD)).toContain('f 600 w/na"me');
    expect((await failure(t.copy([`${web.url}/`], '/w/', ADD))).code).toBe('NO_FILE_NAME');
    expect(await t.copy([`${web.url}/`], '/w/x', ADD)).toContain('f 600 w/x');
  });

  test('an archive stays one, unless it shall be unpacked', async () => {
    using t = openCopying();
    t.inContext('umask 022; echo a > a; tar czf t.tgz a; mv t.tgz ..; rm a');
    using web = serve(() => new Response(Bun.file(`${t.context}/../t.tgz`)));
    expect(await t.copy([`${web.url}/t.tgz`], '/w/', ADD)).toEqual(['d 755 w', 'f 600 w/t.tgz']);
    expect(await t.copy([`${web.url}/t.tgz`], '/v/', { ...ADD, unpack: true })).toContain('f 644 v/a');
  });

  test('what the server refuses is told, without a password', async () => {
    using t = openCopying();
    using web = serve(() => new Response('no', { status: 404, statusText: 'Not Found' }));
    const url = web.url.replace('//', '//me:secret@');
    const error = await failure(t.plan([`${url}/f`], '/w/', ADD));
    expect(error).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: `ADD ${web.url}/f: the server answers 404 Not Found`,
    });
    expect(web.asked[0]!.headers.get('authorization')).toBe(`Basic ${btoa('me:secret')}`);
    expect((await failure(t.plan(['http://127.0.0.1:1/f'], '/w/', ADD))).code).toBe('DOWNLOAD_FAILED');
  });
});

describeAsRoot('git', () => {
  testWith('git')('a branch, tag, commit or folder of a repository', async () => {
    using t = openCopying();
    const source = `${t.context}/../source`;
    run([
      'sh',
      '-ec',
      `
      git init -q -b main ${source}; cd ${source}; git config user.email a@b; git config user.name n; umask 022
      echo 1 > file; mkdir -p sub/deep; echo s > sub/deep/f; chmod 755 file; ln -s /etc/passwd sub/out; git add .; git commit -qm one
      git tag -a -m v1 v1; echo 2 > file; git commit -qam two
      cd ..; git clone -q --bare source bare.git; cd bare.git; git update-server-info`,
    ]);
    // Git's oldest protocol needs no more than a server of files, and knows no depth.
    using web = serve((request) => {
      const file = `${source}/..${new URL(request.url).pathname}`;
      return existsSync(file) ? new Response(Bun.file(file)) : new Response(null, { status: 404 });
    });
    const remote = `${web.url}/bare.git`;
    expect(await t.copy([remote], '/w/', ADD)).toEqual([
      ...[
        'd 755 w',
        'f 755 w/file',
        'd 755 w/sub',
        'd 755 w/sub/deep',
        'f 644 w/sub/deep/f',
        'l 777 w/sub/out -> /etc/passwd',
      ],
    ]);
    expect(readFileSync(`${t.root}/w/file`, 'utf8')).toBe('2\n');
    expect(await t.copy([`${remote}#v1:sub/deep`], '/v/', ADD)).toContain('f 644 v/f');
    await t.copy([`${remote}#v1`], '/tag/', ADD);
    expect(readFileSync(`${t.root}/tag/file`, 'utf8')).toBe('1\n');
    const commit = run(['git', '-C', source, 'rev-parse', 'v1^{commit}']).toString().trim();
    expect(await t.copy([`${remote}#${commit}`], '/c/', { ...ADD, keepGitDir: true })).toContain(
      'f 644 c/.git/HEAD',
    );
    const plans = await Promise.all(
      ['#v1', `#${commit}`, '#main', '#v1:sub'].map((ref) => t.plan([remote + ref], '/', ADD)),
    );
    const [tag, same, ...others] = plans.map(({ digest }) => digest);
    expect(tag).toBe(same!);
    expect(new Set([tag, ...others]).size).toBe(3);
    expect((await failure(t.plan([`${remote}#v9`], '/', ADD))).code).toBe('GIT_REF_NOT_FOUND');
    expect((await failure(t.copy([`${remote}#v1:no/such`], '/', ADD))).code).toBe('GIT_FOLDER_NOT_FOUND');
    expect((await failure(t.copy([`${remote}#v1:sub/out`], '/', ADD))).code).toBe('GIT_FOLDER_NOT_FOUND');
    expect((await failure(t.plan([`${remote}#main`], '/', { ...ADD, checksum: commit }))).code).toBe(
      'CHECKSUM_MISMATCH',
    );
    expect((await failure(t.plan([`${web.url}/none.git`], '/', ADD))).message).toMatch(
      /^ADD http.*none.git: git ls-remote /,
    );
  });
});
