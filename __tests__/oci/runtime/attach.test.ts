import { AttachConnection, type AttachHandlers } from '../../../lib/oci/runtime/attach.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

// conmon's side of the socket: one packet a write, the first byte says which stream.
const PRELUDE = `import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); s.listen(); os.write(1, b'r')
c, _ = s.accept()
`;

let folder: TemporaryFolder;
let peer: Bun.Subprocess<'ignore', 'pipe', 'inherit'> | undefined;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(async () => {
  peer?.kill('SIGKILL');
  await peer?.exited;
  folder[Symbol.dispose]();
});

/** Connects to a peer that does this; what the peer prints comes from \`said\`. */
async function attach(script: string, output: AttachHandlers['output']) {
  const path = `${folder.path}/attach`;
  peer = Bun.spawn(['python3', '-c', PRELUDE + script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const reader = peer.stdout.getReader();
  await reader.read();
  const connection = await AttachConnection.connect(path, { output });
  const said = async (): Promise<string> => {
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value);
    return text;
  };
  return { connection, said };
}

test('packets come by stream, byte for byte, until the other end closes', async () => {
  const seen: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  const script = `c.send(b'\\x02' + bytes(range(256)))
c.send(b'\\x03error')
for i in range(50): c.send(b'\\x02' + bytes([i]) * 8192)
c.close()`;
  const { connection } = await attach(script, (stream, data) => {
    seen[stream].push(Buffer.from(data));
    return undefined;
  });
  using _ = connection;
  await connection.closed;
  const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));
  const rest = Array.from({ length: 50 }, (_, i) => Buffer.alloc(8192, i));
  expect(Buffer.concat(seen.stdout).equals(Buffer.concat([all, ...rest]))).toBe(true);
  expect(Buffer.concat(seen.stderr).toString()).toBe('error');
});

test('a slow reader stops the flow, and what comes last is written before it is over', async () => {
  let busy = 0;
  let most = 0;
  let bytes = 0;
  const script = `for i in range(30): c.send(b'\\x02' + b'x' * 1000)
c.close()`;
  const { connection } = await attach(script, (_, data) => {
    most = Math.max(most, ++busy);
    const { length } = data;
    return Bun.sleep(3).then(() => {
      busy--;
      bytes += length;
    });
  });
  using _ = connection;
  await connection.closed;
  expect([busy, bytes]).toEqual([0, 30_000]);
  expect(most).toBeLessThan(30);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('nobody reads');
    },
  ],
  [
    'fails later',
    () =>
      Bun.sleep(5).then(() => {
        throw new Error('nobody reads');
      }),
  ],
] as [string, AttachHandlers['output']][])('a writer that %s ends it with its error', async (_, output) => {
  const { connection } = await attach("c.send(b'\\x02x')\ntime.sleep(60)", output);
  using _connection = connection;
  await expect(connection.closed).rejects.toThrow('nobody reads');
});

test('input arrives whole, in packets that conmon takes, and its end is seen', async () => {
  const script = `import hashlib
time.sleep(0.05)
h = hashlib.sha256(); most = 0
while True:
    d = c.recv(100000)
    if not d: break
    most = max(most, len(d)); h.update(d)
    if most == len(d): time.sleep(0.001)
print(h.hexdigest(), most, flush=True)
c.send(b'\\x02last words')
c.close()`;
  let last = '';
  const { connection, said } = await attach(script, (_, data) => {
    last += Buffer.from(data).toString();
    return undefined;
  });
  using _ = connection;
  const input = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 31 + (i >> 8)));
  await connection.write(input);
  connection.endInput();
  await connection.closed;
  const hash = new Bun.CryptoHasher('sha256').update(input).digest('hex');
  expect([await said(), last]).toEqual([`${hash} 8192\n`, 'last words']);
});

test('writing to an end that is gone, or after leaving, does not hang', async () => {
  const { connection } = await attach('c.close()', () => undefined);
  await connection.closed;
  await connection.write(Buffer.alloc(100_000));
  connection[Symbol.dispose]();
  await expect(connection.write(Buffer.of(1))).rejects.toMatchObject({ code: 'EPIPE' });
});

test('where nobody listens, the path is named', async () => {
  const path = `${folder.path}/missing`;
  await expect(AttachConnection.connect(path, { output: () => undefined })).rejects.toMatchObject({
    code: 'ENOENT',
    message: expect.stringContaining(path),
  });
});
