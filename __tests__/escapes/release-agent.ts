import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2022-0492: cgroup v1's release_agent, a program that the host runs",
  ['root', 'user'],
  (stage) => {
    test('a container changes no cgroup, its own neither', async () => {
      const script =
        'for f in $(find /sys/fs/cgroup -name release_agent -o -name cgroup.procs -o -name notify_on_release); do ' +
        '(echo 1 > $f) 2>/dev/null && echo wrote $f; done; mkdir /sys/fs/cgroup/memory/x /sys/fs/cgroup/x 2>/dev/null && echo made; true';
      expect(await stage.run(IMAGE, script)).toMatchObject({ code: 0, out: '' });
    });

    test('nor in a user namespace of its own, where it may mount', async () => {
      const script =
        'mkdir /m; for t in memory rdma blkio; do unshare -U -r -m -C sh -c "mount -t cgroup -o $t cgroup /m && ' +
        `echo ${stage.host}/x > /m/release_agent && cat /m/release_agent" 2>/dev/null; done; true`;
      expect(await stage.run(IMAGE, script)).toMatchObject({ code: 0, out: '' });
    });
  },
);
