// inspect: any object, and the structure that tools of Docker's read.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('containers, images, networks and volumes, by type and without', async () => {
    await machine.ok('run', '-d', '--name=c', '--network=none', '-v', 'data:/data', IMAGE, 'sleep', '100');
    const format = (name: string, template: string, ...words: string[]) =>
      machine.ok('inspect', `--format=${template}`, ...words, name);
    expect(await format('c', '{{.Name}} {{.State.Status}}')).toBe('/c running');
    expect(await machine.ok('inspect', '--latest', '--size', '--format={{.Name}} {{.SizeRw}}')).toBe('/c 0');
    expect(await format(IMAGE, '{{.Os}}', '--type=image')).toBe('linux');
    expect(await format('data', '{{.Driver}}', '--type=volume')).toBe('local');
    expect(await format('none', '{{.Driver}} {{range .Containers}}{{.Name}}{{end}}')).toBe('null c');
    for (const type of ['container', 'image', 'network', 'volume', 'all']) {
      const { code, out, err } = await machine.proa('inspect', `--type=${type}`, 'nobody');
      expect({ type, code, out, err }).toEqual({
        type,
        code: 1,
        out: '[]\n',
        err: expect.stringContaining('nobody'),
      });
    }
    // What there is, is shown all the same.
    expect(await machine.proa('inspect', '--format={{.Name}}', 'nobody', 'c')).toMatchObject({
      code: 1,
      out: '/c\n',
    });
    expect(await machine.proa('inspect', '--latest', 'c')).toMatchObject({ code: 125 });
  });

  test('lists that nobody filled are null, as the Engine API has them', async () => {
    await machine.ok('create', '--name=c', IMAGE);
    const { HostConfig, ExecIDs, State } = await machine.inspect('c');
    expect({ ExecIDs, ...HostConfig }).toMatchObject({
      ExecIDs: null,
      CapAdd: null,
      CapDrop: null,
      SecurityOpt: null,
      GroupAdd: null,
    });
    expect(State).toMatchObject({
      StartedAt: '0001-01-01T00:00:00Z',
      CheckpointedAt: '0001-01-01T00:00:00Z',
    });
  });
});
