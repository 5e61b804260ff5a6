/** `system df`: what it counts, against what is there. */
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('images, containers and volumes: how many, used, and what would be freed', async () => {
    const json = async () =>
      Object.fromEntries(
        (await machine.ok('system', 'df', '--format', 'json'))
          .split('\n')
          .map((line) => JSON.parse(line))
          .map(({ Type, ...rest }) => [Type, rest]),
      );
    const empty = { TotalCount: '0', Active: '0', Size: '0B', Reclaimable: '0B' };
    const size = await machine.ok('system', 'df', '--format', '{{.RawSize}}');
    const bytes = Number(size.split('\n')[0]);
    expect(bytes).toBeGreaterThan(100_000);
    expect(await json()).toEqual({
      Images: {
        TotalCount: '1',
        Active: '0',
        Size: expect.any(String),
        Reclaimable: expect.stringMatching(/ \(100%\)$/),
      },
      Containers: empty,
      'Local Volumes': empty,
      'Build Cache': empty,
    });

    const script = 'head -c 50000 /dev/zero > /y; head -c 102400 /dev/zero > /v/x; ln /v/x /v/y';
    await machine.ok('run', '--name=c', '--network=none', '-v', 'vol:/v', IMAGE, 'sh', '-c', script);
    await machine.ok('volume', 'create', 'free');
    await machine.ok('tag', IMAGE, 'other');
    const after = await json();
    expect(after.Images).toMatchObject({ TotalCount: '1', Active: '1', Reclaimable: '0B (0%)' });
    expect(after.Containers).toEqual({
      TotalCount: '1',
      Active: '0',
      Size: '50kB',
      Reclaimable: '50kB (100%)',
    });
    expect(after['Local Volumes']).toEqual({
      TotalCount: '2',
      Active: '1',
      Size: '102.4kB',
      Reclaimable: '0B (0%)',
    });
    expect((await machine.ok('system', 'df')).split('\n')[0]).toMatch(
      /^TYPE {12}TOTAL {5}ACTIVE {4}SIZE {6}RECLAIMABLE$/,
    );

    const verbose = await machine.ok('system', 'df', '-v');
    expect(verbose).toMatch(
      /^Images space usage:\n\nREPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\n/,
    );
    expect(verbose).toMatch(/\nbb +latest +[0-9a-f]{12} +.* ago +\S+ +0B +\S+ +1\n/);
    expect(verbose).toMatch(
      /\n\nContainers space usage:\n\n.*\n[0-9a-f]{12} +bb +"sh -c .*" +1 +50kB +.* ago +Exited .* c\n/,
    );
    expect(verbose).toMatch(
      /\n\nLocal Volumes space usage:\n\nVOLUME NAME +LINKS +SIZE\nfree +0 +0B\nvol +1 +102.4kB\n/,
    );
    expect(verbose).toMatch(/\n\nBuild cache usage: 0B\n\nCACHE ID .*SHARED$/);
    const template = '{{range .Volumes}}{{.Name}}={{.Size}} {{end}}{{len .Images}}';
    expect(await machine.ok('system', 'df', '-v', '--format', template)).toBe('free=0B vol=102.4kB 2');
    await machine.ok('rm', 'c');
    await machine.ok('volume', 'rm', '-a');
  });
});
