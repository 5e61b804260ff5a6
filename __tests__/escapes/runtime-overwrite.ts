import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

const programs = () => ['crun', 'runc', 'conmon', 'catatonit'].flatMap((name) => Bun.which(name) ?? []);
const hashes = () =>
  programs().map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);

export const attempt = defineEscape(
  'CVE-2019-5736: /proc/self/exe is the runtime of the host',
  ['root', 'user'],
  (stage) => {
    const before = hashes();
    afterEach(() => expect(hashes()).toEqual(before));

    test('a container cannot write to what starts its processes', async () => {
      const { machine } = stage;
      const image = await stage.image([
        { name: 'trap', mode: 0o755, content: '#!/proc/self/exe\n' },
        symlink('self', '/proc/self/exe'),
      ]);
      // The first process and those of exec are the runtime itself until they have become the container's program.
      await stage.run(image, 'exec /trap');
      await stage.start(image, '--entrypoint=/self');
      const overwrite = 'while :; do for p in /proc/[0-9]*; do (echo bad > $p/exe) 2>/dev/null; done; done';
      await machine.ok('run', '-d', '--name=c', '--network=none', '--init', image, 'sh', '-c', overwrite);
      for (const program of ['/trap', '/self', '/bin/true']) await machine.proa('exec', 'c', program);
      expect((await machine.proa('exec', 'c', 'sh', '-c', 'echo bad > /proc/1/exe')).code).not.toBe(0);
    });

    test('nor to the init program that it is shown', async () => {
      const { code, err } = await stage.run(
        IMAGE,
        'p=$(readlink /proc/1/exe); echo bad > $p || chmod 777 $p || mount -o remount,rw $p',
        '--init',
      );
      expect([code, err]).toEqual([1, expect.stringMatching(/Read-only|Text file busy/)]);
    });
  },
);
