import { formatSubnet, parseIp, parseSubnet, toNumber } from '../../lib/netns/ip.ts';
import { chooseSubnet } from '../../lib/netns/networks.ts';

const subnets = (...texts: string[]) => texts.map((text) => parseSubnet(text)!);
const numbers = (...texts: string[]) => texts.map((text) => toNumber(parseIp(text)!.bytes));

describe('the choice of a subnet', () => {
  test('is the first one when nothing is in its way', () => {
    expect(formatSubnet(chooseSubnet([], []))).toBe('10.87.0.0/16');
  });

  test("keeps clear of the host's routes, whether inside them or around them, and of its name servers", () => {
    expect(formatSubnet(chooseSubnet(subnets('10.87.3.0/24'), []))).toBe('10.86.0.0/16');
    expect(formatSubnet(chooseSubnet(subnets('10.80.0.0/12'), []))).toBe('10.79.0.0/16');
    expect(formatSubnet(chooseSubnet(subnets('10.0.0.0/8'), []))).toBe('172.16.252.0/22');
    expect(formatSubnet(chooseSubnet([], numbers('10.87.255.53')))).toBe('10.86.0.0/16');
  });

  test('fails when everything is taken', () => {
    expect(() => chooseSubnet(subnets('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'), [])).toThrow(
      expect.objectContaining({ code: 'NO_FREE_SUBNET' }),
    );
  });
});
