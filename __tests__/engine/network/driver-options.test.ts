import { readDriverOptions } from '../../../lib/engine/network/driver-options.ts';

const read = (options: Record<string, string>, driver: 'bridge' | 'macvlan' | 'ipvlan' = 'bridge') =>
  readDriverOptions(driver, { name: 'net', options });

test('Docker’s and Podman’s words mean the same', () => {
  expect(read({ mtu: '1400' })).toEqual(read({ 'com.docker.network.driver.mtu': '1400' }));
  expect(read({ mode: 'vepa', parent: 'eth0' }, 'macvlan')).toEqual({
    parent: 'eth0',
    flags: { linkMode: 'vepa' },
  });
  expect(
    read({
      isolate: 'false',
      vlan: '7',
      no_default_route: 'true',
      'com.docker.network.bridge.name': 'br7',
      'com.docker.network.bridge.enable_icc': 'false',
      'com.docker.network.bridge.enable_ip_masquerade': '0',
      'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1',
    }),
  ).toEqual({
    bridgeName: 'br7',
    flags: {
      isolation: 'open',
      vlan: 7,
      noDefaultRoute: true,
      icc: false,
      masquerade: false,
      hostBinding: '127.0.0.1',
    },
  });
  // What is so anyway leaves no trace.
  expect(read({ isolate: 'strict', 'com.docker.network.bridge.enable_icc': 'true' })).toEqual({ flags: {} });
});

test.each([
  [{ nonsense: '1' }, 'bridge', 'there is no such option'],
  [{ mtu: '12' }, 'bridge', 'a number of bytes from 68 on is wanted'],
  [{ vlan: '5000' }, 'bridge', 'a number up to 4094 is wanted'],
  [{ isolate: 'maybe' }, 'bridge', 'true, false or strict is wanted'],
  [{ mode: 'l2' }, 'bridge', 'it is for macvlan and ipvlan'],
  [{ mode: 'l2' }, 'macvlan', 'modes are private, vepa, bridge, passthru'],
  [{ vlan: '5' }, 'ipvlan', 'ipvlan has no such option'],
] as const)('%j of %s is refused', (options, driver, why) => {
  expect(() => read(options, driver)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`: ${why}`) }),
  );
});
