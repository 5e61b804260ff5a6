import { formatResolvConf, parseResolvConf, resolvConfFor } from '../../lib/netns/resolv-conf.ts';

const bridged = { shared: false, ipv6: false };
const none = (): string => '';

describe("a container's resolv.conf", () => {
  test('keeps what the container can reach, with search and options', () => {
    const host =
      '# comment\nsearch a.test b.test\nnameserver 127.0.0.1\nnameserver 192.0.2.53 ; first\nnameserver fd00::53\nnameserver fe80::1%eth0\noptions ndots:2\noptions edns0\n';
    expect(formatResolvConf(resolvConfFor(bridged, host, none))).toBe(
      'search a.test b.test\nnameserver 192.0.2.53\noptions ndots:2 edns0\n',
    );
    expect(resolvConfFor({ shared: false, ipv6: true }, host, none).nameservers).toEqual([
      '192.0.2.53',
      'fd00::53',
    ]);
  });

  test("looks behind systemd-resolved's stub", () => {
    const behind = () => 'nameserver 192.0.2.1\nsearch home\n';
    expect(resolvConfFor(bridged, 'nameserver 127.0.0.53\n', behind)).toEqual({
      nameservers: ['192.0.2.1'],
      search: ['home'],
      options: [],
    });
  });

  test('is never without a name server, though the host names none that serves', () => {
    expect(resolvConfFor(bridged, 'nameserver 127.0.0.1\n', none).nameservers).toEqual([
      '8.8.8.8',
      '8.8.4.4',
    ]);
    expect(resolvConfFor(bridged, '', none).nameservers).toHaveLength(2);
  });

  test("is the host's when the network is the host's", () => {
    const host = 'nameserver 127.0.0.53\nnameserver ::1\n';
    expect(
      resolvConfFor({ shared: true, ipv6: true }, host, () => 'nameserver 192.0.2.1\n').nameservers,
    ).toEqual(['127.0.0.53', '::1']);
  });

  test("asks the network's own server first, and once", () => {
    const request = { ...bridged, offered: ['169.254.1.1'] };
    expect(resolvConfFor(request, 'nameserver 192.0.2.1\nnameserver 192.0.2.1\n', none).nameservers).toEqual([
      '169.254.1.1',
      '192.0.2.1',
    ]);
  });

  test('is what the user asks for', () => {
    const request = {
      ...bridged,
      nameservers: ['192.0.2.9'],
      search: ['.'],
      options: ['ndots:5'],
      offered: ['169.254.1.1'],
    };
    expect(resolvConfFor(request, 'nameserver 192.0.2.1\nsearch x\noptions rotate\n', none)).toEqual({
      nameservers: ['192.0.2.9'],
      search: [],
      options: ['ndots:5'],
    });
  });

  test('of several search lines the last counts; domain is one', () => {
    expect(parseResolvConf('search a\ndomain b\n').search).toEqual(['b']);
  });
});
