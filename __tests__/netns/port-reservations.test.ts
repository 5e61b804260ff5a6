import { createSocket } from 'node:dgram';
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../lib/core/sys/directory.ts';
import {
  type Containers,
  listReservations,
  releasePorts,
  reservePorts,
} from '../../lib/netns/port-reservations.ts';
import { type PublishedPort, parsePublish } from '../../lib/netns/ports.ts';

let runRoot: string;
beforeEach(() => {
  runRoot = mkdtempSync(join(tmpdir(), 'proa-ports-'));
});
afterEach(() => removeTree(runRoot));

const alive: Containers = { isAlive: () => true, describe: (id) => `web (${id})` };
const reserve = (id: string, specs: string[], containers = alive): PublishedPort[] =>
  reservePorts(runRoot, { id, ip: '10.9.0.2' }, specs.flatMap(parsePublish), containers).ports;

/** A port of the machine that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await listen(server, 0);
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((done) => {
    server.listen(port, '127.0.0.1', () => done());
  });

describe('port reservations', () => {
  test('one port has one container, which is named', async () => {
    const port = await freePort();
    reserve('a', [`${port}:80`]);
    expect(() => reserve('b', [`${port}:81`])).toThrow(
      expect.objectContaining({
        code: 'PORT_IN_USE',
        message: `publish 0.0.0.0:${port}/tcp: port is in use by container web (a)`,
      }),
    );
    expect(reserve('b', [`${port}:81/udp`])[0]).toMatchObject({ hostPort: port, protocol: 'udp' });
  });

  test('all addresses overlap each single one, in either order; two single ones do not', async () => {
    const port = await freePort();
    reserve('a', [`127.0.0.1:${port}:80`]);
    expect(() => reserve('b', [`${port}:80`])).toThrow(/in use by container/);
    reserve('b', [`127.0.0.2:${port}:80`]);
    const other = await freePort();
    reserve('a', [`0.0.0.0:${other}:80`]);
    expect(() => reserve('b', [`127.0.0.1:${other}:80`])).toThrow(/in use by container/);
  });

  test('all or none', async () => {
    const [taken, free] = [await freePort(), await freePort()];
    reserve('a', [`${taken}:80`]);
    expect(() => reserve('b', [`${free}:80`, `${taken}:80`])).toThrow(/in use/);
    expect(listReservations(runRoot).map((found) => found.id)).toEqual(['a']);
    expect(() => reserve('b', [`${free}:80`, `${free}:81`])).toThrow(/publishes it twice/);
    expect(listReservations(runRoot)).toHaveLength(1);
  });

  test('what a dead container left gives way and is handed back for its forwarding to be removed', async () => {
    const port = await freePort();
    reserve('dead', [`127.0.0.1:${port}:80`]);
    const { displaced } = reservePorts(runRoot, { id: 'b', ip: '10.9.0.3' }, parsePublish(`${port}:80`), {
      isAlive: (id) => id !== 'dead',
    });
    expect(displaced).toMatchObject([{ id: 'dead', ip: '10.9.0.2', hostIp: '127.0.0.1', hostPort: port }]);
    expect(listReservations(runRoot)).toMatchObject([
      { id: 'b', ip: '10.9.0.3', hostIp: '', containerPort: 80 },
    ]);
  });

  test('a program of the host that has the port is named with its pid', async () => {
    const server = createServer();
    const port = await freePort();
    await listen(server, port);
    try {
      expect(() => reserve('a', [`${port}:80`])).toThrow(
        new RegExp(`port is in use by process .+ \\(pid ${process.pid}\\)`),
      );
      expect(listReservations(runRoot)).toEqual([]);
    } finally {
      server.close();
    }
  });

  test('so is one that has the UDP port', async () => {
    const socket = createSocket('udp4');
    const port = await new Promise<number>((done) =>
      socket.bind(0, '0.0.0.0', () => done(socket.address().port)),
    );
    try {
      expect(() => reserve('a', [`127.0.0.1:${port}:53/udp`])).toThrow(/port is in use by process/);
    } finally {
      socket.close();
    }
  });

  test('any free port: another for each, never one that is reserved', () => {
    const ports = reserve('a', ['80', '81', '127.0.0.1::82']).map((port) => port.hostPort as number);
    expect(new Set(ports).size).toBe(3);
    expect(Math.min(...ports)).toBeGreaterThan(1023);
  });

  test('of a range the first free one, after those that must have a certain port', async () => {
    const port = await freePort();
    const [range, fixed] = reserve('a', [`${port}-${port + 1}:80`, `${port}:81`]);
    expect([range!.hostPort, fixed!.hostPort]).toEqual([port + 1, port]);
    expect(() => reserve('b', [`${port}-${port + 1}:80`])).toThrow(/in use/);
  });

  test("an address that is not the host's is an error, and reserves nothing", () => {
    expect(() => reserve('a', ['192.0.2.250:8080:80'])).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
    expect(listReservations(runRoot)).toEqual([]);
  });

  test('are given back by their holder alone, once or twice', async () => {
    const ports = reserve('a', [`${await freePort()}:80`]);
    releasePorts(runRoot, 'b', ports);
    expect(listReservations(runRoot)).toHaveLength(1);
    releasePorts(runRoot, 'a', ports);
    releasePorts(runRoot, 'a', ports);
    expect(listReservations(runRoot)).toEqual([]);
  });
});
