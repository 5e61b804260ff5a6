import { makeResources } from '../../../../lib/oci/model/runtime-spec/resources.ts';

describe('cgroup limits', () => {
  const v1 = { cgroup: 'v1', swap: true } as const;
  const v2 = { cgroup: 'v2', swap: false } as const;

  test('2048 processes unless told otherwise', () => {
    expect(makeResources({}, v1)).toEqual({ pids: { limit: 2048 } });
    expect(makeResources({ pidsLimit: 5 }, v1)).toEqual({ pids: { limit: 5 } });
    expect(makeResources({ pidsLimit: -1 }, v1)).toEqual({});
    expect(makeResources({ pidsLimit: 0 }, v1)).toEqual({});
  });

  test('memory brings as much swap, where swap is accounted for', () => {
    const memory = 64 * 1024 * 1024;
    expect(makeResources({ memory }, v1).memory).toEqual({ limit: memory, swap: memory * 2 });
    expect(makeResources({ memory }, v2).memory).toEqual({ limit: memory });
    expect(makeResources({ memory, memorySwap: -1 }, v1).memory).toEqual({ limit: memory, swap: -1 });
    expect(makeResources({ memory, memorySwap: memory }, v1).memory).toEqual({ limit: memory, swap: memory });
  });

  test('what only v1 has is left out on v2', () => {
    const options = { memorySwappiness: 10, oomKillDisable: true, pidsLimit: 0 };
    expect(makeResources(options, v1).memory).toEqual({ swappiness: 10, disableOOMKiller: true });
    expect(makeResources(options, v2)).toEqual({});
  });

  test('CPUs become a quota of 100 ms periods', () => {
    expect(makeResources({ cpus: 1.5 }, v1).cpu).toEqual({ quota: 150_000, period: 100_000 });
    expect(makeResources({ cpus: 0.001 }, v1).cpu).toEqual({ quota: 1000, period: 100_000 });
    expect(makeResources({ cpuShares: 512, cpusetCpus: '0-1' }, v1).cpu).toEqual({
      shares: 512,
      cpus: '0-1',
    });
  });

  test.each([
    [{ memory: 1024 }, 'limit memory: the minimum is 6m'],
    [{ memorySwap: 1e9 }, 'limit memory and swap: --memory-swap needs --memory'],
    [{ memory: 1e9, memorySwap: 1e8 }, 'limit memory and swap: --memory-swap is below --memory'],
    [{ memory: 1e8, memoryReservation: 1e9 }, 'limit memory: --memory-reservation is above --memory'],
    [{ cpus: 0 }, 'limit cpus: 0 is not above 0'],
    [{ cpus: 1, cpuQuota: 5 }, 'limit cpus: --cpus cannot be combined with --cpu-quota or --cpu-period'],
  ])('%j is refused', (options, message) => {
    expect(() => makeResources(options, v1)).toThrow(
      expect.objectContaining({ code: 'INVALID_LIMIT', message }),
    );
  });

  test('limits on devices get their numbers, and --cgroup-conf is written as it stands', () => {
    const host = { ...v1, deviceNumber: () => ({ major: 8, minor: 16 }) };
    const options = {
      pidsLimit: 0,
      blkioWeightDevice: [{ path: '/dev/b', value: 300 }],
      deviceReadBps: [{ path: '/dev/b', value: 5 }],
      cgroupConf: { 'memory.high': '1' },
    };
    expect(makeResources(options, host)).toEqual({
      blockIO: {
        weightDevice: [{ major: 8, minor: 16, weight: 300 }],
        throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 5 }],
      },
      unified: { 'memory.high': '1' },
    });
  });

  test.each([
    [{ cpuShares: 1 }, 'limit cpu shares: the minimum is 2'],
    [{ cpuPeriod: 10 }, 'limit cpu period: 10 is not between 1000 and 1000000 (microseconds)'],
    [{ cpuQuota: 10 }, 'limit cpu quota: 10 is less than 1000 (microseconds)'],
    [{ blkioWeight: 9 }, 'limit block IO weight: 9 is not between 10 and 1000'],
    [{ memorySwappiness: 101 }, 'limit memory swappiness: 101 is not between 0 and 100'],
    [{ cpusetCpus: '0-' }, 'limit cpuset: 0- is not a list such as 0-2,4'],
    [{ memoryReservation: 5 }, 'limit memory reservation: the minimum is 6m'],
  ])('%j', (options, message) => {
    expect(() => makeResources(options, v1)).toThrow(message);
  });
});
