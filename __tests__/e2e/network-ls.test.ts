// `network ls`, `network exists` and `network inspect` of what is always there.
import { describeAs } from './support/machine.ts';

describeAs('root', (machine) => {
  beforeAll(async () => {
    await machine.ok('network', 'create', '--label=a=b', '--internal', 'zeta');
  });

  test('by name, in Docker’s columns', async () => {
    const lines = (await machine.ok('network', 'ls')).split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(lines).toEqual([
      'NETWORK ID NAME DRIVER SCOPE',
      expect.stringMatching(/^[0-9a-f]{12} bridge bridge local$/),
      expect.stringMatching(/^[0-9a-f]{12} host host local$/),
      expect.stringMatching(/^[0-9a-f]{12} none null local$/),
      expect.stringMatching(/^[0-9a-f]{12} zeta bridge local$/),
    ]);
    expect((await machine.ok('network', 'list', '-q', '--no-trunc', '-f', 'name=zeta')).length).toBe(64);
  });

  test('formats', async () => {
    const row = JSON.parse(await machine.ok('network', 'ls', '--format=json', '--filter=type=custom'));
    expect(row).toEqual({
      CreatedAt: expect.any(String),
      Driver: 'bridge',
      ID: expect.stringMatching(/^[0-9a-f]{12}$/),
      IPv4: 'true',
      IPv6: 'false',
      Internal: 'true',
      Labels: 'a=b',
      Name: 'zeta',
      Scope: 'local',
    });
    const template = '{{.Name}} {{.DNSEnabled}} {{.Label "a"}}';
    expect(await machine.ok('network', 'ls', '--format', template, '-f', 'label=a')).toBe('zeta true b');
  });

  test('filters', async () => {
    const names = async (...filters: string[]) =>
      (
        await machine.ok('network', 'ls', '--format={{.Name}}', ...filters.map((each) => `--filter=${each}`))
      ).split('\n');
    expect(await names('type=builtin')).toEqual(['bridge', 'host', 'none']);
    expect(await names('driver=null', 'driver=host')).toEqual(['host', 'none']);
    expect(await names('dangling=true')).toEqual(['zeta']);
    expect(await names('label=a=c')).toEqual(['']);
    expect(await names('type=custom', 'until=1h')).toEqual(['']);
    expect((await machine.proa('network', 'ls', '--filter=nope=1')).code).toBe(1);
  });

  test('exists; the default network has two names', async () => {
    for (const name of ['zeta', 'bridge', 'podman', 'host'])
      expect((await machine.proa('network', 'exists', name)).code).toBe(0);
    expect((await machine.proa('network', 'exists', 'nope')).code).toBe(1);
    expect(await machine.ok('network', 'inspect', '-f', '{{.Name}}', 'podman')).toBe('bridge');
  });

  test('inspect by the beginning of the id; one that is not there is told', async () => {
    const id = await machine.ok('network', 'inspect', '-f', '{{.Id}}', 'zeta');
    expect(await machine.ok('network', 'inspect', '-f', '{{.Name}}', id.slice(0, 8))).toBe('zeta');
    expect(await machine.proa('network', 'inspect', 'nope')).toMatchObject({
      code: 1,
      out: '[]\n',
      err: expect.stringContaining('network nope not found'),
    });
  });
});
