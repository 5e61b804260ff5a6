import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { archive } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2024-9407, CVE-2024-11218 and older: what a context, an archive or a base image leads COPY and ADD to',
  ['root', 'user'],
  (stage) => {
    const folder = async (name: string, dockerfile: string): Promise<string> => {
      const path = await stage.machine.makeFolder(name);
      writeFileSync(`${path}/Dockerfile`, dockerfile);
      return path;
    };
    const build = (path: string) => stage.machine.proa('build', '-q', '-t', 'built', path);
    const show = (...paths: string[]) =>
      stage.run('built', paths.map((path) => `cat ${path} 2>&1 || ls -ld ${path}`).join(';'));

    test('links of a context: followed inside it when they are named, else copied as they are', async () => {
      const path = await folder('ctx-links', `FROM ${IMAGE}\nCOPY . /c/\n`);
      mkdirSync(`${path}/sub`);
      symlinkSync(stage.secret, `${path}/link`);
      symlinkSync(stage.host, `${path}/sub/folder`);
      symlinkSync(`../../../../../../../../../../..${stage.secret}`, `${path}/up`);
      expect((await build(path)).code).toBe(0);
      const { out } = await show('/c/link', '/c/sub/folder/secret', '/c/up');
      expect(out).toContain(`/c/link -> ${stage.secret}`);
      expect(out).not.toContain('of the host');
      for (const source of [
        'link',
        'up',
        'sub/folder/secret',
        'sub/folder',
        `..${stage.secret}`,
        'sub/fol*',
        '*/folder/*',
      ]) {
        writeFileSync(`${path}/Dockerfile`, `FROM ${IMAGE}\nCOPY ${source} /c/\n`);
        const { code, err } = await build(path);
        expect([source, code]).toEqual([source, 1]);
        expect(err).toContain('in the build context');
      }
    });

    test('links of a base image, and its passwd, lead nowhere but into it', async () => {
      const image = await stage.image([
        { name: 'dest', type: '2', linkName: stage.host },
        { name: 'file', type: '2', linkName: stage.secret },
        { name: 'up', type: '2', linkName: `../../../../../../../..${stage.host}` },
        { name: 'etc/passwd', type: '2', linkName: '/proc/self/cwd/../../../../etc/passwd' },
      ]);
      const lines = [
        'COPY mine /dest/secret',
        'COPY mine /file',
        'COPY . /up/',
        'ADD x.tar /dest',
        'WORKDIR /up/w',
        'COPY mine w',
      ];
      const path = await folder('ctx-base', `FROM ${image}\n${lines.join('\n')}\n`);
      writeFileSync(`${path}/mine`, 'mine\n');
      writeFileSync(`${path}/x.tar`, archive({ name: 'secret', content: 'mine\n' }));
      expect((await build(path)).err).toBe('');
      stage.expectUntouched();
      writeFileSync(`${path}/Dockerfile`, `FROM ${image}\nCOPY --chown=daemon mine /m\n`);
      expect((await build(path)).err).toContain('unable to find user daemon');
    });

    test('links of the image or stage that files are taken from', async () => {
      const image = await stage.image([
        { name: 'l', type: '2', linkName: stage.host },
        { name: 'f', type: '2', linkName: `/../../..${stage.secret}` },
      ]);
      for (const source of ['/l/secret', '/l', '/f', `/../..${stage.secret}`]) {
        const path = await folder('ctx-from', `FROM ${IMAGE}\nCOPY --from=${image} ${source} /c/\n`);
        const { code, err } = await build(path);
        expect([source, code, err]).toEqual([source, 1, expect.stringContaining(`find ${source} in`)]);
      }
    });

    test('archives of ADD: members above the root, through links, hard links to what is not theirs', async () => {
      const path = await folder('ctx-add', `FROM ${IMAGE}\nADD x.tar /c/\n`);
      const attempts = [
        [{ name: '../../../host/x', content: 'x' }],
        [
          { name: 'l', type: '2', linkName: stage.host },
          { name: 'l/secret', content: 'mine\n' },
        ],
        [
          { name: 'l', type: '2', linkName: '../../../../../..' },
          { name: `l${stage.secret}`, content: 'mine\n' },
        ],
        [
          { name: 'h', type: '1', linkName: stage.secret },
          { name: 'h', content: 'mine\n' },
        ],
        [{ name: 'h', type: '1', linkName: `../../../../..${stage.secret}` }],
      ];
      for (const members of attempts) {
        writeFileSync(`${path}/x.tar`, archive(...members));
        await build(path);
        stage.expectUntouched();
      }
    });

    test('a context that comes as an archive: its Dockerfile, its ignore file and what lies below', async () => {
      const members = [
        { name: 'Dockerfile', type: '2', linkName: stage.secret },
        { name: '.dockerignore', type: '2', linkName: stage.secret },
        { name: 'l', type: '2', linkName: stage.host },
        { name: 'l/secret', content: 'mine\n' },
        { name: 'D', content: `FROM ${IMAGE}\nCOPY l /c/\n` },
      ];
      const stdin = new Uint8Array(archive(...members));
      const own = await stage.machine.proaWith({ stdin }, 'build', '-');
      expect(own.code).toBe(1);
      expect(own.err).not.toContain('of the host');
      await stage.machine.proaWith({ stdin }, 'build', '-q', '-t', 'built', '-f', 'D', '-');
      stage.expectUntouched();
    });

    test('a context that changes while it is copied', async () => {
      const path = await folder('ctx-race', `FROM ${IMAGE}\nCOPY d /c/\n`);
      mkdirSync(`${path}/d/e`, { recursive: true });
      const swap = `cd ${path}/d; while :; do mkdir x; echo mine > x/secret; mv x e2; rm -rf e; mv e2 e; rm -rf e; ln -s ${stage.host} e; rm e; done`;
      const swapping = Bun.spawn(['sh', '-c', swap], { stdio: ['ignore', 'ignore', 'ignore'] });
      try {
        for (let round = 0; round < 4; round++) {
          if ((await build(path)).code !== 0) continue;
          const { out } = await stage.run('built', 'cat /c/e/secret 2>&1');
          expect(out).not.toContain('of the host');
        }
      } finally {
        swapping.kill();
        await swapping.exited;
      }
    });
  },
);
