import {
  contains,
  formatSubnet,
  isLoopback,
  overlap,
  parseIp,
  parseSubnet,
  sizeOf,
} from '../../lib/netns/ip.ts';

describe('addresses', () => {
  test.each([
    ['10.87.0.1', '10.87.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80:0:0:0:0:0:0:1', 'fe80::1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIp(text)?.text).toBe(canonical);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    'host',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '::1%eth0',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test('loopback', () => {
    expect(['127.0.0.53', '::1', '128.0.0.1', '::2'].map((text) => isLoopback(parseIp(text)!))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('subnets', () => {
  test('are cut to their prefix, above 2^31 too', () => {
    expect(formatSubnet(parseSubnet('192.168.77.9/21')!)).toBe('192.168.72.0/21');
    expect(sizeOf(parseSubnet('10.0.0.0/16')!)).toBe(65_536n);
    expect(contains(parseSubnet('192.168.0.0/16')!, parseIp('192.168.200.1')!)).toBe(true);
    expect(contains(parseSubnet('192.168.0.0/16')!, parseIp('192.169.0.1')!)).toBe(false);
    expect([parseSubnet('10.0.0.0'), parseSubnet('10.0.0.0/33'), parseSubnet('10.0.0/8')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of IPv6 too, which are apart from those of IPv4', () => {
    const subnet = parseSubnet('fd00:0:0:1::9/64')!;
    expect(formatSubnet(subnet)).toBe('fd00:0:0:1::/64');
    expect(contains(subnet, parseIp('fd00:0:0:1:ffff::')!)).toBe(true);
    expect(contains(subnet, parseIp('fd00:0:0:2::')!)).toBe(false);
    expect(overlap(parseSubnet('::/0')!, parseSubnet('0.0.0.0/0')!)).toBe(false);
    expect(overlap(parseSubnet('fd00::/8')!, subnet)).toBe(true);
    expect(parseSubnet('fd00::/129')).toBeUndefined();
  });

  test('overlap whichever is larger', () => {
    const [large, small, other] = ['10.0.0.0/8', '10.87.3.0/24', '11.0.0.0/8'].map(
      (text) => parseSubnet(text)!,
    );
    expect([overlap(large!, small!), overlap(small!, large!), overlap(small!, other!)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
