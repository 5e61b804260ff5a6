// What COPY makes of sources and destinations. The expected trees are those that docker's classic builder (20.10) left, but
// for set-id bits and capabilities, which it loses, and for what only BuildKit has.
import { readFileSync, statSync } from 'node:fs';
import { applyCopy } from '../../../lib/engine/build/copy.ts';
import { describeAsRoot, failure, run, testWith } from '../image/support/store.ts';
import { type Copying, openCopying } from './support/copying.ts';

const FILES = `
  umask 022
  echo a > a; echo b > b; chmod 640 a; touch -d @1000000 a
  mkdir -p d/sub d/t; echo x > d/x; echo y > d/sub/y; chmod 700 d/t; touch -d @2000000 d/t
  ln -s a link; ln -s d dlink`;
const D = (at: string) => [`d 755 ${at}/sub`, `f 644 ${at}/sub/y`, `d 700 ${at}/t`, `f 644 ${at}/x`];

describeAsRoot('destinations', () => {
  let t: Copying;
  let listener: Disposable;
  beforeAll(() => {
    t = openCopying();
    t.inContext(`${FILES}; ln -s nowhere gone; ln -s loop loop`);
    listener = Bun.listen({ unix: `${t.context}/sock`, socket: { data() {} } }) as unknown as Disposable;
  });
  beforeEach(() => t.newRoot());
  afterAll(() => {
    listener[Symbol.dispose]();
    t[Symbol.dispose]();
  });

  const cases: [
    title: string,
    before: string,
    sources: string[],
    destination: string,
    after: string[],
    workdir?: string,
  ][] = [
    ['with a slash it is a folder', '', ['a'], '/dest/', ['d 755 dest', 'f 640 dest/a']],
    ['without one it is the file', '', ['a'], '/dest', ['f 640 dest']],
    ['folders on the way are made', '', ['a'], '/p/q/dest', ['d 755 p', 'd 755 p/q', 'f 640 p/q/dest']],
    ['. is the working folder', 'mkdir w', ['a'], '.', ['d 755 w', 'f 640 w/a'], '/w'],
    ['relative ones begin there', 'mkdir w', ['a'], 'z/../t', ['d 755 w', 'f 640 w/t'], '/w'],
    ['nothing is the working folder', '', ['a'], '', ['f 640 a']],
    ['a folder stands for its content', '', ['d'], '/dest', ['d 755 dest', ...D('dest')]],
    ['several go into a folder', '', ['a', 'b'], '/dest/', ['d 755 dest', 'f 640 dest/a', 'f 644 dest/b']],
    ['a folder that is there takes a file', 'mkdir f', ['a'], '/f', ['d 755 f', 'f 640 f/a']],
    [
      'links to folders are followed',
      'mkdir f; ln -s /f l',
      ['d'],
      '/l',
      ['d 755 f', ...D('f'), 'l 777 l -> /f'],
    ],
    [
      'and never lead out',
      'mkdir -p p/f; ln -s ../../../../p/f l',
      ['b'],
      '/l/',
      ['l 777 l -> ../../../../p/f', 'd 755 p', 'd 755 p/f', 'f 644 p/f/b'],
    ],
    ['a link to a file: that is written', 'echo o > f; ln -s f l', ['a'], '/l', ['f 640 f', 'l 777 l -> f']],
    ['a link to nothing: that is made', 'ln -s /none l', ['a'], '/l', ['l 777 l -> /none', 'f 640 none']],
    ['as a folder, too', 'ln -s /none l', ['a'], '/l/', ['l 777 l -> /none', 'd 755 none', 'f 640 none/a']],
    ['a file takes the place of a full folder', 'mkdir -p f/x/z', ['d'], '/f/', ['d 755 f', ...D('f')]],
    ['a folder that of a file', 'mkdir f; echo > f/sub', ['d'], '/f/', ['d 755 f', ...D('f')]],
    ['and of a link', 'mkdir f o; ln -s /o f/sub', ['d'], '/f/', ['d 755 f', ...D('f'), 'd 755 o']],
    [
      'a file that of a link',
      'mkdir f o; echo o > o/a; ln -s /o/a f/a',
      ['a'],
      '/f/',
      ['d 755 f', 'f 640 f/a', 'd 755 o', 'f 644 o/a'],
    ],
    [
      'folders are merged, and get mode and owner of the source; the destination itself stays',
      'mkdir -p f/t; chmod 777 f/t; chmod 711 f; chown 5:6 f f/t; echo k > f/t/k',
      ['d'],
      '/f/',
      ['d 711 5:6 f', 'd 755 f/sub', 'f 644 f/sub/y', 'd 700 f/t', 'f 644 f/t/k', 'f 644 f/x'],
    ],
  ];
  for (const [title, before, sources, destination, after, workdir = '/'] of cases) {
    test(title, async () => {
      if (before !== '') t.inRoot(`umask 022; ${before}`);
      expect(await t.copy(sources, destination, { workdir })).toEqual(after);
    });
  }

  test('contents and times are the source’s', async () => {
    using t = openCopying();
    t.inContext(`${FILES}; head -c 3000000 /dev/urandom > big; truncate -s 5M hole; echo end >> hole
      mkdir many; for i in $(seq 300); do mkdir many/$i; done; echo z > many/z; touch -d @3000000 d many`);
    await t.copy(['.'], '/w/');
    run(['diff', '-r', '--no-dereference', t.context, `${t.root}/w`]);
    expect(statSync(`${t.root}/w/a`).mtimeMs).toBe(1_000_000_000);
    expect(statSync(`${t.root}/w/d/t`).mtimeMs).toBe(2_000_000_000);
    // More was made in these, after they were left for others.
    for (const name of ['d', 'many']) expect(statSync(`${t.root}/w/${name}`).mtimeMs).toBe(3_000_000_000);
    expect(statSync(`${t.root}/w/hole`).blocks).toBeLessThan(5000);
  });

  test.each<[string, string[], string, string, string]>([
    ['COPY_NEEDS_FOLDER', ['a', 'b'], '/dest', '', 'the destination must be a directory and end with a /'],
    [
      'COPY_NEEDS_FOLDER',
      ['[ab]'],
      '/dest',
      '',
      'COPY to /dest: with more than one source, the destination must',
    ],
    ['COPY_DESTINATION', ['d'], '/f', 'echo > f', 'COPY to /f: /f is there and not a directory'],
    ['COPY_DESTINATION', ['a'], '/f/', 'echo > f', 'COPY to /f/: /f is there and not a directory'],
    ['COPY_DESTINATION', ['a'], '/f/b/c', 'echo > f', 'COPY to /f/b/c: /f is there and not a directory'],
    ['ELOOP', ['a'], '/l', 'ln -s l l', 'too many symbolic links'],
    ['COPY_SOURCE_MISSING', ['zz'], '/d/', '', 'find zz in the build context: no such file or folder'],
    ['COPY_SOURCE_MISSING', ['zz*'], '/d/', '', 'find zz* in the build context: nothing matches'],
    ['COPY_SOURCE_MISSING', ['a', 'zz'], '/d/', '', 'find zz in the build context'],
    ['COPY_SOURCE_MISSING', ['link/x'], '/d/', '', 'find link/x in the build context'],
    [
      'COPY_SOURCE_MISSING',
      ['gone*'],
      '/d/',
      '',
      'find gone in the build context: the link leads nowhere in there',
    ],
    ['ELOOP', ['loop'], '/d/', '', 'read loop in the build context: too many symbolic links'],
    ['COPY_UNSUPPORTED', ['sock'], '/d/', '', 'copy sock from the build context: it is a socket'],
    ['INVALID_PATTERN', ['[a'], '/d/', '', 'invalid pattern "[a"'],
    ['USER_NOT_FOUND', ['a'], '/d/', '', ''],
  ])('%s: %j to %s', async (code, sources, destination, before, message) => {
    if (before !== '') t.inRoot(before);
    const error = await failure(
      t.copy(sources, destination, code === 'USER_NOT_FOUND' ? { chown: 'nobody2' } : {}),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describeAsRoot('sources', () => {
  const SPECIAL = `umask 022
    echo a > a; ln a a2; mkfifo fifo; touch .dot; mkdir -p empty "sp ace"; echo s > "sp ace/f i"; echo br > "arr[0].txt"
    chmod 6755 a; mkdir st; chmod 1777 st; mkdir sg; chmod 2755 sg; mknod null c 1 3; chmod 644 null`;

  test('everything that a layer can hold comes along: hard links, devices, fifos, set-id and sticky bits', async () => {
    using t = openCopying();
    t.inContext(SPECIAL);
    const all = await t.copy(['.'], '/w');
    expect(all).toEqual([
      'd 755 w',
      'f 644 w/.dot',
      'f 6755 w/a',
      'f 6755 w/a2',
      'f 644 w/arr[0].txt',
      'd 755 w/empty',
      'p 644 w/fifo',
      'c 644 w/null',
      'd 2755 w/sg',
      'd 755 w/sp ace',
      'f 644 w/sp ace/f i',
      'd 1777 w/st',
    ]);
    expect(statSync(`${t.root}/w/a`).ino).toBe(statSync(`${t.root}/w/a2`).ino);
    expect(statSync(`${t.root}/w/null`).rdev).toBe(0x103);
  });

  test.each<[string[], string[]]>([
    [['arr[[]0].txt'], ['f 644 w/arr[0].txt']],
    [['sp ace/f i'], ['f 644 w/f i']],
    [['.*'], ['f 644 w/.dot']],
    [['so*', '.*'], ['f 644 w/.dot']],
    [['s?'], []],
    [['*/f*'], ['f 644 w/f i']],
    [
      ['../../arr[[]0].txt', '/a'],
      ['f 6755 w/a', 'f 644 w/arr[0].txt'],
    ],
    [['a', 'nothing*'], ['f 6755 w/a']],
    [['empty'], []],
  ])('%j', async (sources, after) => {
    using t = openCopying();
    t.inContext(SPECIAL);
    expect(await t.copy(sources, '/w/')).toEqual(['d 755 w', ...after]);
  });

  test('links that are named are followed inside the tree, and keep their names; links in folders stay links', async () => {
    using t = openCopying();
    t.inContext(`${FILES}; ln -s ../../../../d/x up; ln -s /nowhere gone`);
    expect(await t.copy(['link', 'dlink', 'up', 'd*'], '/w/')).toEqual([
      'd 755 w',
      'f 640 w/link',
      ...['d 755 w/sub', 'f 644 w/sub/y', 'd 700 w/t'],
      'f 644 w/up',
      'f 644 w/x',
    ]);
    expect(await t.copy(['.'], '/v/')).toContain('l 777 v/gone -> /nowhere');
    expect((await failure(t.copy(['gone'], '/x/'))).code).toBe('COPY_SOURCE_MISSING');
  });

  test('ignored files are not there, ignored folders are not read, exceptions bring their folders', async () => {
    using t = openCopying();
    t.inContext(
      'umask 022; mkdir -p d/e n/deep keep/k; echo a>d/a; echo b>d/b; echo n>n/deep/n; echo k>keep/k/k; ln -s d dl',
    );
    const ignore = ['# comment', 'd', '!d/b', 'n', 'keep/*', '!keep/k/k'];
    expect(await t.copy(['.'], '/w/', { ignore })).toEqual([
      ...['d 755 w', 'd 755 w/d', 'f 644 w/d/b', 'l 777 w/dl -> d'],
      ...['d 755 w/keep', 'd 755 w/keep/k', 'f 644 w/keep/k/k'],
    ]);
    expect(await t.copy(['d'], '/x/', { ignore })).toContain('f 644 x/b');
    const error = await failure(t.copy(['d/a'], '/y/', { ignore }));
    expect(error.message).toBe('find d/a in the build context: it is excluded by .dockerignore');
    expect(error.hint).toContain('!d/a');
    expect((await failure(t.copy(['n'], '/y/', { ignore }))).code).toBe('COPY_SOURCE_MISSING');
    // Where an ignored folder cannot even be opened, nobody minds.
    t.inContext('ln -s n nl');
    expect((await failure(t.copy(['nl/deep/n'], '/y/', { ignore }))).message).toContain('(as n/deep/n)');
  });

  test('--exclude is asked with paths below the source', async () => {
    using t = openCopying();
    t.inContext('umask 022; mkdir -p d/s; touch d/a.md d/a.txt d/s/b.md d/s/b.txt top.md top.txt');
    expect(await t.copy(['d', '*.*'], '/w/', { exclude: ['*.md'] })).toEqual([
      ...['d 755 w', 'f 644 w/a.txt', 'd 755 w/s', 'f 644 w/s/b.md', 'f 644 w/s/b.txt', 'f 644 w/top.txt'],
    ]);
    expect(await t.copy(['d'], '/v/', { exclude: ['**/*.md', 's/b.*'] })).toEqual(
      expect.arrayContaining(['f 644 v/a.txt', 'd 755 v/s']),
    );
  });

  test('--parents keeps the path, from /./ on if there is one; ** is any number of folders', async () => {
    using t = openCopying();
    t.inContext(
      'umask 022; mkdir -p x/y/z x/w; chmod 700 x/y; touch x/y/a.json x/y/z/b.json x/w/c.json x/w/c.txt',
    );
    const parents = true;
    expect(await t.copy(['x/y/a.json'], '/1', { parents })).toEqual([
      ...['d 755 1', 'd 755 1/x', 'd 700 1/x/y', 'f 644 1/x/y/a.json'],
    ]);
    expect(await t.copy(['x/./y'], '/2/', { parents })).toEqual(
      expect.arrayContaining(['d 700 2/y', 'f 644 2/y/a.json', 'f 644 2/y/z/b.json']),
    );
    const found = await t.copy(['./**/*.json'], '/3/', { parents });
    expect(found.filter((line) => line.includes(' 3/'))).toEqual([
      ...['d 755 3/x', 'd 755 3/x/w', 'f 644 3/x/w/c.json', 'd 700 3/x/y', 'f 644 3/x/y/a.json'],
      ...['d 755 3/x/y/z', 'f 644 3/x/y/z/b.json'],
    ]);
  });

  test('heredocs are files', async () => {
    using t = openCopying();
    const heredocs = ['one', 'two'].map((name) => ({
      name,
      content: `${name}\n`,
      expand: true,
      chomp: false,
    }));
    expect(await t.copy([], '/w/', { heredocs, chmod: 'u=rwx,go=' })).toEqual([
      'd 755 w',
      'f 700 w/one',
      'f 700 w/two',
    ]);
    expect(readFileSync(`${t.root}/w/two`, 'utf8')).toBe('two\n');
    await t.copy([], '/single', { heredocs: heredocs.slice(0, 1) });
    expect(readFileSync(`${t.root}/single`, 'utf8')).toBe('one\n');
  });

  test('a name that means a deletion in images is refused', async () => {
    using t = openCopying();
    t.inContext('mkdir d; touch d/.wh.x');
    expect(await failure(t.copy(['.'], '/w/'))).toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringContaining('copy d/.wh.x from the build context'),
    });
  });
});

describeAsRoot('owners and modes', () => {
  const OWNED = 'umask 022; mkdir d; echo a > d/a; chown 7:8 d d/a; ln -s a d/l; chown -h 7:8 d/l';

  test('what a context has becomes root’s, what a stage has stays whose it is', async () => {
    using t = openCopying();
    t.inContext(OWNED);
    expect(await t.copy(['.'], '/w/')).toEqual(['d 755 w', 'd 755 w/d', 'f 644 w/d/a', 'l 777 w/d/l -> a']);
    expect(await t.copy(['.'], '/v/', { fromStage: true })).toEqual(
      expect.arrayContaining(['d 755 v', 'd 755 7:8 v/d', 'f 644 7:8 v/d/a', 'l 777 7:8 v/d/l -> a']),
    );
  });

  test('--chown: numbers, names of the image, also for folders that are made on the way', async () => {
    using t = openCopying();
    t.inContext(OWNED);
    t.inRoot('mkdir etc; echo "me:x:5:6::/:" > etc/passwd; echo "us:x:9:" > etc/group');
    const of = async (chown: string) =>
      (await t.copy(['d/a'], `/${chown}/x/f`, { chown })).filter((l) => l.includes(` ${chown}`));
    expect(await of('4')).toEqual(['d 755 4:4 4', 'd 755 4:4 4/x', 'f 644 4:4 4/x/f']);
    expect(await of('me')).toEqual(['d 755 5:6 me', 'd 755 5:6 me/x', 'f 644 5:6 me/x/f']);
    expect(await of('me:us')).toEqual(['d 755 5:9 me:us', 'd 755 5:9 me:us/x', 'f 644 5:9 me:us/x/f']);
    expect((await failure(t.copy(['d'], '/w', { chown: 'a:b:c' }))).code).toBe('INVALID_USER');
    expect((await failure(t.copy(['d'], '/w', { chown: 'me:them' }))).code).toBe('GROUP_NOT_FOUND');
  });

  test('--chmod changes what is copied, not the folders on the way, nor links', async () => {
    using t = openCopying();
    t.inContext(OWNED);
    expect(await t.copy(['.'], '/w/', { chmod: '2710' })).toEqual([
      ...['d 755 w', 'd 2710 w/d', 'f 2710 w/d/a', 'l 777 w/d/l -> a'],
    ]);
    expect(await t.copy(['.'], '/w/', { chmod: 'go-rwx,u+X' })).toEqual([
      ...['d 755 w', 'd 700 w/d', 'f 600 w/d/a', 'l 777 w/d/l -> a'],
    ]);
    expect((await failure(t.copy(['.'], '/w/', { chmod: 'u~x' }))).code).toBe('INVALID_MODE');
  });

  testWith('setcap', 'getcap')('capabilities and attributes come along', async () => {
    using t = openCopying();
    t.inContext('cp /bin/true cap; setcap cap_net_raw+ep cap');
    await t.copy(['.'], '/w/', { chown: '5' });
    expect(run(['getcap', `${t.root}/w/cap`]).toString()).toContain('cap_net_raw=ep');
  });
});

describeAsRoot('a context that changes between plan and application', () => {
  test.each(['COPY', 'ADD'] as const)(
    '%s writes what is there, and says that it is not what was planned',
    async (kind) => {
      using t = openCopying();
      t.inContext('echo a > a; echo b > b; tar cf t.tar a');
      const apply = async (source: string, change: string): Promise<boolean> => {
        const plan = await t.plan([source], '/w/', { kind });
        if (change !== '') t.inContext(change);
        return (await applyCopy(t.engine, plan, { root: t.root, workdir: '/' })).asPlanned;
      };
      expect(await apply('.', '')).toBe(true);
      expect(await apply('.', 'echo more >> a')).toBe(false);
      expect(readFileSync(`${t.root}/w/a`, 'utf8')).toBe('a\nmore\n');
      expect(await apply('t.tar', 'tar cf t.tar b')).toBe(false);
      expect(await apply('t.tar', '')).toBe(true);
      expect((await failure(apply('b', 'rm b'))).message).toContain('b: no such file or directory');
    },
  );
});
