import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layerTar } from '../../engine/image/support/images.ts';
import { describeAsRoot } from '../../engine/image/support/store.ts';

const PROGRAM = [process.execPath, join(__dirname, '../../../bin/proa.ts')];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proa-command-'));
  writeFileSync(`${folder}/rootfs.tar`, layerTar(folder, { 'etc/file': 'text' }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  out: string;
  err: string;
  code: number;
}

function proa(args: string[], stdin?: Uint8Array): Result {
  const command = [...PROGRAM, `--root=${folder}/root`, `--runroot=${folder}/run`, ...args];
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: folder, stdin: stdin ?? 'ignore' });
  return { out: stdout.toString(), err: stderr.toString(), code: exitCode };
}

describeAsRoot('the commands about images print what Docker prints', () => {
  test('import, images, tag, rmi', () => {
    const { out: id } = proa(['import', '-c', 'CMD ["sh"]', 'rootfs.tar', 'app:1']);
    expect(id).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const short = id.slice(7, 19);
    expect(proa(['tag', 'app:1', 'quay.io/team/app'])).toEqual({ out: '', err: '', code: 0 });
    expect(
      proa(['images']).out.replaceAll(/Less than a second ago|\d+ seconds? ago/g, 'NOW          '),
    ).toMatch(
      new RegExp(
        `^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\napp +1 +${short} +NOW +4B\nquay\\.io/team/app +latest +${short} +NOW +4B\n$`,
      ),
    );
    expect(proa(['images', '-q', '--no-trunc', 'app']).out).toBe(id);
    expect(
      proa([
        'image',
        'ls',
        '--format',
        '{{.Repository}}:{{.Tag}} {{.Digest}}',
        '--filter',
        'reference=quay.io/*/*',
      ]).out,
    ).toBe('quay.io/team/app:latest <none>\n');
    expect(proa(['rmi', 'quay.io/team/app']).out).toBe('Untagged: quay.io/team/app:latest\n');
    expect(proa(['rmi', 'app:1']).out).toMatch(
      new RegExp(`^Untagged: app:1\nDeleted: ${id}Deleted: sha256:[0-9a-f]{64}\n$`),
    );
    expect(proa(['images']).out).toMatch(/^REPOSITORY .*\n$/);
  });

  test('save and load through pipes, whatever is in them', () => {
    const id = proa(['import', 'rootfs.tar', 'app:1']).out;
    proa(['tag', 'app:1', 'app:2']);
    proa(['save', '-o', 'saved.tar', 'app']);
    const piped = Bun.spawnSync([
      ...PROGRAM,
      `--root=${folder}/root`,
      `--runroot=${folder}/run`,
      'save',
      'app',
    ]);
    expect(piped.stdout.equals(readFileSync(`${folder}/saved.tar`))).toBe(true);
    proa(['rmi', '-f', id.trim()]);
    expect(proa(['load'], piped.stdout)).toEqual({
      out: 'Loaded image: app:1\nLoaded image: app:2\n',
      err: '',
      code: 0,
    });
    proa(['save', '-o', 'unnamed.tar', id.trim()]);
    expect(proa(['load', '-q', '-i', 'unnamed.tar']).out).toBe(`Loaded image ID: ${id}`);
  });

  test('inspect prints what it finds and fails for the rest', () => {
    proa(['import', '-c', 'ENV A=1', 'rootfs.tar', 'app:1']);
    const { out, err, code } = proa(['image', 'inspect', 'app:1', 'nothing']);
    expect(JSON.parse(out)).toMatchObject([{ RepoTags: ['app:1'], Config: { Env: ['A=1'] } }]);
    expect(err).toContain('Error: No such image: nothing\n');
    expect(code).toBe(1);
    const format = '{{.Os}} {{json .Config.Env}} {{len .Config.Entrypoint}} {{.Config.Labels}}';
    expect(proa(['image', 'inspect', '-f', format, 'app:1']).out).toBe('linux ["A=1"] 0 map[]\n');
    expect(proa(['history', 'app:1', '--format', '{{.Size}} {{.Comment}}']).out).toBe(
      '4B Imported from rootfs.tar\n',
    );
  });

  test('failures have exit code 1, say what and which, and say what to type', () => {
    for (const args of [
      ['rmi', 'nothing'],
      ['tag', 'nothing', 'x'],
      ['save', 'nothing'],
      ['history', 'nothing'],
    ]) {
      const { out, err, code } = proa(args);
      expect({ out, code }).toEqual({ out: '', code: 1 });
      expect(err).toMatch(/^Error: No such image: nothing\nproa pull nothing/);
    }
    expect(proa(['rmi', '-f', 'nothing']).code).toBe(0);
    expect(proa(['rmi']).err).toContain('--all');
    expect(proa(['load', '-i', 'rootfs.tar']).err).toContain('proa import rootfs.tar');
    const unreachable = proa(['pull', '--retry', '0', '127.0.0.1:1/app']);
    expect(unreachable).toMatchObject({ out: 'Using default tag: latest\n', code: 1 });
    expect(unreachable.err).toContain('nothing listens at 127.0.0.1:1');
    expect(proa(['pull', '--creds', ':secret', 'x']).err).not.toContain('secret');
    expect(proa(['pull', '--platform', 'linux/arm64', '--arch', 'arm', 'x'])).toMatchObject({ code: 1 });
  });

  test('one broken record is a warning, and the others are listed', () => {
    proa(['import', 'rootfs.tar', 'app:1']);
    writeFileSync(`${folder}/root/images/names/broken.json`, '{"version":');
    const { out, err, code } = proa(['images', '--format', '{{.Repository}}']);
    expect({ out, code }).toEqual({ out: 'app\n', code: 0 });
    expect(err).toContain('broken.json');
  });
});
