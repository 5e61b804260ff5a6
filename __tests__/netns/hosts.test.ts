import { containerHosts } from '../../lib/netns/hosts.ts';

const entries = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));

describe("a container's hosts file", () => {
  test('knows localhost, the host and the container', () => {
    const found = entries(
      containerHosts({ ips: ['10.87.0.5'], names: ['web', 'web', '0123456789ab'], hostAddress: '10.87.0.1' }),
    );
    expect(found).toContainEqual(['127.0.0.1', 'localhost']);
    expect(found).toContainEqual(['10.87.0.1', 'host.docker.internal', 'host.containers.internal']);
    expect(found.at(-1)).toEqual(['10.87.0.5', 'web', '0123456789ab']);
  });

  test('without a network the container still finds itself', () => {
    expect(entries(containerHosts({ names: ['web'] })).at(-1)).toEqual(['127.0.0.1', 'web']);
  });

  test('what the user adds replaces what would be there', () => {
    const extra = [{ name: 'host.docker.internal', ip: '192.0.2.7' }];
    const text = containerHosts({ ips: ['10.87.0.5'], names: ['web'], hostAddress: '10.87.0.1', extra });
    expect(text.match(/host\.docker\.internal/g)).toHaveLength(1);
    expect(text).toContain('192.0.2.7\thost.docker.internal');
    expect(text).toContain('10.87.0.1\thost.containers.internal');
  });

  test("starts from the host's own file when that is shared, whatever its end", () => {
    const text = containerHosts({
      names: ['web'],
      base: '127.0.0.1 localhost box',
      shared: true,
      hostAddress: '127.0.0.1',
    });
    expect(text).toBe('127.0.0.1 localhost box\n127.0.0.1\thost.docker.internal host.containers.internal\n');
  });

  test('with a base of its own it still finds itself', () => {
    expect(containerHosts({ names: ['web'], base: '' })).toBe('127.0.0.1\tweb\n');
    expect(containerHosts({ ips: ['10.87.0.5'], names: ['web'], base: '192.0.2.1 x' })).toBe(
      '192.0.2.1 x\n10.87.0.5\tweb\n',
    );
  });
});
