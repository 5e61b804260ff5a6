import { readlinkSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const KINDS = ['mnt', 'pid', 'ipc', 'uts', 'cgroup', 'net'];

export const attempt = defineEscape(
  'Namespaces of the host: by setns, /proc/PID/root, ptrace and signals',
  ['root', 'user'],
  (stage) => {
    test('a container has its own, and cannot enter others', async () => {
      const script = `for n in ${KINDS.join(' ')}; do readlink /proc/self/ns/$n; done; nsenter -t 1 -m echo entered`;
      const links = (await stage.run(IMAGE, script)).out.trim().split('\n');
      expect(links).toHaveLength(KINDS.length);
      expect(links.filter((link, i) => link === readlinkSync(`/proc/self/ns/${KINDS[i]}`))).toEqual([]);
    });

    test("with the host's processes in sight, their files stay closed", async () => {
      const here = `/proc/${process.pid}`;
      const script = `cat /proc/1/environ ${here}/environ ${here}/root${stage.secret}; ls /proc/1/root/; nsenter -t 1 -m cat ${stage.secret}; kill -0 ${process.pid} && echo signalled`;
      const { out } = await stage.run(IMAGE, `(${script}) 2>/dev/null; true`, '--pid=host', '--user=1000');
      expect(out).toBe('');
    });
  },
);
