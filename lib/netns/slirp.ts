/**
 * slirp4netns(1): the fallback for users without pasta. Connections come from its own address (the caller's is lost),
 * and ports are forwarded through its API socket. It does not end with the namespace: it is stopped by its handle.
 */
import { existsSync } from 'node:fs';
import { messageOf, ProaError } from '../core/error.ts';
import { processHandle } from '../core/process-handle.ts';
import { findProgram } from '../core/programs.ts';
import { AT_FDCWD, close, pipe, tryUnlinkAt } from '../core/sys/file.ts';
import { POLLHUP, POLLIN, poll } from '../core/sys/poll.ts';
import { tryKill } from '../core/sys/process.ts';
import { type NetworkHelper, StartLog } from './helper.ts';
import type { PublishedPort } from './ports.ts';
import { checkTun } from './tun.ts';

/** slirp4netns's fixed addresses. */
export const SLIRP = {
  interface: 'tap0',
  ip: '10.0.2.100',
  prefix: 24,
  gateway: '10.0.2.2',
  dns: '10.0.2.3',
} as const;

const READY_TIMEOUT = 10_000;
const SIGKILL = 9;

/**
 * Starts slirp4netns in the background and forwards the ports.
 * @throws ProaError PROGRAM_MISSING, TUN_UNAVAILABLE, PORT_UNSUPPORTED (SCTP, IPv6), SLIRP_FAILED with its words
 */
export async function startSlirp(netnsPath: string, ports: readonly PublishedPort[]): Promise<NetworkHelper> {
  const program = findProgram('slirp4netns');
  checkTun();
  for (const { protocol, hostIp, hostPort } of ports) {
    if (protocol === 'sctp' || hostIp.includes(':')) {
      const what = protocol === 'sctp' ? 'sctp' : 'IPv6';
      throw new ProaError(
        'PORT_UNSUPPORTED',
        `publish ${hostPort}/${protocol}: slirp4netns does not forward ${what}`,
        {
          hint: 'apt-get install passt',
        },
      );
    }
  }
  const socket = `${netnsPath}.sock`;
  tryUnlinkAt(AT_FDCWD, socket);
  using log = new StartLog(`${netnsPath}.log`);
  const ready = pipe();
  // Its own session: a Ctrl-C in the terminal must not end a running container's network.
  const child = Bun.spawn([program, ...slirpArguments(netnsPath, socket)], {
    stdio: ['ignore', 'ignore', log.fd, ready.write],
    cwd: '/',
    detached: true,
  });
  close(ready.write);
  try {
    const [events] = poll([{ fd: ready.read, events: POLLIN }], READY_TIMEOUT);
    if ((events! & POLLIN) === 0) {
      const why = (events! & POLLHUP) !== 0 ? log.words() || 'it ended at once' : 'it did not get ready';
      throw new ProaError('SLIRP_FAILED', `start slirp4netns: ${why}`);
    }
    for (const port of ports) await forward(socket, port);
    const handle = processHandle(child.pid);
    if (handle === undefined) throw new ProaError('SLIRP_FAILED', `start slirp4netns: ${log.words()}`);
    child.unref();
    return { program: 'slirp4netns', pid: handle.pid, startTime: handle.startTime };
  } catch (error) {
    tryKill(child.pid, SIGKILL);
    throw error;
  } finally {
    close(ready.read);
    // Only needed while ports are set up: open, it would let anyone who can reach it add more.
    if (existsSync(socket)) tryUnlinkAt(AT_FDCWD, socket);
  }
}

function slirpArguments(netnsPath: string, socket: string): string[] {
  return [
    '--configure',
    '--mtu=65520',
    '--disable-host-loopback',
    `--api-socket=${socket}`,
    '--ready-fd=3',
    '--netns-type=path',
    netnsPath,
    SLIRP.interface,
  ];
}

/** One request on the API socket ("add_hostfwd" of slirp4netns(1)): a JSON object, half-closed, answered by one. */
async function forward(
  socket: string,
  { protocol, hostIp, hostPort, containerPort }: PublishedPort,
): Promise<void> {
  const request = {
    execute: 'add_hostfwd',
    arguments: {
      proto: protocol,
      host_addr: hostIp === '' ? '0.0.0.0' : hostIp,
      host_port: hostPort,
      guest_addr: SLIRP.ip,
      guest_port: containerPort,
    },
  };
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    void Bun.connect({
      unix: socket,
      socket: {
        open: (connection) => {
          connection.write(JSON.stringify(request));
          connection.shutdown();
        },
        data: (_, chunk) => {
          text += chunk.toString();
        },
        close: () => resolve(text),
        error: (_, error) => reject(error),
        connectError: (_, error) => reject(error),
      },
    }).catch(reject);
  }).catch((error: unknown) => {
    throw new ProaError('SLIRP_FAILED', `publish ${hostPort}/${protocol}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const { error } = JSON.parse(answer) as { error?: { desc?: string } };
  if (error !== undefined) {
    throw new ProaError('SLIRP_FAILED', `publish ${hostPort}/${protocol}: ${error.desc ?? answer}`);
  }
}
