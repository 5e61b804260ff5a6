/** What a person with a restart policy is told of the next boot. */
import { type BootHost, bootAdvice } from '../../../lib/engine/container/boot-advice.ts';

const READY: BootHost = { systemd: true, installed: true, enabled: true, lingers: true, usual: true };

test.each([
  ['root, all set', READY, undefined],
  ['a user, all set', { ...READY, user: 'app' }, undefined],
  [
    'no systemd',
    { ...READY, systemd: false },
    /systemd does not run.*proa start --all --filter should-start-on-boot=true/,
  ],
  ['another --root', { ...READY, usual: false }, /default --root only/],
  [
    'root, not enabled',
    { ...READY, enabled: false },
    /not enabled.*: sudo systemctl enable proa-restart.service$/,
  ],
  [
    'not installed',
    { ...READY, enabled: false, installed: false },
    /scripts\/install .*; sudo systemctl enable/,
  ],
  [
    'a user who does not linger',
    { ...READY, user: 'app', lingers: false },
    /: sudo loginctl enable-linger app$/,
  ],
  [
    'a user with nothing',
    { ...READY, user: 'app', lingers: false, enabled: false },
    /enable-linger app; systemctl --user enable proa-restart.service$/,
  ],
])('%s', (_, host: BootHost, advice) => {
  if (advice === undefined) expect(bootAdvice(host)).toBeUndefined();
  else expect(bootAdvice(host)).toMatch(advice);
});
