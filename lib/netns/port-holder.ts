/** Who has a port: the process behind a socket, as far as /proc lets us see (proc_pid_net(5), proc_pid_fd(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { InetProtocol } from '../core/sys/inet.ts';

export interface PortHolder {
  pid: number;
  /** The program's short name (proc_pid_comm(5)). */
  command: string;
}

/** A process of this network namespace that has `port`; undefined when none can be seen. Slow: for error messages. */
export function findPortHolder(protocol: InetProtocol, port: number): PortHolder | undefined {
  const inodes = new Set([...socketInodes(protocol, port), ...socketInodes(`${protocol}6`, port)]);
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        return { pid: Number(pid), command: read(`/proc/${pid}/comm`).trim() };
      }
    }
  }
  return undefined;
}

/** The inodes of the sockets with this local port; listening ones alone for TCP when there are any. */
function socketInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = read(`/proc/self/net/${table}`)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[9] !== '0');
  const TCP_LISTEN = '0A';
  const listening = rows.filter((fields) => fields[3] === TCP_LISTEN);
  return (listening.length > 0 ? listening : rows).map((fields) => fields[9]!);
}

// Processes come and go while they are looked at, and others' are out of reach: both mean "not seen".

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // see above
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // see above
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // see above
  }
}
