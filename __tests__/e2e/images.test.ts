// Images on this machine: from and to archives, their names, and who owns their files.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tarOf } from './support/image.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user', 'single'], (machine) => {
  // What comes in is not as it was, and that is told.
  const told = machine.who === 'single' ? expect.stringMatching(/^WARNING: single-id mode.*\n$/) : '';

  describe('archives', () => {
    test.each(['docker-archive', 'oci-archive', 'oci-dir'])(
      'save and load as %s: the same image',
      async (format) => {
        const folder = await machine.makeFolder(`save-${format}`);
        const id = await machine.ok('images', '-q', '--no-trunc', IMAGE);
        await machine.ok('save', `--format=${format}`, '-o', `${folder}/a`, IMAGE);
        await machine.ok('rmi', IMAGE);
        expect(await machine.ok('images', '-q')).not.toContain(id.slice(7, 19));
        expect(await machine.ok('load', '-i', `${folder}/a`)).toBe(`Loaded image: ${IMAGE}:latest`);
        expect(await machine.ok('images', '-q', '--no-trunc', IMAGE)).toBe(id);
        expect(await machine.shOk('echo runs')).toBe('runs');
      },
    );

    test('through pipes, several at once', async () => {
      await machine.ok('tag', IMAGE, 'piped:1');
      await machine.ok('tag', IMAGE, 'piped:2');
      const { code, out } = await machine.proaBytes({}, 'save', 'piped:1', 'piped:2');
      expect(code).toBe(0);
      await machine.ok('rmi', 'piped:1', 'piped:2');
      const loaded = await machine.proaWith({ stdin: new Uint8Array(out) }, 'load');
      expect(loaded).toEqual({ code: 0, err: told, out: 'Loaded image: piped:1\nLoaded image: piped:2\n' });
      await machine.ok('rmi', 'piped:1', 'piped:2');
    });

    test('never from or to a terminal', async () => {
      for (const [words, says] of [
        [['save', IMAGE], /refusing to write an archive to a terminal/],
        [['load'], /stdin is a terminal/],
      ] as const) {
        using tty = machine.terminal([...words]);
        expect(await tty.ended()).toBe(1);
        expect(tty.screen).toMatch(says);
      }
    });

    test('what is no archive changes nothing', async () => {
      const file = `${machine.folder}/garbage`;
      writeFileSync(file, 'this is no archive');
      const before = await machine.disk();
      for (const words of [
        ['load', '-i', file],
        ['import', file, 'garbage'],
        ['load', '-i', '/nowhere'],
        ['import', '/nowhere'],
      ]) {
        const { code, out, err } = await machine.proa(...words);
        expect({ code, out, err }).toEqual({
          code: 1,
          out: '',
          err: expect.stringMatching(/^Error: .*(garbage|nowhere)/m),
        });
      }
      expect(await machine.disk()).toEqual(before);
    });

    test('import with instructions, from a pipe', async () => {
      const changes = [
        'CMD ["env"]',
        'ENV WORD="two words"',
        'LABEL a=b',
        'WORKDIR /etc',
        'ENTRYPOINT ["sh", "-c"]',
      ];
      const words = changes.flatMap((change) => ['--change', change]);
      const { code, out } = await machine.proaWith(
        { stdin: new Uint8Array(readFileSync(machine.imageTar)) },
        ...['import', ...words, '-m', 'by hand', '-', 'imported:1'],
      );
      expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
      expect((await machine.proa('run', '--rm', '--network=none', 'imported:1')).out).toMatch(
        /WORD=two words\n/,
      );
      expect(await machine.ok('history', '--format={{.Comment}}', 'imported:1')).toContain('by hand');
      await machine.ok('rmi', 'imported:1');
    });
  });

  describe('names', () => {
    const names = () => machine.ok('images', '--format={{.Repository}}:{{.Tag}}');

    test('tag, images, rmi', async () => {
      const id = await machine.ok('images', '-q', IMAGE);
      await machine.ok('tag', IMAGE, 'registry.example/team/app:1.0');
      await machine.ok('tag', id, 'again');
      expect((await names()).split('\n').sort()).toEqual(
        expect.arrayContaining([`${IMAGE}:latest`, 'again:latest', 'registry.example/team/app:1.0']),
      );
      expect(await machine.ok('rmi', 'again')).toBe('Untagged: again:latest');
      expect(await machine.ok('rmi', 'registry.example/team/app:1.0')).toBe(
        'Untagged: registry.example/team/app:1.0',
      );
      expect(await names()).toContain(`${IMAGE}:latest`);
      expect(await machine.ok('images')).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/);
    });

    test('an image in use is kept, and the error says by which container', async () => {
      const id = await machine.ok('create', '--name=user', IMAGE);
      const { code, err } = await machine.proa('rmi', IMAGE);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(id.slice(0, 12)) });
      expect(await machine.ok('images', '-q', IMAGE)).not.toBe('');
    });

    test('with the last name the image and its layers go', async () => {
      const file = `${machine.folder}/brief.tar`;
      writeFileSync(file, tarOf({ 'brief-file': 'x'.repeat(100_000) }));
      const before = await machine.disk();
      const id = await machine.ok('import', file, 'brief');
      expect(await machine.ok('rmi', 'brief')).toMatch(new RegExp(`^Untagged: brief:latest\nDeleted: ${id}`));
      expect(await machine.disk()).toEqual(before);
    });

    test('an image that is not there', async () => {
      for (const words of [
        ['rmi', 'nobody'],
        ['tag', 'nobody', 'x'],
        ['save', '-o', `${machine.folder}/x`, 'nobody'],
        ['image', 'inspect', 'nobody'],
        ['history', 'nobody'],
      ]) {
        const { code, err } = await machine.proa(...words);
        expect({ words, code, err }).toEqual({ words, code: 1, err: expect.stringMatching(/nobody/) });
      }
      expect(existsSync(`${machine.folder}/x`)).toBe(false);
    });
  });
});

describeAs('user', (machine) => {
  test('files of an image belong to the subordinate ids', async () => {
    await machine.ok('import', await tarWithOwner(machine.folder), 'owned');
    expect(
      await machine.ok(
        'run',
        '--rm',
        '--network=none',
        '--volume=/x',
        'owned',
        'stat',
        '-c',
        '%u:%g',
        '/of-app',
      ),
    ).toBe('1000:50');
    const [layer] = readdirSync(`${machine.root}/layers`).filter((id) =>
      existsSync(`${machine.root}/layers/${id}/diff/of-app`),
    );
    const { uid } = statSync(`${machine.root}/layers/${layer}/diff/of-app`);
    expect(machine.account.owns(uid) || process.geteuid!() !== 0).toBe(true);
    expect(uid).not.toBe(machine.account.uid);
  });
});

describeAs('single', (machine) => {
  test('files of other owners come in as one’s own', async () => {
    const { code, err } = await machine.proa('import', await tarWithOwner(machine.folder), 'owned');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/single-id/) });
    expect(await machine.ok('run', '--rm', '--network=none', 'owned', 'stat', '-c', '%u:%g', '/of-app')).toBe(
      '0:0',
    );
  });
});

/** The machine's image and a file of uid 1000, gid 50. */
async function tarWithOwner(folder: string): Promise<string> {
  const file = `${folder}/owned.tar`;
  const { exitCode } = Bun.spawnSync([
    'sh',
    '-ec',
    `cp ${folder}/image.tar ${file}; cd ${folder}; echo > of-app; tar --append --owner=1000 --group=50 -f ${file} of-app; rm of-app`,
  ]);
  expect(exitCode).toBe(0);
  return file;
}
