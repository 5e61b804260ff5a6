import { ProaError } from '../core/error.ts';

const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[?[\da-f.:]*:[\da-f.:]*\]?)$/i;

/**
 * `80`, `53/udp`, `8000-8002` → Docker's keys, one a port. An address and a port of the host, as in `-p`, are checked and
 * left out: Docker takes them as well, though its build checks warn of it.
 * @throws ProaError DOCKERFILE_SYNTAX
 */
export function exposedPorts(text: string): string[] {
  const match = /^(?:(?:(.*):)?([^:]*):)?([\d-]+)(?:\/([a-z]*))?$/i.exec(text);
  const [, address, hostPorts = '', ports = '', written = 'tcp'] = match ?? [];
  const protocol = written.toLowerCase() || 'tcp';
  const range = rangeOf(ports);
  const isHostRight =
    (hostPorts === '' || rangeOf(hostPorts) !== undefined) && (!address || ADDRESS.test(address));
  if (range === undefined || !isHostRight || !PROTOCOLS.includes(protocol)) {
    throw new ProaError('DOCKERFILE_SYNTAX', `${text} is no port`, {
      hint: 'for example EXPOSE 80, EXPOSE 53/udp, EXPOSE 8000-8010',
    });
  }
  const [first, last] = range;
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol}`);
}

function rangeOf(text: string): [first: number, last: number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return match !== null && first <= last && last <= 65535 ? [first, last] : undefined;
}
