import { mkdirSync } from 'node:fs';
import { close } from '../../../lib/core/sys/file.ts';
import {
  tryConnectSeqpacket,
  tryReceive,
  trySend,
  trySendDatagram,
  tryShutdown,
} from '../../../lib/core/sys/socket.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

/** A peer in Python, which says when it listens. */
async function peer(script: string, ...args: string[]) {
  const child = Bun.spawn(['python3', '-c', `import os, socket, sys\n${script}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    said: async () => Buffer.from((await reader.read()).value ?? []).toString(),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

const ECHO = `s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
os.chdir(os.path.dirname(sys.argv[1]))
s.bind(os.path.basename(sys.argv[1])); s.listen(); os.write(1, b'r')
c, _ = s.accept()
while True:
    d = c.recv(100)
    if not d: break
    c.send(d.upper())
c.send(b'bye')`;

test.each([
  ['a short path', ''],
  ['a path that does not fit into an address', `/${'long'.repeat(30)}`],
])('packets keep their boundaries, over %s', async (_, below) => {
  using folder = new TemporaryFolder();
  mkdirSync(`${folder.path}${below}`, { recursive: true });
  const path = `${folder.path}${below}/socket`;
  await using _peer = await peer(ECHO, path);
  const fd = tryConnectSeqpacket(path);
  expect(fd).toBeGreaterThan(0);
  expect([trySend(fd, Buffer.from('one')), trySend(fd, Buffer.from('three'))]).toEqual([3, 5]);
  const buffer = Buffer.alloc(100);
  const next = (): string => buffer.toString('utf8', 0, tryReceive(fd, buffer));
  expect([next(), next()]).toEqual(['ONE', 'THREE']);
  // Half closed: the peer sees the end, and its last words still come.
  expect(tryShutdown(fd, 1)).toBe(0);
  expect([next(), next()]).toEqual(['bye', '']);
  close(fd);
});

test('where nobody listens, the errno says why', () => {
  using folder = new TemporaryFolder();
  expect(tryConnectSeqpacket(`${folder.path}/missing`)).toBe(-2);
  expect(tryConnectSeqpacket(`${folder.path}/${'long'.repeat(30)}/missing`)).toBeLessThan(0);
});

test.each(['/socket', '@proa-test'])('a datagram arrives whole at %s', async (name) => {
  using folder = new TemporaryFolder();
  const path = name.startsWith('@') ? `${name}-${process.pid}` : `${folder.path}${name}`;
  const script = `s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0))); os.write(1, b'r')
print(s.recv(100).decode(), end='', flush=True)`;
  await using receiver = await peer(script, path);
  expect(trySendDatagram(path, Buffer.from('READY=1'))).toBe(7);
  expect(await receiver.said()).toBe('READY=1');
});
