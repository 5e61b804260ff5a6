import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const sets = 'grep ^Cap /proc/self/status | tr -d "\\t"';
const NONE = '0000000000000000';

export const attempt = defineEscape(
  'CVE-2018-10856, CVE-2022-24769: capabilities that nobody gave',
  ['root', 'user'],
  (stage) => {
    test('none is inheritable, and who is not root has none', async () => {
      const { machine } = stage;
      const of = async (...options: string[]) =>
        Object.fromEntries(
          (await stage.run(IMAGE, sets, ...options)).out
            .trim()
            .split('\n')
            .map((line) => line.split(':')),
        );
      const root = await of();
      expect(root).toMatchObject({ CapInh: NONE, CapAmb: NONE });
      expect(root.CapEff).toBe(root.CapBnd);
      expect(await of('--user=app')).toMatchObject({
        CapInh: NONE,
        CapAmb: NONE,
        CapEff: NONE,
        CapPrm: NONE,
      });
      await machine.ok('run', '-d', '--name=c', '--network=none', '--user=app', IMAGE, 'sleep', '100');
      expect(await machine.ok('exec', 'c', 'sh', '-c', sets)).toContain(`CapEff:${NONE}`);
      expect(await machine.ok('exec', '-u', '0', 'c', 'sh', '-c', sets)).toContain(`CapInh:${NONE}`);
    });

    test('no-new-privileges holds behind set-user-id programs', async () => {
      const busybox = '/tmp/su';
      const image = await stage.image([{ name: 'tmp/', type: '5', mode: 0o1777 }]);
      const script = `cp /bin/busybox ${busybox} && chmod 4755 ${busybox} && setpriv --reuid=1000 ${busybox} id -u 2>/dev/null || true; grep NoNewPrivs /proc/self/status`;
      expect((await stage.run(image, script, '--security-opt=no-new-privileges')).out).toContain(
        'NoNewPrivs:\t1',
      );
    });

    test('labels and annotations of an image give nothing', async () => {
      const image = await stage.image([], {
        Labels: {
          'io.podman.annotations.privileged': 'TRUE',
          'io.containers.capabilities': 'SYS_ADMIN',
          'io.containers.seccomp.profile': '{"defaultAction":"SCMP_ACT_ALLOW"}',
          'run.oci.keep_original_groups': '1',
          'run.oci.hooks.stdout': stage.secret,
          'io.podman.annotations.label': 'disable',
        },
      });
      const look = `${sets}; grep -E "^(Seccomp|Groups)" /proc/self/status`;
      expect((await stage.run(image, look)).out).toBe((await stage.run(IMAGE, look)).out);
      expect((await stage.run(image, look)).out).toContain('Seccomp:\t2');
    });
  },
);
