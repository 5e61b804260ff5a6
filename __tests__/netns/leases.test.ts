import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../lib/core/sys/directory.ts';
import { listLeases, releaseLease, takeAddress, takeLease } from '../../lib/netns/leases.ts';
import type { Network } from '../../lib/netns/networks.ts';

const network = (subnet: string, gateway: string, more: object = {}): Network => ({
  version: 1,
  name: 'bridge',
  id: 'x',
  driver: 'bridge',
  interface: 'proatest',
  subnets: [{ subnet, gateway, ...more }],
  mtu: 1500,
});
const small = network('10.9.0.0/29', '10.9.0.1');
const alive = (): boolean => true;

let runRoot: string;
beforeEach(() => {
  runRoot = mkdtempSync(join(tmpdir(), 'proa-leases-'));
  mkdirSync(join(runRoot, 'networks/bridge'), { recursive: true });
});
afterEach(() => removeTree(runRoot));

const take = (id: string, isAlive: (id: string) => boolean = alive): string =>
  takeLease(runRoot, small, 0, id, isAlive).text;

describe('address leases', () => {
  test("are neither the subnet's number, nor the gateway, nor the broadcast address, nor anyone else's", () => {
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => take(id))).toEqual([
      '10.9.0.2',
      '10.9.0.3',
      '10.9.0.4',
      '10.9.0.5',
      '10.9.0.6',
    ]);
    expect(() => take('f')).toThrow(expect.objectContaining({ code: 'NO_FREE_ADDRESS' }));
    expect(listLeases(runRoot, small).get('10.9.0.4')).toBe('c');
  });

  test('an address rests before it is used again', () => {
    const first = take('a');
    releaseLease(runRoot, small, 'a', first);
    expect([take('b'), take('c'), take('d'), take('e'), take('f')]).toEqual([
      '10.9.0.3',
      '10.9.0.4',
      '10.9.0.5',
      '10.9.0.6',
      '10.9.0.2',
    ]);
  });

  test('only when none is free does one of a dead container change hands', () => {
    for (const id of ['a', 'b', 'c', 'd']) take(id);
    const dead = (id: string): boolean => id !== 'b';
    expect(take('e', dead)).toBe('10.9.0.6');
    expect(take('f', dead)).toBe('10.9.0.3');
    expect(() => take('g', alive)).toThrow(/all of 10\.9\.0\.0\/29 are in use/);
  });

  test('giving back what another has by now changes nothing; twice is fine', () => {
    const ip = take('a');
    releaseLease(runRoot, small, 'b', ip);
    expect(listLeases(runRoot, small).get(ip)).toBe('a');
    releaseLease(runRoot, small, 'a', ip);
    releaseLease(runRoot, small, 'a', ip);
    expect(readdirSync(join(runRoot, 'networks/bridge/leases'))).toEqual([]);
  });

  test('after a reboot nothing is there to give back', () => {
    removeTree(join(runRoot, 'networks'));
    releaseLease(runRoot, small, 'a', '10.9.0.2');
    expect(listLeases(runRoot, small).size).toBe(0);
  });

  test('a certain address is free, or its holder is named', () => {
    const ask = (id: string, address: string, isAlive = alive): string =>
      takeAddress(runRoot, small, id, address, { isAlive, describe: (holder) => `<${holder}>` }).text;
    expect(ask('a', '10.9.0.4')).toBe('10.9.0.4');
    expect(() => ask('b', '10.9.0.4')).toThrow('use address 10.9.0.4: <a> has it');
    expect(ask('b', '10.9.0.4', () => false)).toBe('10.9.0.4');
    expect(listLeases(runRoot, small).get('10.9.0.4')).toBe('b');
    expect(() => ask('b', '10.9.0.1')).toThrow('it is the gateway');
    for (const outside of ['10.9.0.0', '10.9.0.7', '10.9.0.8', '10.8.255.255', 'fd00::1']) {
      expect(() => ask('b', outside)).toThrow("no host's address in 10.9.0.0/29");
    }
    // Those that are given by turns leave it out.
    expect([take('c'), take('d'), take('e')]).toEqual(['10.9.0.2', '10.9.0.3', '10.9.0.5']);
  });

  test('of a range, in turn, without what belongs to other machines', () => {
    const part = network('10.9.0.0/24', '10.9.0.1', {
      range: '10.9.0.8/30',
      reserved: { printer: '10.9.0.9' },
    });
    const next = (id: string): string => takeLease(runRoot, part, 0, id, alive).text;
    expect([next('a'), next('b'), next('c')]).toEqual(['10.9.0.8', '10.9.0.10', '10.9.0.11']);
    expect(() => next('d')).toThrow('all of 10.9.0.8/30 are in use');
    // One that was asked for need not be of the range.
    expect(takeAddress(runRoot, part, 'd', '10.9.0.77', { isAlive: alive }).text).toBe('10.9.0.77');
  });

  test('of IPv6', () => {
    const both: Network = {
      ...small,
      subnets: [...small.subnets, { subnet: 'fd00:9::/64', gateway: 'fd00:9::1' }],
    };
    expect([0, 1, 1].map((index) => takeLease(runRoot, both, index, 'a', alive).text)).toEqual([
      '10.9.0.2',
      'fd00:9::2',
      'fd00:9::3',
    ]);
    expect(takeAddress(runRoot, both, 'b', 'fd00:9::ffff', { isAlive: alive }).text).toBe('fd00:9::ffff');
    releaseLease(runRoot, both, 'a', 'fd00:9::2');
    expect([...listLeases(runRoot, both).keys()].sort()).toEqual(['10.9.0.2', 'fd00:9::3', 'fd00:9::ffff']);
  });
});
