import { parseSlirpOptions } from '../../lib/netns/slirp.ts';

test('options of slirp4netns', () => {
  expect(parseSlirpOptions([])).toEqual({
    allowHostLoopback: false,
    mtu: 65_520,
    subnet: '10.0.2.0/24',
    ipv6: false,
  });
  const texts = [
    'allow_host_loopback=true',
    'mtu=1400',
    'cidr=10.9.8.7/24',
    'enable_ipv6=true',
    'outbound_addr=eth0',
  ];
  expect(parseSlirpOptions(texts)).toEqual({
    allowHostLoopback: true,
    mtu: 1400,
    subnet: '10.9.8.0/24',
    ipv6: true,
    outboundAddress: 'eth0',
  });
  for (const bad of [
    'mtu',
    'mtu=',
    'mtu=99999',
    'cidr=10.0.0.0/26',
    'enable_ipv6=1',
    'port_handler=rootlesskit',
    'x=1',
  ])
    expect(() => parseSlirpOptions([bad])).toThrow(`use network slirp4netns with ${bad}: `);
});
