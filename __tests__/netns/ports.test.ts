import { formatPublished, type Port, type PortMapping, parsePublish } from '../../lib/netns/ports.ts';

const short = (spec: string): string[] =>
  parsePublish(spec).map(({ protocol, hostIp, hostPorts, containerPort }: PortMapping) => {
    const host =
      hostPorts === undefined
        ? '*'
        : hostPorts.first === hostPorts.last
          ? hostPorts.first
          : `${hostPorts.first}-${hostPorts.last}`;
    return `${hostIp || 'any'} ${host} ${containerPort} ${protocol}`;
  });

describe('--publish', () => {
  test.each<[string, string[]]>([
    ['80', ['any * 80 tcp']],
    ['80/UDP', ['any * 80 udp']],
    ['8080:80', ['any 8080 80 tcp']],
    [':80', ['any * 80 tcp']],
    ['0:80', ['any * 80 tcp']],
    ['127.0.0.1:8080:80/udp', ['127.0.0.1 8080 80 udp']],
    ['127.0.0.1::80', ['127.0.0.1 * 80 tcp']],
    ['0.0.0.0:1:2/sctp', ['0.0.0.0 1 2 sctp']],
    ['[::1]:80:81', ['::1 80 81 tcp']],
    ['[::]::81', [':: * 81 tcp']],
    ['8000-8001:80-81', ['any 8000 80 tcp', 'any 8001 81 tcp']],
    ['80-81', ['any * 80 tcp', 'any * 81 tcp']],
    ['8000-8010:80', ['any 8000-8010 80 tcp']],
  ])('%s', (spec, expected) => {
    expect(short(spec)).toEqual(expected);
  });

  test.each([
    ['', /not a container's port/],
    ['8080:', /not a container's port/],
    ['http:80', /not a host's port/],
    ['80:0', /from 1 to 65535/],
    ['65536', /from 1 to 65535/],
    ['90-80', /ends before it starts/],
    ['8000-8002:80-81', /differ in length/],
    ['80/icmp', /unknown protocol "icmp"/],
    ['localhost:80:80', /"localhost" is not an IP address/],
    ['::1:80:80', /brackets/],
    ['[::1]:1:2:3', /too many colons/],
    ['1.2.3.4:1:2:3', /not an IP address/],
    ['80 ', /not a container's port/],
  ])('%j is refused: %s', (spec, why) => {
    expect(() => parsePublish(spec)).toThrow(expect.objectContaining({ code: 'INVALID_PORT' }));
    expect(() => parsePublish(spec)).toThrow(why);
  });

  test('is shown as Docker shows it', () => {
    const port = { protocol: 'tcp' as const, hostPort: 8080 as Port, containerPort: 80 as Port };
    expect(formatPublished({ ...port, hostIp: '' })).toBe('0.0.0.0:8080->80/tcp');
    expect(formatPublished({ ...port, hostIp: '::1' })).toBe('[::1]:8080->80/tcp');
  });
});
