import { encodeLimits, tryIsFree } from '../../../lib/core/sys/quota.ts';

test('limits as the kernel reads them: blocks of 1,024, rounded up', () => {
  const record = encodeLimits({ bytes: 10_000, inodes: 7 });
  expect(record.length).toBe(72);
  expect(record.readBigUInt64LE(0)).toBe(10n); // dqb_bhardlimit
  expect(record.readBigUInt64LE(24)).toBe(7n); // dqb_ihardlimit
  expect(record.readUInt32LE(64)).toBe(5); // dqb_valid: QIF_BLIMITS | QIF_ILIMITS
  expect(encodeLimits({}).readBigUInt64LE(0)).toBe(0n);
});

test('where there are no quotas, the kernel says so', () => {
  // ESRCH: off; EOPNOTSUPP, ENOSYS: none; EPERM: not for users.
  expect([-3, -95, -38, -1]).toContain(tryIsFree('/proc', 5));
});
