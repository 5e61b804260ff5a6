import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2024-1753, CVE-2024-9675 and CVE-2024-11218: what a Dockerfile, a context or a stage leads mounts of RUN to',
  ['root', 'user'],
  (stage) => {
    const folder = async (name: string, ...lines: string[]): Promise<string> => {
      const path = await stage.machine.makeFolder(name);
      writeFileSync(`${path}/Dockerfile`, `${lines.join('\n')}\n`);
      return path;
    };
    const build = (path: string) =>
      stage.machine.proa('build', '--network=none', '--progress=plain', '--no-cache', path);

    test('links in a stage as the source of a mount lead into the stage', async () => {
      const path = await folder(
        'mount-stage',
        `FROM ${IMAGE} AS evil`,
        `RUN ln -s / /root-link; ln -s ${stage.host} /link; ln -s ../../../../../../../..${stage.host} /up`,
        `FROM ${IMAGE}`,
        'RUN --mount=from=evil,source=/root-link,target=/m,rw ls /m; touch /m/from-the-build',
        'RUN --mount=from=evil,source=/root-link/root-link/.,target=/m,rw touch /m/again',
      );
      const { code, out, err } = await build(path);
      expect(code).toBe(0);
      expect(`${out}${err}`).toMatch(/root-link/);
      for (const source of ['/link', '/up', `/root-link${stage.host}`, `../../../..${stage.host}`]) {
        writeFileSync(
          `${path}/Dockerfile`,
          `FROM ${IMAGE} AS evil\nRUN ln -s ${stage.host} /link; ln -s ../../../..${stage.host} /up; ln -s / /root-link\n` +
            `FROM ${IMAGE}\nRUN --mount=from=evil,source=${source},target=/m,rw cat /m/* ; touch /m/x\n`,
        );
        const refused = await build(path);
        expect([source, refused.code]).toEqual([source, 1]);
        expect(`${refused.out}${refused.err}`).not.toContain('of the host');
      }
      stage.expectUntouched();
    });

    test('links in the context, and parents of it', async () => {
      const path = await folder('mount-context', '');
      mkdirSync(`${path}/sub`);
      symlinkSync(stage.host, `${path}/link`);
      symlinkSync(`../../../../../../../../../..${stage.host}`, `${path}/sub/up`);
      for (const source of ['link', 'sub/up', '../..', `../../../../../..${stage.host}`, '/link/secret']) {
        writeFileSync(
          `${path}/Dockerfile`,
          `FROM ${IMAGE}\nRUN --mount=source=${source},target=/m,rw cat /m /m/secret; touch /m/x; test ! -e /m/sub\n`,
        );
        const refused = await build(path);
        expect([source, refused.code]).toEqual([source, 1]);
        expect(`${refused.out}${refused.err}`).not.toContain('of the host');
      }
      stage.expectUntouched();
    });

    test('the id and the source of a cache name no path of the host', async () => {
      const path = await folder(
        'mount-cache',
        `FROM ${IMAGE}`,
        `RUN --mount=type=cache,id=../../../../../../../..${stage.host},target=/m ls -a /m; touch /m/x`,
        `RUN --mount=type=cache,from=${IMAGE},source=../../../../..${stage.host},id=o,target=/m true`,
      );
      const { code, out, err } = await build(path);
      expect(code).toBe(1);
      expect(`${out}${err}`).not.toContain('secret');
      stage.expectUntouched();
    });

    test('links in the image where a mount goes lead into the image', async () => {
      const path = await folder(
        'mount-target',
        `FROM ${IMAGE}`,
        `RUN ln -s ${stage.host} /out; ln -s ../../../../../../../..${stage.host} /up`,
        'RUN --mount=type=tmpfs,target=/out/a --mount=type=cache,target=/up/b touch /out/a/x /up/b/y',
        'RUN --mount=target=/out/secret,source=Dockerfile true',
      );
      await build(path);
      stage.expectUntouched();
    });
  },
);
