import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2016-9962, CVE-2024-21626: descriptors of the host in a process of the container',
  ['root', 'user'],
  (stage) => {
    test('a process has its three streams and nothing else', async () => {
      const list =
        'ls -l /proc/self/fd | grep -c " -> "; ls -l /proc/1/fd | grep -v pipe: | grep -c " -> /[^dp]"';
      const { out } = await stage.run(IMAGE, list);
      expect(out).toBe('3\n0\n');
      await stage.machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '100');
      expect(await stage.machine.proa('exec', 'c', 'sh', '-c', list)).toMatchObject({ out: '3\n0\n' });
    });

    test('who may trace processes finds no folder of the host in one that is about to join', async () => {
      const watch =
        'while :; do for d in /proc/[0-9]*; do [ -e $d/root/bin/busybox ] || echo "root $d"; ls -l $d/fd $d/cwd; done; done 2>/dev/null | grep -e "-> /" -e root';
      const { machine } = stage;
      await machine.ok(
        ...['run', '-d', '--name=c', '--network=none', '--cap-add=SYS_PTRACE', IMAGE, 'sh', '-c', watch],
      );
      for (let i = 0; i < 4; i++) await machine.ok('exec', 'c', 'true');
      const { out } = await machine.proa('logs', 'c');
      // crun reads the container's filter in there: a file of its own, and no way to others.
      const ofHost = out.split('\n').filter((line) => line.includes(machine.folder));
      expect(ofHost.filter((line) => !/\/crun\/\w+\/seccomp\.bpf$/.test(line))).toEqual([]);
      expect(out).not.toMatch(/-> \/(var\/lib|run\/proa|sys\/fs\/cgroup|usr)/);
    });
  },
);
