// Pipes and terminals between the caller and the container.
import { writeFileSync } from 'node:fs';
import { collect, eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const MB = 1 << 20;

describeAs(['root', 'user'], (machine) => {
  const run = (...words: string[]) => ['run', '--rm', '--network=none', ...words];
  const states = () => machine.ok('ps', '-a', '--format={{.Names}} {{.State}}');

  describe('pipes', () => {
    test('64 MB of any bytes go in and come out', async () => {
      const bytes = randomBytes(64 * MB);
      const { code, out, err } = await machine.proaBytes({ stdin: bytes }, ...run('-i', IMAGE, 'cat'));
      expect({ code, err, length: out.length, same: out.equals(bytes) }).toEqual({
        code: 0,
        err: '',
        length: bytes.length,
        same: true,
      });
    });

    test('stdout and stderr stay apart, complete, also for a slow reader', async () => {
      const script = 'head -c 8388608 /dev/zero >&2 & head -c 16777216 /dev/zero | tr "\\0" x; wait';
      const child = machine.start(...run(IMAGE, 'sh', '-c', script));
      const err = new Response(child.stderr).arrayBuffer();
      let length = 0;
      let other = 0;
      for await (const chunk of child.stdout) {
        if (length === 0) await Bun.sleep(200);
        length += chunk.length;
        for (const byte of chunk) if (byte !== 120) other++;
      }
      const zeros = Buffer.from(await err);
      expect({ code: await child.exited, length, other }).toEqual({ code: 0, length: 16 * MB, other: 0 });
      expect({ length: zeros.length, other: zeros.findIndex((byte) => byte !== 0) }).toEqual({
        length: 8 * MB,
        other: -1,
      });
    });

    test('the last line before the end is not lost', async () => {
      const outs = await Promise.all(
        Array.from({ length: 8 }, (_, i) => machine.ok(...run(IMAGE, 'echo', '-n', `last ${i}`))),
      );
      expect(outs).toEqual(outs.map((_, i) => `last ${i}`));
    });

    test('input that ends is the end for the container too', async () => {
      expect((await machine.proaWith({ stdin: 'a\nb' }, ...run('-i', IMAGE, 'wc', '-c'))).out).toBe('3\n');
      expect((await machine.proaWith({ stdin: '' }, ...run('-i', IMAGE, 'wc', '-c'))).out).toBe('0\n');
    });

    test('without --interactive the container gets no input', async () => {
      expect((await machine.proaWith({ stdin: 'text' }, ...run(IMAGE, 'wc', '-c'))).out).toBe('0\n');
    });

    test('a container that ends before its input does', async () => {
      const child = machine.start(...run('-i', IMAGE, 'head', '-c', '3'));
      child.stdin.write('abcdef');
      child.stdin.flush();
      expect(await new Response(child.stdout).text()).toBe('abc');
      expect(await child.exited).toBe(0);
      child.stdin.end();
    });

    test('a reader that leaves ends us without a word; the container goes on, as with docker', async () => {
      const command = machine.command(...run('--name=prattles', IMAGE, 'yes'));
      const script = '{ "$@"; echo "code $?" >&2; } | head -1';
      const piped = await collect(['sh', '-c', script, 'sh', ...command], { env: machine.env });
      expect(piped).toEqual({ code: 0, out: 'y\n', err: 'code 141\n' });
      expect(await states()).toBe('prattles running');
    });
  });

  describe('signals', () => {
    const script =
      'for s in HUP INT QUIT TERM USR1 USR2; do trap "echo $s" $s; done; trap "exit 42" ALRM; echo ready; ' +
      'while :; do sleep 0.02; done';

    test('are passed on to the container', async () => {
      const child = machine.start(...run(IMAGE, 'sh', '-c', script));
      const lines = linesOf(child.stdout);
      expect(await lines.next()).toBe('ready');
      for (const signal of ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2'] as const) {
        child.kill(`SIG${signal}`);
        expect(await lines.next()).toBe(signal);
      }
      child.kill('SIGALRM');
      expect(await child.exited).toBe(42);
    });

    test('with --sig-proxy=false they end the command alone', async () => {
      const child = machine.start(...run('--sig-proxy=false', '--name=deaf', IMAGE, 'sh', '-c', script));
      const lines = linesOf(child.stdout);
      expect(await lines.next()).toBe('ready');
      expect(await eventually(states, (text) => text.endsWith('running'))).toBe('deaf running');
      child.kill('SIGTERM');
      await child.exited;
      expect(child.signalCode).toBe('SIGTERM');
      expect(await states()).toBe('deaf running');
    });
  });

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

  describe('attach', () => {
    test('shows what comes from now on, with the exit code', async () => {
      const file = `${await machine.makeFolder('gate')}/open`;
      const script =
        'echo early; until [ -e /gate/open ]; do sleep 0.02; done; echo late; echo err >&2; exit 9';
      const options = ['-d', '--name=talks', '--network=none', '-v', `${machine.folder}/gate:/gate`];
      await machine.ok('run', ...options, IMAGE, 'sh', '-c', script);
      await eventually(() => machine.ok('logs', 'talks'));
      const clients = [machine.start('attach', 'talks'), machine.start('attach', '--no-stdin', 'talks')];
      // The clients are there when conmon has them, which nothing tells.
      await Bun.sleep(300);
      writeFileSync(file, '');
      for (const client of clients) {
        expect(await new Response(client.stdout).text()).toBe('late\n');
        expect(await new Response(client.stderr).text()).toBe('err\n');
        expect(await client.exited).toBe(9);
      }
      expect(await machine.ok('logs', 'talks')).toBe('early\nlate');
      await machine.ok('rm', 'talks');
    });

    test('input of a container in the background', async () => {
      await machine.ok('run', '-di', '--name=listens', '--network=none', IMAGE, 'cat');
      const client = machine.start('attach', 'listens');
      client.stdin.write('by attach\n');
      client.stdin.flush();
      expect(await linesOf(client.stdout).next()).toBe('by attach');
      // The input of a container in the background outlives who attaches.
      client.stdin.end();
      expect(await Promise.race([client.exited, Bun.sleep(300)])).toBe(undefined);
      client.kill('SIGKILL');
      expect(await states()).toBe('listens running');
    });

    test('start --attach --interactive', async () => {
      await machine.ok('create', '-i', '--name=later', '--network=none', IMAGE, 'sh', '-c', 'cat; exit 4');
      const { code, out } = await machine.proaWith({ stdin: 'words\n' }, 'start', '-ai', 'later');
      expect({ code, out }).toEqual({ code: 4, out: 'words\n' });
      await machine.ok('rm', 'later');
    });

    test('to one that does not run', async () => {
      await machine.ok('create', '--name=idle', IMAGE);
      const { code, err } = await machine.proa('attach', 'idle');
      expect({ code, err }).toEqual({
        code: 125,
        err: 'Error: attach to container idle: it is not running\nproa start --attach idle\n',
      });
      await machine.ok('rm', 'idle');
    });
  });
});

/** Every byte value, in no order. */
function randomBytes(length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function linesOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    async next(): Promise<string> {
      while (!text.includes('\n')) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the output ended: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
      const end = text.indexOf('\n');
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
  };
}
