import { readFileSync } from 'node:fs';
import {
  type HostLimits,
  parseProcLimits,
  parseUlimit,
  resolveRlimits,
} from '../../../../lib/oci/model/runtime-spec/rlimits.ts';

describe('--ulimit', () => {
  test.each([
    ['nofile=1024:2048', { type: 'RLIMIT_NOFILE', soft: 1024, hard: 2048 }],
    ['nofile=1024', { type: 'RLIMIT_NOFILE', soft: 1024, hard: 1024 }],
    ['core=-1', { type: 'RLIMIT_CORE', soft: -1, hard: -1 }],
    ['core=0:unlimited', { type: 'RLIMIT_CORE', soft: 0, hard: -1 }],
    ['RLIMIT_NPROC=5', { type: 'RLIMIT_NPROC', soft: 5, hard: 5 }],
  ])('%s', (value, expected) => {
    expect(parseUlimit(value)).toEqual(expected);
  });

  test.each([
    'nofile',
    'files=1',
    'nofile=',
    'nofile=x',
    'nofile=5:1',
    'nofile=-1:5',
    'nofile=1:2:3',
    'nofile=1.5',
    '=1',
  ])('%s is refused', (value) => {
    expect(() => parseUlimit(value)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ULIMIT',
        message: expect.stringContaining(`set ulimit ${value}:`),
      }),
    );
  });

  test('this process’s limits are read', () => {
    const limits = parseProcLimits(readFileSync('/proc/self/limits', 'utf8'));
    expect(limits.size).toBe(16);
    expect(limits.get('RLIMIT_NOFILE')!.hard).toBeGreaterThan(0);
  });

  const host: HostLimits = new Map([
    ['RLIMIT_NOFILE', { soft: 1024, hard: 4096 }],
    ['RLIMIT_NPROC', { soft: -1, hard: -1 }],
    ['RLIMIT_CORE', { soft: 0, hard: -1 }],
  ]);

  test('who may raise gets Podman’s defaults and what was asked for', () => {
    const ulimits = [parseUlimit('nofile=9:9999')];
    expect(resolveRlimits({ ulimits, host, mayRaise: true })).toEqual([
      { type: 'RLIMIT_NOFILE', soft: 9, hard: 9999 },
      { type: 'RLIMIT_NPROC', soft: 1048576, hard: 1048576 },
    ]);
  });

  test('others are cut to the hard limit, and defaults keep the soft one', () => {
    expect(resolveRlimits({ ulimits: [parseUlimit('core=-1')], host, mayRaise: false })).toEqual([
      { type: 'RLIMIT_CORE', soft: -1, hard: -1 },
      { type: 'RLIMIT_NOFILE', soft: 1024, hard: 4096 },
      { type: 'RLIMIT_NPROC', soft: 1048576, hard: 1048576 },
    ]);
    expect(resolveRlimits({ ulimits: [parseUlimit('nofile=-1')], host, mayRaise: false })[0]).toEqual({
      type: 'RLIMIT_NOFILE',
      soft: 4096,
      hard: 4096,
    });
  });
});
