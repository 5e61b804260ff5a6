import { chooseSubnets } from '../../../lib/engine/network/subnets.ts';
import { parseSubnet } from '../../../lib/netns/ip.ts';
import type { HostView } from '../../../lib/netns/pools.ts';
import type { NetworkRecord } from '../../../lib/storage/networks.ts';

const other = { name: 'other', subnets: [{ subnet: '10.63.0.0/24' }] } as NetworkRecord;
const route = { ...parseSubnet('192.0.2.0/24')!, interface: 'eth0' };
const host: HostView = {
  routes: [route],
  taken: [route],
  servers: [],
  interfaces: [],
  mtu: 1500,
  uplink: 'eth0',
};

const choose = (
  asked: Partial<Parameters<typeof chooseSubnets>[1]>,
  driver: NetworkRecord['driver'] = 'bridge',
) =>
  chooseSubnets(
    driver,
    {
      ...{ name: 'net', subnets: [], gateways: [], ranges: [], reserved: {}, ipv4: true, ipv6: false },
      ...asked,
    },
    [other],
    host,
  );

test('a free one, with its first address as gateway; IPv6 only when it is asked for', () => {
  expect(choose({})).toEqual([{ subnet: '10.63.1.0/24', gateway: '10.63.1.1' }]);
  const [v4, v6] = choose({ ipv6: true });
  expect(v4!.subnet).toBe('10.63.1.0/24');
  expect(v6).toEqual({
    subnet: expect.stringMatching(/^fd.*::\/64$/),
    gateway: expect.stringMatching(/^fd.*::1$/),
  });
});

test('what is asked for goes to the subnet that it is in', () => {
  expect(
    choose({
      subnets: ['10.1.0.0/24', 'fd00:1::/64', '10.2.0.0/24'],
      gateways: ['10.2.0.9', 'fd00:1::9'],
      ranges: ['10.1.0.128/25'],
      reserved: { printer: '10.2.0.7' },
    }),
  ).toEqual([
    { subnet: '10.1.0.0/24', gateway: '10.1.0.1', range: '10.1.0.128/25' },
    { subnet: 'fd00:1::/64', gateway: 'fd00:1::9' },
    { subnet: '10.2.0.0/24', gateway: '10.2.0.9', reserved: { printer: '10.2.0.7' } },
  ]);
  // The network of the wire itself, which macvlan is for.
  expect(choose({ subnets: ['192.0.2.0/24'] }, 'macvlan')).toEqual([
    { subnet: '192.0.2.0/24', gateway: '192.0.2.1' },
  ]);
});

test.each([
  [{ subnets: ['10.63.0.128/25'] }, 'SUBNET_IN_USE', '10.63.0.128/25 overlaps 10.63.0.0/24 of network other'],
  [{ subnets: ['192.0.0.0/16'] }, 'SUBNET_IN_USE', '192.0.0.0/16 overlaps 192.0.2.0/24, the route by eth0'],
  [
    { subnets: ['10.1.0.0/24', '10.1.0.0/16'] },
    'INVALID_SUBNET',
    'its subnets 10.1.0.0/24 and 10.1.0.0/16 overlap',
  ],
  [{ subnets: ['10.1.0/24'] }, 'INVALID_SUBNET', '10.1.0/24 is no subnet (as in 10.1.2.0/24 or fd00:1::/64)'],
  [{ gateways: ['10.9.0.1'] }, 'INVALID_SUBNET', 'gateway 10.9.0.1 is in none of its subnets'],
  [
    { subnets: ['10.1.0.0/24'], gateways: ['10.1.0.255'] },
    'INVALID_SUBNET',
    "gateway 10.1.0.255 is no host's address in 10.1.0.0/24",
  ],
  [
    { subnets: ['10.1.0.0/24'], ranges: ['10.1.0.0/16'] },
    'INVALID_SUBNET',
    'range 10.1.0.0/16 is in none of its subnets',
  ],
  [{ reserved: { x: '10.9.0.1' } }, 'INVALID_SUBNET', 'address x=10.9.0.1 is in none of its subnets'],
] as const)('%j: %s', (asked, code, why) => {
  expect(() => choose(asked as Parameters<typeof choose>[0])).toThrow(
    expect.objectContaining({ code, message: `create network net: ${why}` }),
  );
});
