import { existsSync } from 'node:fs';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'Hooks and settings in an image: nothing of it runs on the host',
  ['root'],
  (stage) => {
    test('programs, hooks and configuration of an image are only files', async () => {
      const mark = `${stage.host}/ran`;
      const script = `#!/bin/sh\ntouch ${mark} /ran; exec /bin/busybox sleep 1\n`;
      const hook = JSON.stringify({
        version: '1.0.0',
        hook: { path: '/bin/sh', args: ['sh', '-c', `touch ${mark}`] },
        when: { always: true },
        stages: ['createRuntime', 'prestart', 'poststop'],
      });
      const programs = ['crun', 'runc', 'conmon', 'nft', 'pasta', 'ps', 'tar', 'cp', 'nsenter', 'catatonit'];
      const image = await stage.image(
        [
          ...programs.map((name) => ({ name: `usr/bin/${name}`, mode: 0o755, content: script })),
          { name: 'usr/share/containers/oci/hooks.d/hook.json', content: hook },
          { name: 'etc/containers/oci/hooks.d/hook.json', content: hook },
          { name: 'etc/containers/containers.conf', content: '[engine]\nruntime="/usr/bin/crun"\n' },
          { name: 'etc/ld.so.preload', content: '/usr/lib/evil.so\n' },
          { name: 'etc/nsswitch.conf', content: 'passwd: evil\n' },
        ],
        { Env: ['PATH=/usr/bin:/bin', 'LD_PRELOAD=/evil.so', 'LD_LIBRARY_PATH=/', 'PROA_ROOT=/'] },
      );
      const { machine } = stage;
      await machine.ok(
        'run',
        '-d',
        '--name=c',
        '--network=none',
        '--init',
        image,
        '/bin/busybox',
        'sleep',
        '100',
      );
      // CVE-2022-1227: top ran the container's ps; CVE-2019-14271: cp loaded its libraries.
      for (const words of [
        ['top', 'c'],
        ['top', 'c', 'pid', 'user'],
        ['top', 'c', '-ef'],
        ['stats', '--no-stream', 'c'],
      ])
        await machine.ok(...words);
      await machine.ok('cp', 'c:/etc/nsswitch.conf', `${machine.home}/copied`);
      await machine.ok('cp', `${machine.home}/copied`, 'c:/etc/other');
      await machine.proa('commit', 'c', 'committed');
      await machine.ok('rm', '-f', '-t', '0', 'c');
      expect(existsSync(mark)).toBe(false);
      expect(existsSync('/ran')).toBe(false);
    });
  },
);
