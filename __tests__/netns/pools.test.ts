import { formatSubnet, parseIp, parseSubnet } from '../../lib/netns/ip.ts';
import { chooseSubnet, DEFAULT_POOL, userPool, V6_POOL } from '../../lib/netns/pools.ts';

const subnets = (...texts: string[]) => texts.map((text) => parseSubnet(text)!);
const addresses = (...texts: string[]) => texts.map((text) => parseIp(text)!);

describe('the choice of a subnet', () => {
  test('is the first one when nothing is in its way', () => {
    expect(formatSubnet(chooseSubnet(DEFAULT_POOL, [], []))).toBe('10.87.0.0/16');
  });

  test("keeps clear of the host's routes, whether inside them or around them, and of its name servers", () => {
    expect(formatSubnet(chooseSubnet(DEFAULT_POOL, subnets('10.87.3.0/24'), []))).toBe('10.86.0.0/16');
    expect(formatSubnet(chooseSubnet(DEFAULT_POOL, subnets('10.80.0.0/12'), []))).toBe('10.79.0.0/16');
    expect(formatSubnet(chooseSubnet(DEFAULT_POOL, subnets('10.0.0.0/8'), []))).toBe('172.16.252.0/22');
    expect(formatSubnet(chooseSubnet(DEFAULT_POOL, [], addresses('10.87.255.53')))).toBe('10.86.0.0/16');
  });

  test('for the networks that people make is a small one, and a new one each time for IPv6', () => {
    expect(formatSubnet(chooseSubnet(userPool(), subnets('10.63.0.0/24'), []))).toBe('10.63.1.0/24');
    // Of another store, elsewhere.
    expect(formatSubnet(chooseSubnet(userPool('/tmp/root'), [], []))).toMatch(/^10\.\d+\.\d+\.0\/24$/);
    expect(formatSubnet(chooseSubnet(userPool('/tmp/root'), [], []))).not.toBe('10.63.0.0/24');
    const [one, other] = [chooseSubnet(V6_POOL, [], []), chooseSubnet(V6_POOL, [], [])];
    expect(formatSubnet(one)).toMatch(/^fd[0-9a-f:]+::\/64$/);
    expect(formatSubnet(one)).not.toBe(formatSubnet(other));
  });

  test('fails when everything is taken', () => {
    expect(() =>
      chooseSubnet(DEFAULT_POOL, subnets('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'), []),
    ).toThrow(expect.objectContaining({ code: 'NO_FREE_SUBNET' }));
  });
});
