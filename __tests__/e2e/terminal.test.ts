import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const run = (...words: string[]) => ['run', '--rm', '--network=none', ...words];
  const states = () => machine.ok('ps', '-a', '--format={{.Names}} {{.State}}');

  describe('terminal', () => {
    test('has our size, at the start and when it changes', async () => {
      using tty = machine.terminal(run('-it', IMAGE, 'sh'), { columns: 91, rows: 37 });
      tty.type('stty size\r');
      await tty.until(/37 91\r\n/);
      tty.resize(120, 40);
      await eventually(() => {
        tty.type('stty size\r');
        return /40 120\r\n/.test(tty.screen);
      });
      expect(tty.screen).toMatch(/40 120\r\n/);
    });

    test('tells the container when its size changes', async () => {
      const script = 'trap "stty size; exit 7" WINCH; echo ready; while :; do sleep 0.02; done';
      using tty = machine.terminal(run('-it', IMAGE, 'sh', '-c', script));
      await tty.until(/ready\r\n/);
      tty.resize(120, 40);
      await tty.until(/40 120\r\n/);
      expect(await tty.ended()).toBe(7);
    });

    test('is raw meanwhile and as before afterwards', async () => {
      const proa = machine.command(
        ...run('-it', IMAGE, 'sh', '-c', '"$@"', 'sh', 'sh', '-c', 'echo in; read x; echo "<$x>"; exit 5'),
      );
      const script = 'stty -g; "$@"; echo "code $?"; stty -g';
      using tty = machine.terminalOf(['sh', '-c', script, 'sh', ...proa]);
      const [before] = await tty.until(/^\S+\r\n/);
      await tty.until(/in\r\n/);
      tty.type('typed\r');
      // The container's terminal echoes it, ours does not.
      await tty.until(/^typed\r\n<typed>\r\ncode 5\r\n/);
      const [after] = await tty.until(/\S+:\S+\r\n/);
      expect(after).toBe(before);
      await tty.ended();
    });

    test('Ctrl-C and Ctrl-D are the container’s', async () => {
      using tty = machine.terminal(run('-it', IMAGE, 'sh'));
      tty.type('trap "echo got INT" INT\r');
      tty.type('echo ready\r');
      await tty.until(/\nready\r\n/);
      tty.type('\x03');
      await tty.until(/got INT\r\n/);
      tty.type('echo go; cat; echo code $?\r');
      await tty.until(/\ngo\r\n/);
      tty.type('line\r\x04');
      await tty.until(/code 0\r\n/);
      tty.type('\x04');
      expect(await tty.ended()).toBe(0);
    });

    test('is the container’s own: TERM, /dev/console, one stream', async () => {
      const script = 'tty; echo $TERM; test -t 0 -a -t 1 -a -t 2 && echo all; echo err >&2';
      const { code, out, err } = await machine.proa(...run('-t', IMAGE, 'sh', '-c', script));
      expect({ code, out, err }).toEqual({
        code: 0,
        out: '/dev/pts/0\r\nxterm\r\nall\r\nerr\r\n',
        err: '',
      });
    });

    test('input from a pipe ends with it', async () => {
      const { code, out } = await machine.proaWith(
        { stdin: 'echo $((6 * 7))\nexit 3\n' },
        ...run('-it', IMAGE),
      );
      expect({ code, out }).toEqual({ code: 3, out: expect.stringMatching(/42\r\n/) });
    });

    test('a large paste arrives whole', async () => {
      using tty = machine.terminal(
        run('-it', IMAGE, 'sh', '-c', 'stty raw -echo; echo ready; head -c 200000 | md5sum'),
      );
      await tty.until(/ready/);
      const text = 'paste '.repeat(40_000).slice(0, 200_000);
      tty.type(text);
      const [, sum] = await tty.until(/([0-9a-f]{32})/);
      expect(sum).toBe(new Bun.CryptoHasher('md5').update(text).digest('hex'));
      await tty.ended();
    });
  });

  describe('detaching', () => {
    test('with Ctrl-P Ctrl-Q, and attaching again', async () => {
      using first = machine.terminal(run('-it', '--name=left', IMAGE, 'sh'));
      first.type('x=kept; echo $x\r');
      await first.until(/\nkept\r\n/);
      first.type('\x10\x11');
      expect(await first.ended()).toBe(0);
      expect(await states()).toBe('left running');

      using second = machine.terminal(['attach', 'left']);
      second.type('echo again $x\r');
      await second.until(/again kept\r\n/);
      second.type('exit 6\r');
      expect(await second.ended()).toBe(6);
      expect(await eventually(states, (text) => text === '')).toBe('');
    });

    test('keys of one’s own; what only begins like them is passed on', async () => {
      using tty = machine.terminal(
        run(
          '-it',
          '--name=own',
          '--detach-keys=ctrl-a,d',
          IMAGE,
          'sh',
          '-c',
          'stty raw -echo; exec od -An -tx1 -v -w1',
        ),
      );
      await eventually(states, (text) => text === 'own running');
      await Bun.sleep(100);
      tty.type('\x10\x11\x01x');
      await tty.until(/10\s+11\s+01\s+78/);
      tty.type('\x01d');
      expect(await tty.ended()).toBe(0);
      expect(await states()).toBe('own running');
      await machine.ok('rm', '-f', 'own');
    });

    test('a shell that was left restores the terminal', async () => {
      const proa = machine.command(...run('-it', '--name=restores', IMAGE, 'sh'));
      using tty = machine.terminalOf(['sh', '-c', 'stty -g; "$@"; stty -g', 'sh', ...proa]);
      const [before] = await tty.until(/^\S+\r\n/);
      await tty.until(/# /);
      tty.type('\x10\x11');
      // The shell's prompt may ask for the cursor's place in front of it.
      const [after] = await tty.until(/\w+(:\w+)+\r\n/);
      expect(after.endsWith(before)).toBe(true);
      await tty.ended();
    });
  });
});
