// A server that answers every caller with the caller's address, and its client; run in the namespace under test.
//   bun peer.ts serve tcp|udp HOST PORT     prints "ready" when it listens
//   bun peer.ts call  tcp|udp HOST PORT     prints the answer, or the error's code
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const [role, protocol, host, port] = process.argv.slice(2) as [string, string, string, string];
const TIMEOUT = 1500;

if (role === 'serve' && protocol === 'tcp') {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // a caller that hangs up early is no concern of the test's
    // Only once asked: the pasta of Debian 12 does not complete a connection in which nobody speaks.
    socket.once('data', () => socket.end((socket.remoteAddress ?? '').replace('::ffff:', '')));
  });
  server.listen(Number(port), host, () => console.log('ready'));
} else if (role === 'serve') {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(from.address, from.port, from.address));
  socket.bind(Number(port), host, () => console.log('ready'));
} else if (protocol === 'tcp') {
  let text = '';
  const socket = connect(Number(port), host, () => socket.write('who am I'));
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', (error) => finish((error as { code?: string }).code ?? String(error)));
  socket.on('close', () => finish(text));
  setTimeout(() => finish('TIMEOUT'), TIMEOUT);
} else {
  const socket = createSocket('udp4');
  socket.on('message', (data) => finish(data.toString()));
  socket.on('error', (error) => finish((error as { code?: string }).code ?? String(error)));
  // A fixed source port, so that a second call is the same flow to connection tracking.
  socket.bind(40_404, () => socket.send('who am I', Number(port), host));
  setTimeout(() => finish('TIMEOUT'), TIMEOUT);
}

function finish(answer: string): void {
  console.log(answer);
  process.exit(0);
}
