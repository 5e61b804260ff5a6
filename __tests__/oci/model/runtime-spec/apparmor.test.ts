import { spawnSync } from 'node:child_process';
import { DEFAULT_PROFILE, defaultProfile } from '../../../../lib/oci/model/runtime-spec/apparmor.ts';

const parser = Bun.which('apparmor_parser') ?? '/sbin/apparmor_parser';

test('the default profile names itself wherever it speaks of its own processes', () => {
  const text = defaultProfile('mine');
  expect(text).toContain('profile mine flags=(attach_disconnected,mediate_deleted) {');
  expect(text.match(/peer=mine,/g)).toHaveLength(2);
  expect(text).not.toContain(DEFAULT_PROFILE);
  for (const rule of ['deny mount,', 'deny @{PROC}/kcore rwklx,', 'deny /sys/kernel/security/** rwklx,'])
    expect(text).toContain(rule);
});

const isThere = spawnSync(parser, ['--version']).status === 0;
(isThere ? test : test.skip)(
  `apparmor_parser takes it${isThere ? '' : ' (skipped: it is not installed)'}`,
  () => {
    const { status, stderr } = spawnSync(parser, ['--skip-kernel-load', '--skip-cache', '--debug'], {
      input: defaultProfile(),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
  },
);
