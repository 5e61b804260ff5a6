import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const SETTINGS = [
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/modprobe',
  '/proc/sys/kernel/hotplug',
  '/proc/sys/kernel/panic',
  '/proc/sys/fs/binfmt_misc/register',
  '/proc/sys/vm/panic_on_oom',
  '/proc/sysrq-trigger',
  '/proc/irq/default_smp_affinity',
  '/sys/kernel/uevent_helper',
  '/sys/power/state',
  '/sys/module/kernel/parameters/panic',
  '/sys/kernel/mm/transparent_hugepage/enabled',
];

export const attempt = defineEscape(
  'Settings of the whole machine: core_pattern, modprobe, sysrq, uevent_helper',
  ['root', 'user'],
  (stage) => {
    test('are read-only, or not there, and cannot be made writable', async () => {
      const script =
        `for f in ${SETTINGS.join(' ')}; do (echo "|${stage.host}/x" > $f) 2>/dev/null && echo wrote $f; done; ` +
        'for m in /proc/sys /proc/irq /sys /proc; do mount -o remount,rw,bind $m 2>/dev/null && echo remounted $m; umount $m 2>/dev/null && echo unmounted $m; done; true';
      expect(await stage.run(IMAGE, script)).toMatchObject({ code: 0, out: '' });
      expect(await stage.run(IMAGE, script, '--userns=host')).toMatchObject({ code: 0, out: '' });
    });

    test('are no sysctls of a container', async () => {
      for (const name of [
        'kernel.core_pattern=x',
        'kernel/modprobe=x',
        'vm.panic_on_oom=1',
        'net/../kernel/panic=1',
      ])
        expect(await stage.run(IMAGE, 'true', `--sysctl=${name}`)).toMatchObject({ code: 125 });
    });
  },
);
