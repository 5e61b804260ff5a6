/** `system prune`, `image prune`, `system migrate` and `renumber`. */
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  const images = async () => (await machine.ok('images', '--format', '{{.Repository}}')).split('\n').sort();
  const importAs = (name: string, ...changes: string[]) =>
    machine.ok(
      'import',
      ...changes.flatMap((change) => ['--change', change]),
      machine.imageTar,
      ...(name ? [name] : []),
    );

  test('images: without a name, or with none made from them, by label and age', async () => {
    const dangling = await importAs('', 'LABEL x=1', 'CMD ["a"]');
    await importAs('named', 'LABEL x=1', 'CMD ["b"]');
    await importAs('used', 'CMD ["c"]');
    await machine.ok('create', '--name=c', '--network=none', 'used');
    await refused(machine, ['image', 'prune'], 1);
    await refused(machine, ['image', 'prune', '-f', '--filter', 'nope=1'], 1);
    expect(await machine.ok('image', 'prune', '-f', '--filter', 'label!=x')).toBe(
      'Total reclaimed space: 0B',
    );
    expect(await machine.ok('image', 'prune', '-af', '--filter', 'until=24h')).toBe(
      'Total reclaimed space: 0B',
    );
    // All of these images are one layer, so no room is made.
    expect(await machine.ok('image', 'prune', '-f')).toBe(
      `Deleted Images:\ndeleted: ${dangling}\n\nTotal reclaimed space: 0B`,
    );
    expect(await machine.ok('image', 'prune', '-af', '--filter', 'label=x=1')).toMatch(
      /^Deleted Images:\nuntagged: named:latest\ndeleted: sha256:[0-9a-f]{64}\n\nTotal reclaimed space: 0B$/,
    );
    expect(await images()).toEqual([IMAGE, 'used']);
  });

  test('everything that nothing uses, and not more', async () => {
    await machine.ok('run', '-d', '--name=on', '--network=none', '-v', 'data:/v', IMAGE, 'sleep', '100');
    const off = await machine.ok('create', '--name=off', '--network=none', '-v', 'idle:/v', 'used');
    await refused(machine, ['system', 'prune', '--force', '--volumes', '--filter', 'until=1h'], 1);
    using terminal = machine.terminal(['system', 'prune', '--all', '--volumes', '--filter', 'label!=x']);
    await terminal.until(
      /WARNING! This will remove:\r\n {2}- all stopped containers\r\n {2}- all networks .*\r\n {2}- all volumes .*\r\n {2}- all images .*\r\n/,
    );
    await terminal.until(/ {2}- label!=x\r\n\r\nAre you sure.*\[y\/N\] /);
    terminal.type('\n');
    expect(await terminal.ended()).toBe(0);
    expect(await machine.ok('ps', '-aq', '--no-trunc')).toContain(off);

    expect(await machine.ok('system', 'prune', '-f')).toBe(
      `Deleted Containers:\n${off}\n\nTotal reclaimed space: 0B`,
    );
    expect(await machine.ok('volume', 'ls', '-q')).toBe('data\nidle');
    expect(await machine.ok('system', 'prune', '-af', '--volumes')).toMatch(
      /^Deleted Volumes:\nidle\n\nDeleted Images:\nuntagged: used:latest\ndeleted: sha256:\S+\n\nTotal reclaimed space: 0B$/,
    );
    expect(await images()).toEqual([IMAGE]);
    await machine.ok('rm', '-f', 'on');
    expect(await machine.ok('system', 'prune', '-af')).toMatch(
      /^Deleted Images:\nuntagged: bb:latest\ndeleted: sha256:\S+\ndeleted: sha256:\S+\n\nTotal reclaimed space: [\d.]+MB$/,
    );
    expect(await machine.ok('volume', 'rm', 'data')).toBe('data');
  });

  test('migrate and renumber have little to do, and say so', async () => {
    expect(await machine.proa('system', 'renumber')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^Nothing to renumber/),
    });
    expect(await machine.proa('system', 'migrate')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^Nothing to migrate/),
    });
    await importAs(IMAGE, 'CMD ["sh"]');
    await machine.ok('create', '--name=c', '--network=none', IMAGE);
    await refused(machine, ['system', 'migrate', '--new-runtime', 'no-such-runtime'], 125);
    expect((await machine.proa('system', 'migrate', '--new-runtime', 'runc')).err).toMatch(
      /^1 containers will run with runc/,
    );
    expect(await machine.inspect('c', '{{json .HostConfig.Runtime}}')).toBe('runc');
  });
});
