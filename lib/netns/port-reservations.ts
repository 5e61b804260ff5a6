/**
 * Which container has which port of the host: RUNROOT/ports/PROTOCOL-PORT-ADDRESS is a symbolic link to
 * `ID ADDRESS:PORT`, the container and where its packets go. An address overlaps "all addresses", so the folder is
 * changed under its flock, held for the few system calls that this takes. A port that the host's own programs have is
 * found by binding it.
 */
import { ProaError } from '../core/error.ts';
import { AT_FDCWD, trySymlinkAt, tryUnlinkAt } from '../core/sys/file.ts';
import { tryBindPort } from '../core/sys/inet.ts';
import { check, sysError } from '../core/sys/libc.ts';
import { readLink } from '../core/sys/symlink.ts';
import { ensureFolder, lockFolder, readFolder } from './folder.ts';
import { knownIp } from './ip.ts';
import { findPortHolder } from './port-holder.ts';
import { formatHostSide, type Port, type PortMapping, type Protocol, type PublishedPort } from './ports.ts';
import { readSysctl } from './sysctl.ts';

/** What is known of the other containers, so that their claims can be judged and named. */
export interface Containers {
  /** Whether the container still needs what it holds: it runs, or its clean-up is to come. */
  isAlive(id: string): boolean;
  /** What a person calls it; its short id when left out. */
  describe?(id: string): string;
}

export interface Reservation extends PublishedPort {
  /** The container's id. */
  id: string;
  /** The container's addresses, with commas; '' when a helper process forwards. */
  ip: string;
}

const ANY = 'any';
const EADDRINUSE = -98;
const EACCES = -13;
/** How many ports are drawn before the ephemeral range counts as full. */
const DRAWS = 500;

/**
 * Reserves a port of the host for every mapping, all or none.
 * @param claim the container and its address
 * @returns the ports in the order of the mappings, and reservations of dead containers that had to give way, whose
 *   forwarding is still to be removed
 * @throws ProaError PORT_IN_USE naming the holder; EACCES for a low port as a user; EADDRNOTAVAIL for an address that
 *   this host does not have; NO_FREE_PORT
 */
export function reservePorts(
  runRoot: string,
  claim: { id: string; ip: string },
  mappings: readonly PortMapping[],
  containers: Containers,
): { ports: PublishedPort[]; displaced: Reservation[] } {
  if (mappings.length === 0) return { ports: [], displaced: [] };
  const folder = portFolder(runRoot);
  ensureFolder(folder);
  using _held = lockFolder(folder);
  const book = new Book(folder, claim, containers);
  const ports = new Map<PortMapping, PublishedPort>();
  try {
    // Those that must have one certain port go first, so that no other takes it from them.
    const width = ({ hostPorts }: PortMapping): number =>
      hostPorts === undefined ? 65_536 : hostPorts.last - hostPorts.first;
    for (const mapping of [...mappings].sort((a, b) => width(a) - width(b))) {
      ports.set(mapping, book.reserve(mapping));
    }
  } catch (error) {
    for (const port of book.made) tryUnlinkAt(AT_FDCWD, `${folder}/${nameOf(port)}`);
    throw error;
  }
  return { ports: mappings.map((mapping) => ports.get(mapping)!), displaced: book.displaced };
}

/** Gives ports back, as far as the container holds them. */
export function releasePorts(runRoot: string, id: string, ports: readonly PublishedPort[]): void {
  if (ports.length === 0) return;
  const folder = portFolder(runRoot);
  using held = lockFolder(folder);
  if (held === undefined) return;
  for (const port of ports) {
    const file = `${folder}/${nameOf(port)}`;
    if (readLink(file)?.startsWith(`${id} `)) check(tryUnlinkAt(AT_FDCWD, file), 'release port', file);
  }
}

/** Notes that a container's ports lead to another of its addresses now. */
export function redirectPorts(
  runRoot: string,
  { id, ip }: { id: string; ip: string },
  ports: readonly PublishedPort[],
): void {
  const folder = portFolder(runRoot);
  using held = lockFolder(folder);
  if (held === undefined) return;
  for (const port of ports) {
    const file = `${folder}/${nameOf(port)}`;
    if (!readLink(file)?.startsWith(`${id} `)) continue;
    check(tryUnlinkAt(AT_FDCWD, file), 'redirect port', file);
    check(trySymlinkAt(`${id} ${ip}:${port.containerPort}`, AT_FDCWD, file), 'redirect port', file);
  }
}

/** All reservations, of all containers. */
export function listReservations(runRoot: string): Reservation[] {
  const folder = portFolder(runRoot);
  const found: Reservation[] = [];
  for (const name of readFolder(folder)) {
    const reservation = parse(name, readLink(`${folder}/${name}`) ?? '');
    if (reservation !== undefined) found.push(reservation);
  }
  return found;
}

/** The folder's names as they are, and as reservations are added under the lock. */
class Book {
  readonly made: PublishedPort[] = [];
  readonly displaced: Reservation[] = [];
  /** PROTOCOL-PORT → addresses; '' for all. */
  private readonly taken = new Map<string, Set<string>>();

  constructor(
    private readonly folder: string,
    private readonly claim: { id: string; ip: string },
    private readonly containers: Containers,
  ) {
    for (const name of readFolder(folder)) {
      const key = parseName(name);
      if (key !== undefined) this.note(key.protocol, key.hostPort, key.hostIp);
    }
  }

