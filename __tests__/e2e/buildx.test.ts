/** `buildx create use ls inspect rm stop version`: names of one engine, for scripts that make builders. */
import { describeAs } from './support/machine.ts';

describeAs('root', (machine) => {
  const { ok, proa } = { ok: machine.ok.bind(machine), proa: machine.proa.bind(machine) };

  test('without any builder there is default', async () => {
    expect(await ok('buildx', 'ls', '-q')).toBe('default');
    expect(await ok('buildx', 'ls', '--format', '{{.NameNode}} {{.DriverEndpoint}} {{.IsCurrent}}')).toBe(
      'default docker true\ndefault default true',
    );
    expect(await ok('buildx', 'inspect')).toMatch(
      /^Name: {3}default\nDriver: docker\n\nNodes:\nName: {13}default\nEndpoint: {9}default\nStatus: {11}running\nBuildKit version: v\S+\nPlatforms: {8}linux\/\w+/,
    );
    expect(await ok('buildx', 'version')).toMatch(/^proa\/buildx v\d/);
  });

  test('made, used, changed and removed', async () => {
    const made = ['--name', 'ci', '--driver', 'docker-container', '--platform', 'linux/arm64', '--use'];
    const extra = ['--driver-opt', 'network=host', '--buildkitd-flags', '--debug --oci-worker', 'tcp://x:1'];
    expect(await ok('buildx', 'create', ...made, ...extra)).toBe('ci');
    expect((await ok('buildx', 'ls')).split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
      'NAME/NODE',
      'ci*',
      ' \\_ ci0',
      'default',
      ' \\_ default',
    ]);
    expect(await ok('buildx', 'inspect', '--bootstrap')).toMatch(
      /Name: {4}ci\nDriver: {2}docker-container\n[\s\S]*tcp:\/\/x:1\nDriver Options: {8}network="host"\n[\s\S]*--debug --oci-worker\n[\s\S]*linux\/arm64\*, linux\//,
    );
    await ok('buildx', 'create', '--name', 'ci', '--append', '--node', 'second');
    expect(await ok('buildx', 'inspect', 'ci')).toContain('second');
    await ok('buildx', 'create', '--name', 'ci', '--leave', '--node', 'second');
    expect(await ok('buildx', 'inspect', 'ci')).not.toContain('second');
    expect(await proa('buildx', 'create', '--name', 'ci')).toMatchObject({
      code: 1,
      err: expect.stringContaining('existing instance for "ci" but no append mode'),
    });
    await ok('buildx', 'stop', 'ci');
    await ok('buildx', 'use', 'default');
    expect(await ok('buildx', 'inspect')).toContain('Name:   default');
    const other = await ok('buildx', 'create');
    expect(other).toMatch(/^[a-z]+_[a-z]+\d*$/);
    const removed = (await ok('buildx', 'rm', '--all-inactive', '--force')).split('\n');
    expect(removed.sort()).toEqual(['ci', other].map((name) => `${name} removed`).sort());
    expect(await ok('buildx', 'ls', '-q')).toBe('default');
  });

  test.each([
    [['use', 'nothing'], /no builder "nothing" found/],
    [['inspect', 'nothing'], /no builder "nothing" found/],
    [['rm', 'nothing'], /no builder "nothing" found/],
    [['rm', 'default'], /cannot be removed/],
    [['create', '--name', 'default'], /reserved name/],
    [['create', '--name', 'a/b'], /use builder name "a\/b"/],
    [['create', '--append'], /--append needs --name/],
    [['create', '--platform', 'what'], /what/],
    [['du', '--builder', 'nothing'], /no builder "nothing" found/],
    [['build', '--builder', 'nothing', '.'], /no builder "nothing" found/],
  ])('buildx %j is refused', async (words, why) => {
    const { code, err } = await proa('buildx', ...words);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(why) });
  });
});
