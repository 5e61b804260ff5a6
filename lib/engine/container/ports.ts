/** A container's ports as other tools read them: exposed ones, and where they are published now. */
import type { PublishedPort } from '../../netns/ports.ts';
import type { Container } from '../../storage/containers.ts';

export interface ContainerPort {
  containerPort: number;
  protocol: string;
  /** Absent for a port that is exposed only. */
  published?: { hostIp: string; hostPort: number };
}

/**
 * The ports of a running container, by number; none of one that does not run, as nothing leads to it then.
 * @param state as {@link import('./state.ts').observeState} tells it
 */
export function currentPorts({ config, state }: Container): ContainerPort[] {
  if (state.status !== 'running' && state.status !== 'paused') return [];
  const published = (state.network?.ports ?? []) as unknown as PublishedPort[];
  const ports: ContainerPort[] = published.map(({ containerPort, protocol, hostIp, hostPort }) => ({
    containerPort,
    protocol,
    published: { hostIp: hostIp || '0.0.0.0', hostPort },
  }));
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  for (const port of exposedPorts(config.exposedPorts)) {
    if (!taken.has(`${port.containerPort}/${port.protocol}`)) ports.push(port);
  }
  return ports.sort(byNumber);
}

/** From an image's `80`, `53/udp`, `8000-8010/tcp` to single ports. What is no port at all is left out. */
export function exposedPorts(texts: readonly string[]): ContainerPort[] {
  return texts.flatMap((text) => {
    const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? [];
    if (first === undefined) return [];
    const count = Math.max(0, Math.min(Number(last), 65_535) - Number(first) + 1);
    return Array.from({ length: count }, (_, i) => ({ containerPort: Number(first) + i, protocol }));
  });
}

function byNumber(a: ContainerPort, b: ContainerPort): number {
  return (
    a.containerPort - b.containerPort ||
    compare(a.published?.hostIp ?? '', b.published?.hostIp ?? '') ||
    (a.published?.hostPort ?? 0) - (b.published?.hostPort ?? 0) ||
    compare(a.protocol, b.protocol)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