  reserve(mapping: PortMapping): PublishedPort {
    let clash: ProaError | undefined;
    for (const hostPort of candidatesOf(mapping)) {
      const { protocol, hostIp, containerPort } = mapping;
      const port: PublishedPort = { protocol, hostIp, hostPort, containerPort };
      clash = this.clashWithContainer(port) ?? clashWithHost(port);
      if (clash === undefined) return this.record(port);
      // Only of a port that is taken may another be tried: the other reasons hold for all ports.
      if (clash.code !== 'PORT_IN_USE') throw clash;
    }
    if (mapping.hostPorts !== undefined) throw clash!;
    throw new ProaError(
      'NO_FREE_PORT',
      `publish port ${mapping.containerPort}: no free port was found on this host`,
      {
        hint: 'sysctl net.ipv4.ip_local_port_range',
      },
    );
  }

  private record(port: PublishedPort): PublishedPort {
    const file = `${this.folder}/${nameOf(port)}`;
    const target = `${this.claim.id} ${this.claim.ip}:${port.containerPort}`;
    check(trySymlinkAt(target, AT_FDCWD, file), 'reserve port', file);
    this.note(port.protocol, port.hostPort, port.hostIp);
    this.made.push(port);
    return port;
  }

  private clashWithContainer(port: PublishedPort): ProaError | undefined {
    const addresses = this.taken.get(`${port.protocol}-${port.hostPort}`);
    for (const hostIp of addresses ?? []) {
      if (!overlapping(hostIp, port.hostIp)) continue;
      const name = nameOf({ ...port, hostIp });
      const file = `${this.folder}/${name}`;
      const holder = parse(name, readLink(file) ?? '');
      const mine = holder?.id === this.claim.id;
      if (mine && this.made.some((made) => nameOf(made) === name)) {
        return inUse(port, 'this container, which publishes it twice');
      }
      if (holder !== undefined && !mine && this.containers.isAlive(holder.id)) {
        return inUse(port, `container ${this.containers.describe?.(holder.id) ?? holder.id.slice(0, 12)}`);
      }
      // Left by a container that was killed together with its clean-up.
      check(tryUnlinkAt(AT_FDCWD, file), 'reclaim port', file);
      addresses!.delete(hostIp);
      if (holder !== undefined) this.displaced.push(holder);
    }
    return undefined;
  }

  private note(protocol: Protocol, port: number, hostIp: string): void {
    const key = `${protocol}-${port}`;
    const addresses = this.taken.get(key) ?? new Set();
    this.taken.set(key, addresses.add(hostIp));
  }
}

/** The ports that may serve a mapping: its range in order, or draws from the kernel's ephemeral range. */
function* candidatesOf({ hostPorts }: PortMapping): Generator<Port> {
  if (hostPorts !== undefined) {
    for (let port = hostPorts.first; port <= hostPorts.last; port++) yield port as Port;
    return;
  }
  const [first = 32_768, last = 60_999] = (readSysctl('ipv4/ip_local_port_range') ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
  for (let i = 0; i < DRAWS; i++) yield (first + Math.floor(Math.random() * (last - first + 1))) as Port;
}

function clashWithHost(port: PublishedPort): ProaError | undefined {
  const result = tryBindPort(
    port.protocol,
    knownIp(port.hostIp === '' ? '0.0.0.0' : port.hostIp).bytes,
    port.hostPort,
  );
  const unsupported = result === -93 || result === -97; // nobody can have it, then
  if (result === 0 || unsupported) return undefined;
  if (result === EADDRINUSE) {
    const holder = findPortHolder(port.protocol, port.hostPort);
    return inUse(
      port,
      holder === undefined ? 'another process' : `process ${holder.command} (pid ${holder.pid})`,
    );
  }
  const { code, message } = sysError(-result, 'publish', labelOf(port));
  const low = result === EACCES && port.hostPort < 1024;
  return new ProaError(code, message, {
    hint: low
      ? `sudo sysctl net.ipv4.ip_unprivileged_port_start=${port.hostPort}, or publish a port from 1024 on`
      : undefined,
  });
}

function inUse(port: PublishedPort, holder: string): ProaError {
  return new ProaError('PORT_IN_USE', `publish ${labelOf(port)}: port is in use by ${holder}`, {
    hint: `publish another port of the host, or any free one with -p ${port.containerPort}`,
  });
}

function labelOf(port: PublishedPort): string {
  return `${formatHostSide(port.hostIp, port.hostPort)}/${port.protocol}`;
}

function overlapping(a: string, b: string): boolean {
  if (a === b || a === '' || b === '') return true;
  if (a.includes(':') !== b.includes(':')) return false;
  return a === '0.0.0.0' || b === '0.0.0.0' || a === '::' || b === '::';
}

function nameOf({
  protocol,
  hostPort,
  hostIp,
}: Pick<PublishedPort, 'protocol' | 'hostPort' | 'hostIp'>): string {
  return `${protocol}-${hostPort}-${hostIp === '' ? ANY : hostIp}`;
}

function parseName(name: string): Pick<PublishedPort, 'protocol' | 'hostPort' | 'hostIp'> | undefined {
  const match = /^(tcp|udp|sctp)-(\d+)-(.+)$/.exec(name);
  if (match === null) return undefined;
  const hostIp = match[3] === ANY ? '' : match[3]!;
  return { protocol: match[1] as Protocol, hostPort: Number(match[2]) as Port, hostIp };
}

function parse(name: string, target: string): Reservation | undefined {
  const key = parseName(name);
  const match = /^(\S+) (.*):(\d+)$/.exec(target);
  if (key === undefined || match === null) return undefined;
  return { ...key, id: match[1]!, ip: match[2]!, containerPort: Number(match[3]) as Port };
}

function portFolder(runRoot: string): string {
  return `${runRoot}/ports`;
}
