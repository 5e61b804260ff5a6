/**
 * `npm run test:soak`: networks under load, with the built binary and as root. Takes minutes, so it is no part of the tests.
 * SOAK=0.1 does a tenth of each. Prints a line for each part and exits 1 when one fails.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImageTar } from '../__tests__/e2e/support/image.ts';

const SCALE = Number(process.env.SOAK ?? '1');
const BINARY = join(import.meta.dirname, '../dist/proa');
const PORT = 23_456;
const folder = mkdtempSync(join(tmpdir(), 'soak-'));
const places = [`--root=${folder}/root`, `--runroot=${folder}/run`];

async function proa(...args: string[]): Promise<string> {
  const child = Bun.spawn([BINARY, ...places, ...args], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`proa ${args.join(' ')}: ${err || out}`);
  return out.trim();
}

const scaled = (count: number): number => Math.max(1, Math.round(count * SCALE));

function connect(): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = createConnection({ port: PORT, host: '127.0.0.1' }, () => resolve(socket));
  socket.once('error', reject);
  return promise;
}

/** Everything that a server sends back, its hash, while `bytes` random bytes are sent. */
async function echo(bytes: number): Promise<{ sent: string; received: string }> {
  const socket = await connect();
  const [sent, received] = [new Bun.CryptoHasher('sha256'), new Bun.CryptoHasher('sha256')];
  let arrived = 0;
  const done = Promise.withResolvers<void>();
  socket.on('error', done.reject);
  socket.on('data', (chunk) => {
    received.update(chunk);
    arrived += chunk.length;
    if (arrived >= bytes) done.resolve();
  });
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  for (let left = bytes; left > 0; left -= block.length) {
    const part = block.subarray(0, Math.min(left, block.length));
    sent.update(part);
    if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await done.promise;
  socket.destroy();
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}

let server: Bun.Subprocess | undefined;

/** The image has no server for many at once, so a program of the host's is put into the container's network. */
async function serveEcho(pid: string): Promise<void> {
  const code = `require('node:net').createServer((socket) => socket.pipe(socket)).listen(7, () => console.log('up'));`;
  const started = Bun.spawn(['nsenter', `--net=/proc/${pid}/ns/net`, process.execPath, '-e', code], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  server = started;
  await started.stdout.getReader().read();
}

/** What must be as many at the end as before. */
function inventory(): string {
  const count = (command: string[]): number =>
    Bun.spawnSync(command).stdout.toString().split('\n').filter(Boolean).length;
  const list = (path: string): number => readdirSync(`${folder}/run/${path}`).length;
  return JSON.stringify({
    interfaces: count(['ip', '-br', 'link']),
    rules: count(['nft', 'list', 'table', 'inet', 'proa']),
    namespaces: list('netns'),
    leases: list('networks/soak/leases'),
    ports: list('ports'),
    names: list('dns'),
    conmons: count(['pgrep', '-f', `conmon.*${folder}`]),
  });
}

const parts: Record<string, () => Promise<string>> = {
  'transfer each way with checksums': async () => {
    const bytes = scaled(1 << 30);
    const { sent, received } = await echo(bytes);
    if (sent !== received) throw new Error('what came back is not what was sent');
    return `${bytes} bytes`;
  },
  'connections at once': async () => {
    const sockets = await Promise.all(Array.from({ length: scaled(1000) }, connect));
    const answers = await Promise.all(
      sockets.map(async (socket, i) => {
        const answer = new Promise<string>((resolve) =>
          socket.once('data', (chunk) => resolve(String(chunk))),
        );
        socket.write(`${i}\n`);
        return (await answer) === `${i}\n`;
      }),
    );
    for (const socket of sockets) socket.destroy();
    if (!answers.every(Boolean)) throw new Error('some were not answered');
    return `${sockets.length} connections`;
  },
  'containers that resolve each other': async () => {
    const names = Array.from({ length: scaled(150) }, (_, i) => `dns${i}`);
    for (const name of names)
      await proa('run', '-d', `--name=${name}`, '--network=soak', 'bb', 'sleep', '1000');
    const script = `for name in "$@"; do nslookup -type=a $name | grep -q "^Name:.*$name" || echo $name; done`;
    const failed = await Promise.all(
      names.map((name, i) => {
        const others = Array.from({ length: 10 }, (_, k) => names[(i + k * 7) % names.length]!);
        return proa('exec', name, 'sh', '-c', script, 'sh', ...others);
      }),
    );
    await proa('rm', '-f', '-t0', ...names);
    const bad = failed.filter(Boolean);
    if (bad.length > 0) throw new Error(`not resolved: ${bad.join(' ')}`);
    return `${names.length * 10} questions`;
  },
  'starts and stops': async () => {
    const before = inventory();
    let left = scaled(500);
    const total = left;
    const work = async (): Promise<void> => {
      while (left-- > 0) await proa('run', '--rm', '--network=soak', '-p', '127.0.0.1::80', 'bb', 'true');
    };
    await Promise.all(Array.from({ length: 4 }, work));
    const end = Date.now() + 10_000;
    while (inventory() !== before && Date.now() < end) await Bun.sleep(100);
    if (inventory() !== before) throw new Error(`before ${before}, after ${inventory()}`);
    return `${total} containers, ${before}`;
  },
};

let failures = 0;
try {
  await writeImageTar(`${folder}/image.tar`);
  await proa('import', `${folder}/image.tar`, 'bb');
  await proa('network', 'create', 'soak');
  await proa('run', '-d', '--name=echo', '--network=soak', `-p=127.0.0.1:${PORT}:7`, 'bb', 'sleep', '100000');
  await serveEcho(await proa('container', 'inspect', '-f', '{{.State.Pid}}', 'echo'));
  for (const [name, part] of Object.entries(parts)) {
    const start = performance.now();
    try {
      const words = await part();
      console.log(`ok      ${name}: ${words}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
      failures++;
      console.log(`FAILED  ${name}: ${(error as Error).message}`);
    }
  }
} finally {
  server?.kill();
  await proa('system', 'reset', '--force');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures > 0 ? 1 : 0);
