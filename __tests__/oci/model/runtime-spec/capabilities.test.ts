import {
  ALL_CAPABILITIES,
  capabilitiesOfMask,
  DEFAULT_CAPABILITIES,
  normalizeCapability,
  resolveCapabilities,
} from '../../../../lib/oci/model/runtime-spec/capabilities.ts';

describe('capabilities', () => {
  test('without options: the eleven defaults, for root in all sets that count', () => {
    const { bounding, effective, permitted, inheritable, ambient } = resolveCapabilities();
    expect(bounding).toEqual([...DEFAULT_CAPABILITIES]);
    expect(bounding).toHaveLength(11);
    expect([effective, permitted]).toEqual([bounding, bounding]);
    expect([inheritable, ambient]).toEqual([[], []]);
  });

  test('names come with or without CAP_, in any case', () => {
    expect(['net_admin', 'NET_ADMIN', 'CAP_NET_ADMIN', 'cap_net_admin'].map(normalizeCapability)).toEqual(
      Array(4).fill('CAP_NET_ADMIN'),
    );
    expect(['all', 'CAP_ALL'].map(normalizeCapability)).toEqual(['ALL', 'ALL']);
  });

  test.each([
    [['NET_ADMIN'], [], [...DEFAULT_CAPABILITIES, 'CAP_NET_ADMIN']],
    [[], ['KILL'], DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_KILL')],
    [['CHOWN'], ['ALL'], ['CAP_CHOWN']],
    [['ALL'], ['SYS_ADMIN'], ALL_CAPABILITIES.filter((name) => name !== 'CAP_SYS_ADMIN')],
    [['KILL'], ['KILL'], [...DEFAULT_CAPABILITIES]],
    [[], ['ALL'], []],
  ])('add %j, drop %j', (add, drop, expected) => {
    expect(resolveCapabilities({ add, drop }).bounding.sort()).toEqual([...expected].sort());
  });

  test('an unknown one is named', () => {
    expect(() => resolveCapabilities({ add: ['NET_ADMN'] })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CAPABILITY',
        message: 'use capability NET_ADMN: unknown capability',
      }),
    );
  });

  test('what the host itself lacks is not asked for', () => {
    const bounding = new Set(ALL_CAPABILITIES.filter((name) => name !== 'CAP_SYS_RESOURCE'));
    expect(resolveCapabilities({ privileged: true, bounding }).effective).not.toContain('CAP_SYS_RESOURCE');
    expect(resolveCapabilities({ privileged: true, bounding }).effective).toHaveLength(40);
  });

  // The three as podman 4.3.1 gives them to `--user 1000`.
  test('a user other than root starts without any, but keeps the bounding set', () => {
    const sets = resolveCapabilities({ root: false });
    expect(sets.bounding).toHaveLength(11);
    expect([sets.effective, sets.permitted, sets.inheritable, sets.ambient]).toEqual([[], [], [], []]);
  });

  test('what was added for another user travels in the ambient set', () => {
    const sets = resolveCapabilities({ root: false, add: ['NET_ADMIN'] });
    const one = ['CAP_NET_ADMIN'];
    expect([sets.effective, sets.permitted, sets.inheritable, sets.ambient]).toEqual([one, one, one, one]);
    expect(sets.bounding).toHaveLength(12);
  });

  test('privileged alone gives another user nothing to start with', () => {
    const sets = resolveCapabilities({ root: false, privileged: true });
    expect(sets.effective).toEqual([]);
    expect(sets.bounding).toEqual([...ALL_CAPABILITIES]);
  });

  test('a mask of /proc/PID/status is read by bits', () => {
    expect(capabilitiesOfMask('00000000800405fb')).toEqual(new Set(DEFAULT_CAPABILITIES));
    expect(capabilitiesOfMask('000001ffffffffff')).toEqual(new Set(ALL_CAPABILITIES));
  });
});
