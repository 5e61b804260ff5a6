import { parseTraffic, readTraffic } from '../../lib/netns/traffic.ts';

const TEXT = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     840      10    0    0    0     0          0         0      840      10    0    0    0     0       0          0
  eth0:    1306      17    0    0    0     0          0         0      218       3    0    0    0     0       0          0
eth1:4000000000       1    0    0    0     0          0         0       82       1    0    0    0     0       0          0
`;

test('the sum over all interfaces but the loopback', () => {
  expect(parseTraffic(TEXT)).toEqual({ received: 4_000_001_306, sent: 300 });
});

test('a process in this network has no traffic of its own, nor has one that is gone', () => {
  expect(readTraffic(process.pid)).toBeUndefined();
  expect(readTraffic(2 ** 22 + 1)).toBeUndefined();
});
