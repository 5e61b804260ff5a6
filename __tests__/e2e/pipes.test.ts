import { collect, eventually, linesOf } from './support/child.ts';
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
});

/** Every byte value, in no order. */
function randomBytes(length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
