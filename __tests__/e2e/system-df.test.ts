/** `system df`: what it counts, against what is there. */
import { du, duIn, sizeText } from './support/disk.ts';
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
    const { root } = machine;
    const images = () =>
      duIn(`${root}/layers`, `${root}/blobs/sha256`, `${root}/images/by-id`, `${root}/images/names`);
    const empty = { TotalCount: '0', Active: '0', Size: '0B', Reclaimable: '0B' };
    expect(images()).toBeGreaterThan(100_000);
    expect(await machine.ok('system', 'df', '--format', '{{.RawSize}} {{.RawReclaimable}} {{.Total}}')).toBe(
      `${images()} ${images()} 1\n0 0 0\n0 0 0\n0 0 0`,
    );
    expect(await json()).toEqual({
      Images: {
        TotalCount: '1',
        Active: '0',
        Size: sizeText(images()),
        Reclaimable: `${sizeText(images())} (100%)`,
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
    const container = duIn(`${root}/containers`, `${root}/names`);
    expect(container).toBeGreaterThanOrEqual(53_248);
    const [vol, free] = [du(`${root}/volumes/vol`), du(`${root}/volumes/free`)];
    expect(after.Images).toMatchObject({
      TotalCount: '1',
      Active: '1',
      Size: sizeText(images()),
      Reclaimable: '0B (0%)',
    });
    expect(after.Containers).toEqual({
      TotalCount: '1',
      Active: '0',
      Size: sizeText(container),
      Reclaimable: `${sizeText(container)} (100%)`,
    });
    expect(after['Local Volumes']).toEqual({
      TotalCount: '2',
      Active: '1',
      Size: sizeText(vol + free),
      Reclaimable: `${sizeText(free)} (${Math.trunc((free * 100) / (vol + free))}%)`,
    });
    expect((await machine.ok('system', 'df')).split('\n')[0]).toMatch(
      /^TYPE {12}TOTAL {5}ACTIVE {4}SIZE {6}RECLAIMABLE$/,
    );

    const verbose = await machine.ok('system', 'df', '-v');
    expect(verbose).toMatch(
      /^Images space usage:\n\nREPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\n/,
    );
    expect(verbose).toMatch(/\nbb +latest +[0-9a-f]{12} +.* ago +(\S+MB) +0B +\1 +1\n/);
    expect(verbose).toMatch(
      /\n\nContainers space usage:\n\n.*\n[0-9a-f]{12} +bb +"sh -c .*" +1 +[\d.]+kB +.* ago +Exited .* c\n/,
    );
    expect(verbose).toMatch(
      new RegExp(
        `\\n\\nLocal Volumes space usage:\\n\\nVOLUME NAME +LINKS +SIZE\\nfree +0 +${sizeText(free)}\\nvol +1 +${sizeText(vol)}\\n`,
      ),
    );
    expect(verbose).toMatch(/\n\nBuild cache usage: 0B\n\nCACHE ID .*SHARED$/);
    const template = '{{range .Volumes}}{{.Name}}={{.Size}} {{end}}{{len .Images}}';
    expect(await machine.ok('system', 'df', '-v', '--format', template)).toBe(
      `free=${sizeText(free)} vol=${sizeText(vol)} 2`,
    );
    await machine.ok('rm', 'c');
    await machine.ok('volume', 'rm', '-a');
  });
});
