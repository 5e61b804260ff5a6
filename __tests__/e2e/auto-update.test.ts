// auto-update without a systemd: what it finds and what it refuses. The updates themselves: __tests__/vm/auto-update.test.ts.
import { describeAs, IMAGE } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM } from './support/registry.ts';

const LABEL = '--label=io.containers.autoupdate';

describeAs(['root', 'user'], (machine) => {
  const run = (name: string, label: string, image: string, unit = `${name}.service`) =>
    machine.proaWith(
      { env: unit === '' ? {} : { PODMAN_SYSTEMD_UNIT: unit } },
      ...['run', '-d', `--name=${name}`, '--network=none', `${LABEL}=${label}`, image, 'sleep', '1000'],
    );

  test('nothing to look after', async () => {
    expect(await machine.proa('auto-update')).toEqual({ code: 0, out: '', err: '' });
    expect(await machine.ok('auto-update', '--format=json')).toBe('[]');
  });

  (REGISTRY_PROGRAM === null ? test.skip : test)(
    'what has changed, there and here; what cannot be looked after',
    async () => {
      await using registry = await openRegistry();
      const name = `${registry.host}/app:1`;
      await machine.ok('tag', IMAGE, name);
      await machine.ok('tag', IMAGE, 'app:local');
      await machine.ok('push', '-q', name);
      await run('there', 'registry', name);
      await run('here', 'local', 'app:local');
      await run('off', 'disabled', name);
      const dryRun = () =>
        machine.ok('auto-update', '--dry-run', '--format={{.Unit}} {{.Container}} {{.Policy}} {{.Updated}}');
      expect((await dryRun()).replace(/ \w{12} /g, ' ID ').split('\n')).toEqual([
        'there.service ID (there) registry false',
        'here.service ID (here) local false',
      ]);
      // Another image under both names.
      await machine.ok('commit', '-q', '--change=ENV A=B', 'there', 'app:local');
      await machine.ok('tag', 'app:local', name);
      await machine.ok('push', '-q', name);
      await machine.ok('tag', IMAGE, name);
      const table = (await machine.ok('auto-update', '--dry-run'))
        .split('\n')
        .map((line) => line.split(/ {2,}/));
      expect(table).toEqual([
        ['UNIT', 'CONTAINER', 'IMAGE', 'POLICY', 'UPDATED'],
        ['there.service', expect.stringMatching(/^\w{12} \(there\)$/), name, 'registry', 'pending'],
        ['here.service', expect.stringMatching(/^\w{12} \(here\)$/), 'app:local', 'local', 'pending'],
      ]);

      await run('unmade', 'registry', name, '');
      await run('odd', 'sometimes', name);
      const id = await machine.ok('images', '-q', '--no-trunc', name);
      await run('nameless', 'registry', id);
      await run('gone', 'registry', IMAGE);
      const refused = await machine.proa(
        'auto-update',
        '--dry-run',
        '--format={{.ContainerName}} {{.Updated}}',
      );
      expect(refused.code).toBe(125);
      expect(refused.out.split('\n')).toContain('gone failed');
      expect(refused.err).toMatch(/unmade.*no label PODMAN_SYSTEMD_UNIT\)\nLet one make it/);
      expect(refused.err).toMatch(/odd.*autoupdate=sometimes: no such policy/);
      expect(refused.err).toMatch(/nameless.*not a name/);

      expect(await machine.proa('auto-update')).toMatchObject({
        code: 125,
        out: '',
        err: expect.stringMatching(/systemd: (it does not run|none listens|XDG)/),
      });
      await machine.ok('rm', '-f', '-t', '0', '--all');
    },
  );
});
