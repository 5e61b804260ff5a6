/** Ports on one line, as `ps` shows them: `0.0.0.0:8080->80/tcp, 443/tcp`. */
import type { ContainerPort } from '../../engine/container/ports.ts';
import { formatHostSide } from '../../netns/ports.ts';

/**
 * Docker's form: neighbouring ports that are published under their own number (or only exposed) become a range, in the
 * order in which their groups begin; what is published under another number follows, one by one.
 * @param ports sorted by number
 */
export function formatPorts(ports: readonly ContainerPort[]): string {
  const finished: string[] = [];
  const groups = new Map<string, { first: number; last: number; hostIp?: string; protocol: string }>();
  const moved: string[] = [];
  for (const { containerPort: port, protocol, published } of ports) {
    if (published !== undefined && published.hostPort !== port) {
      moved.push(`${formatHostSide(published.hostIp, published.hostPort)}->${port}/${protocol}`);
      continue;
    }
    const key = `${published?.hostIp ?? ''}/${protocol}`;
    const group = groups.get(key);
    if (group?.last === port - 1) {
      group.last = port;
      continue;
    }
    if (group !== undefined) finished.push(formatGroup(group));
    // Keeps the key's place among the groups, as `set` does not move it.
    groups.set(key, { first: port, last: port, hostIp: published?.hostIp, protocol });
  }
  return [...finished, ...[...groups.values()].map(formatGroup), ...moved].join(', ');
}

function formatGroup(group: { first: number; last: number; hostIp?: string; protocol: string }): string {
  const { first, last, hostIp, protocol } = group;
  const range = first === last ? String(first) : `${first}-${last}`;
  if (hostIp === undefined) return `${range}/${protocol}`;
  return `${formatHostSide(hostIp, first)}${first === last ? '' : `-${last}`}->${range}/${protocol}`;
}
