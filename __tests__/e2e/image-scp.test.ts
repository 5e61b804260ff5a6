// Images between stores: between users by root, and between machines by ssh. The other machine is a second store, behind
// a program that stands where ssh would be and runs what it was given in a shell, as sshd does.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

const BUILT = join(__dirname, '../../dist/proa');

describeAs(['root', 'user'], (machine) => {
  let far: string;
  const env = () => ({ PATH: `${far}/here:${machine.env.PATH}` });
  const scp = (...words: string[]) => machine.proaWith({ env: env() }, 'image', 'scp', ...words);
  const there = (...words: string[]) => machine.as([`${far}/there/proa`, ...words]);
  const idOf = async (name: string) => machine.ok('image', 'inspect', '--format={{.Id}}', name);

  function writeProgram(file: string, script: string): void {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  beforeAll(async () => {
    far = await machine.makeFolder('far');
    const [binary] = machine.command().filter((word) => word.endsWith('/proa'));
    writeProgram(`${far}/there/proa`, `exec ${binary} --root=${far}/root --runroot=${far}/run "$@"`);
    writeProgram(
      `${far}/here/ssh`,
      `echo "$@" >> ${far}/log\nfor last; do :; done\nPATH=${far}/there:$PATH\nexec sh -c "$last"`,
    );
  });

  describe('by ssh', () => {
    // Before the machine goes, which is the outer block's last step.
    afterAll(() => there('system', 'reset', '--force'));

    test('to another machine, back under another name, and between two', async () => {
      const id = await idOf(IMAGE);
      const sent = await scp(IMAGE, 'me@far.example:2222::');
      expect(sent).toEqual({ code: 0, out: `Loaded image: ${IMAGE}:latest\n`, err: '' });
      expect(readFileSync(`${far}/log`, 'utf8')).toMatch(/^-p 2222 -- me@far\.example sh -c /);
      expect((await scp(IMAGE, 'far::renamed:2')).code).toBe(0);
      expect((await there('image', 'inspect', '--format={{.Id}}', 'renamed:2')).out).toBe(`${id}\n`);
      expect((await scp('-q', 'far::renamed:2', 'other::')).out).toBe('Loaded image: renamed:2\n');
      expect((await scp('far::renamed:2')).code).toBe(0);
      expect(await idOf('renamed:2')).toBe(id);
      await machine.ok('rmi', 'renamed:2');
    });

    test('what goes wrong is told with the place, once', async () => {
      for (const quiet of [[], ['-q']]) {
        const { code, out, err } = await scp(...quiet, 'far::nobody');
        expect({ code, out, err }).toEqual({
          code: 1,
          out: '',
          err: expect.stringMatching(/copy image nobody: save at far: exit code 1/),
        });
        expect(err).toMatch(/No such image: nobody/);
        expect(err).not.toMatch(/it is empty/);
      }
      writeProgram(`${far}/here/ssh`, 'echo "connection refused" >&2; exit 255');
      const { code, err } = await scp(IMAGE, 'far::');
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/load at far: exit code 255: connection refused/),
      });
    });
  });

  test.each([
    [[IMAGE], /must specify a destination/],
    [[IMAGE, 'far'], /a destination ends in ::\n.*far::/],
    [['far::', 'other::'], /it names no image/],
    [['--', '-oProxyCommand=x::app'], /"-oProxyCommand=x" is no host/],
    [[IMAGE, 'a b::'], /"a b" is no host/],
    [[IMAGE, 'nobody-of-that-name@localhost::'], /there is no user nobody-of-that-name/],
  ])('refused: %j', async (words, says) => {
    expect(await refused(machine, ['image', 'scp', ...words], 1)).toMatch(says);
  });
});

describeAs('user', (machine) => {
  const isRoot = process.geteuid!() === 0;
  const reason = isRoot ? '' : ' (skipped: only root becomes another user)';
  (isRoot ? test : test.skip)(`from root's store to a user's and back${reason}`, async () => {
    const own = [`--root=${machine.folder}/roots`, `--runroot=${machine.folder}/roots-run`];
    const scp = (...words: string[]) =>
      collect([BUILT, ...own, 'image', 'scp', ...words], { env: machine.env });
    const { name, uid } = machine.account;
    // Without a login session the user's runtime folder is another than the one of these tests.
    const runtime = `/tmp/proa-run-${uid}`;
    try {
      const brought = await scp(`${name}@localhost::${IMAGE}`);
      expect(brought).toEqual({ code: 0, out: `Loaded image: ${IMAGE}:latest\n`, err: '' });
      expect((await scp(`root@localhost::${IMAGE}`, `${name}@localhost::from-root:1`)).code).toBe(0);
      const there = await machine.ok('image', 'inspect', '--format={{.Id}}', 'from-root:1');
      expect(there).toBe(await machine.ok('image', 'inspect', '--format={{.Id}}', IMAGE));
      await machine.ok('rmi', 'from-root:1');
    } finally {
      const pause = `${runtime}/proa/pause.pid`;
      if (existsSync(pause)) process.kill(Number.parseInt(readFileSync(pause, 'utf8'), 10), 'SIGKILL');
      rmSync(runtime, { recursive: true, force: true });
      await collect([BUILT, ...own, 'system', 'reset', '--force']);
    }
  });
});
