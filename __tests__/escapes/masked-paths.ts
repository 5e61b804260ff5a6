import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const MASKED = ['kcore', 'keys', 'latency_stats', 'timer_list', 'sched_debug', 'interrupts', 'acpi', 'scsi'];

export const attempt = defineEscape(
  'Masked paths: what /proc and /sys say of the host, and ways around the mask',
  ['root', 'user'],
  (stage) => {
    const say = `for f in ${MASKED.map((name) => `P/${name}`).join(' ')} /sys/firmware /sys/dev/block; do if [ -d $f ]; then ls $f; else cat $f; fi; done 2>/dev/null | wc -c`;

    test('they are empty, and stay so when the mask is taken off', async () => {
      const script = `${say}; for f in ${MASKED.join(' ')}; do umount /proc/$f 2>/dev/null && echo off; done; true`;
      expect(await stage.run(IMAGE, script.replaceAll('P/', '/proc/'))).toMatchObject({
        code: 0,
        out: '0\n',
      });
    });

    test('a new /proc in a user namespace of its own does not show them either (mount_namespaces(7))', async () => {
      const script = `mkdir /p; unshare -U -r -m -p -f sh -c 'mount -t proc proc /p && cat /p/keys /p/interrupts | wc -c; umount /proc/keys && echo off' 2>/dev/null; true`;
      expect(await stage.run(IMAGE, script)).toMatchObject({ code: 0, out: '' });
    });
  },
);
