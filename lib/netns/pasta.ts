/**
 * pasta(1): a user's network. It copies the host's address and routes into the namespace and carries every connection
 * through sockets of its own, so the source address of callers is kept and no privilege is needed. It ends with the
 * namespace.
 */
import { ProaError } from '../core/error.ts';
import { processHandle } from '../core/process-handle.ts';
import { findProgram } from '../core/programs.ts';
import { close, pipe, tryRead } from '../core/sys/file.ts';
import { type NetworkHelper, StartLog } from './helper.ts';
import type { PublishedPort } from './ports.ts';
import { checkTun } from './tun.ts';

/** Link-local addresses (RFC 3927) that Podman uses for the same: pasta answers DNS on the one, maps the host to the other. */
export const PASTA_DNS = '169.254.1.1';
export const PASTA_HOST = '169.254.1.2';

export interface PastaRequest {
  netnsPath: string;
  ports: readonly PublishedPort[];
  mac?: string | undefined;
  /** Further arguments of the person's, which win over ours. */
  extra?: readonly string[] | undefined;
  /** The interface is left for the caller to set up. */
  unconfigured?: boolean;
}

export interface PastaStarted {
  helper: NetworkHelper;
  /** False for versions before 2024, which cannot give the container an address for its host. */
  mapsHost: boolean;
}

/**
 * Starts pasta in the background and returns when the namespace is connected. The caller is in the user namespace
 * that owns the network namespace.
 * @throws ProaError PROGRAM_MISSING, TUN_UNAVAILABLE, PORT_UNSUPPORTED (SCTP), NO_UPLINK, PASTA_FAILED with its words
 */
export async function startPasta(request: PastaRequest): Promise<PastaStarted> {
  const program = findProgram('pasta');
  checkTun();
  const newer = await run(program, request, true);
  if (typeof newer !== 'string') return { helper: newer, mapsHost: true };
  if (!newer.includes('map-guest-addr')) throw failed(newer);
  const older = await run(program, request, false);
  if (typeof older !== 'string') return { helper: older, mapsHost: false };
  throw failed(older);
}

/** The arguments. @throws ProaError PORT_UNSUPPORTED */
export function pastaArguments(request: PastaRequest, pidFile: string, mapHost: boolean): string[] {
  const args = request.unconfigured ? [] : ['--config-net', '--dns-forward', PASTA_DNS];
  const used = new Set<string>();
  for (const { protocol, hostIp, hostPort, containerPort } of request.ports) {
    if (protocol === 'sctp') {
      throw new ProaError('PORT_UNSUPPORTED', `publish ${hostPort}/sctp: pasta forwards only tcp and udp`);
    }
    used.add(protocol);
    const ip = hostIp === '' ? '' : `${hostIp}/`;
    args.push(
      protocol === 'tcp' ? '-t' : '-u',
      `${ip}${hostPort}-${hostPort}:${containerPort}-${containerPort}`,
    );
  }
  // By default pasta forwards whatever the container listens on, and lets it reach the host's loopback. What the
  // person says of these comes instead: pasta refuses two words on one matter.
  const extra = request.extra ?? [];
  const says = (...names: string[]): boolean =>
    extra.some((word) =>
      names.some((name) => word === name || (name.length > 2 && word.startsWith(`${name}=`))),
    );
  if (!used.has('tcp') && !says('-t', '--tcp-ports')) args.push('-t', 'none');
  if (!used.has('udp') && !says('-u', '--udp-ports')) args.push('-u', 'none');
  if (!says('-T', '--tcp-ns')) args.push('-T', 'none');
  if (!says('-U', '--udp-ns')) args.push('-U', 'none');
  // Podman's word for leaving ours out.
  if (!says('--map-gw', '--no-map-gw')) args.push('--no-map-gw');
  if (mapHost && !request.unconfigured && !says('--map-guest-addr'))
    args.push('--map-guest-addr', PASTA_HOST);
  if (request.mac !== undefined) args.push('--ns-mac-addr', request.mac);
  args.push(
    ...extra.filter((word) => word !== '--map-gw'),
    '--quiet',
    '--pid',
    pidFile,
    '--netns',
    request.netnsPath,
  );
  return args;
}

/** The running helper, or what the program said when it failed. */
async function run(
  program: string,
  request: PastaRequest,
  mapHost: boolean,
): Promise<NetworkHelper | string> {
  // As its pid file pasta gets a pipe: nothing is left of that if we die now, and the AppArmor profile of Debian's pasta,
  // which lets it write to few places, does not ask about pipes.
  const pidPipe = pipe();
  using _ = { [Symbol.dispose]: () => close(pidPipe.read) };
  using log = new StartLog(`${request.netnsPath}.log`);
  const child = spawnWith(
    pidPipe.write,
    [program, ...pastaArguments(request, '/proc/self/fd/1', mapHost)],
    log,
  );
  // It goes to the background when the namespace is connected; its own words are all that tells of a failure.
  const status = await child.exited;
  if (status !== 0) return log.words() || `exit status ${status}`;
  // Written before the one that we started ended.
  const text = Buffer.alloc(32);
  const length = tryRead(pidPipe.read, text);
  const handle = length > 0 ? processHandle(Number(text.toString('latin1', 0, length))) : undefined;
  if (handle === undefined) return log.words() || 'it ended at once';
  return { program: 'pasta', pid: handle.pid, startTime: handle.startTime };
}

function spawnWith(stdout: number, words: string[], log: StartLog): Bun.Subprocess {
  try {
    return Bun.spawn(words, { stdio: ['ignore', stdout, log.fd], cwd: '/' });
  } finally {
    close(stdout);
  }
}

function failed(words: string): ProaError {
  // Versions before 2024 copy the host's addresses, and give up where it has none.
  if (/no external routable interface/i.test(words)) {
    return new ProaError('NO_UPLINK', `start pasta: this machine has no route to anywhere: ${words}`, {
      hint: 'Install slirp4netns, which needs none; or: --network none, --network host',
    });
  }
  const refused = /bind port (\d+).*(?:permission denied)/i.exec(words);
  return new ProaError('PASTA_FAILED', `start pasta: ${words}`, {
    hint: refused === null ? undefined : `sudo sysctl net.ipv4.ip_unprivileged_port_start=${refused[1]}`,
  });
}
