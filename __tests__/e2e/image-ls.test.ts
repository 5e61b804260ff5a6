// images: what is listed, in which order and form.
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  const rows = async (...words: string[]) =>
    (await machine.ok('images', '--format={{.Repository}}:{{.Tag}}', ...words))
      .split('\n')
      .filter(Boolean)
      .sort();

  test('filters', async () => {
    await machine.ok('import', '--change', 'LABEL kind=a', machine.imageTar, 'list/a:1');
    await machine.ok('tag', 'list/a:1', 'list/b:2');
    await machine.ok('create', '--name=listed', '--network=none', 'list/a:1', 'true');
    const id = await machine.ok('images', '-q', '--no-trunc', 'list/a');
    const digest = await machine.ok('image', 'inspect', '--format={{.Digest}}', 'list/a:1');
    const ours = ['list/a:1', 'list/b:2'];
    const other = [`${IMAGE}:latest`];
    for (const [filter, expected] of [
      ['label=kind', ours],
      ['label=kind=a', ours],
      ['label=kind=b', []],
      ['label!=kind', other],
      ['label!=kind=b', [...other, ...ours]],
      [`since=${IMAGE}`, ours],
      [`after=${IMAGE}`, ours],
      ['before=list/b:2', other],
      ['until=1h', []],
      ['until=-1h', [...other, ...ours]],
      ['until=2020-01-01', []],
      ['containers=true', ours],
      ['containers=false', other],
      ['containers=external', []],
      [`id=${id.slice(7, 20)}`, ours],
      [`id!=${id}`, other],
      [`digest=${digest.slice(0, 20)}`, ours],
      ['manifest=true', []],
      ['manifest=false', [...other, ...ours]],
      ['readonly=true', []],
      ['readonly=0', [...other, ...ours]],
      ['reference=list/*:1', ['list/a:1']],
      ['reference!=list/*', other],
      ['dangling=true', []],
      ['dangling=false', [...other, ...ours]],
    ] as const)
      expect([filter, await rows('--filter', filter)]).toEqual([filter, expected]);
    expect(await rows('-f', 'reference=list/a', '-f', 'reference=list/b', '-f', 'label=kind')).toEqual(ours);
    for (const filter of [
      'dangling=maybe',
      'colour=red',
      'label',
      'until=soon',
      'digest=abc',
      'since=nobody',
    ])
      await refused(machine, ['images', '--filter', filter], 1);
  });

  test('columns, order and forms', async () => {
    const heading = async (...words: string[]) => (await machine.ok('images', ...words)).split('\n')[0];
    expect(await heading()).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
    expect(await heading('--digests')).toMatch(/^REPOSITORY +TAG +DIGEST +IMAGE ID +CREATED +SIZE$/);
    expect(await heading('--noheading', '--sort=repository')).toMatch(new RegExp(`^${IMAGE} `));
    expect(await machine.ok('images', '--history', '-n', 'list/a')).toMatch(/ list\/b:2, list\/a:1$/);
    await machine.ok('rmi', 'list/b:2');
    expect(await machine.ok('images', '--format={{.History}}|{{.Names}}|{{.Labels}}', 'list/a')).toBe(
      'list/b:2, list/a:1|[list/a:1]|map[kind:a]',
    );
    const sorted = async (field: string) =>
      (await machine.ok('images', `--sort=${field}`, '--format={{.Repository}}')).split('\n');
    expect(await sorted('repository')).toEqual([IMAGE, 'list/a']);
    expect(await sorted('created')).toEqual(['list/a', IMAGE]);
    expect(await sorted('tag')).toEqual(['list/a', IMAGE]);
    await refused(machine, ['images', '--sort=colour'], 125);
    const json = JSON.parse(await machine.ok('images', '--format=json', 'list/a'));
    expect(json).toMatchObject({ Repository: 'list/a', Tag: '1', Digest: '<none>', Containers: 'N/A' });
    expect(json.VirtualSize).toMatch(/^\d+\.\d{2,3}MB$/);
    expect(await machine.ok('images', '-q', '--no-trunc', 'list/a')).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('as a tree', async () => {
    await machine.ok('create', '--name=listed', '--network=none', 'list/a:1', 'true');
    const lines = (await machine.ok('images', '--tree')).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^IMAGE +ID +DISK USAGE +CONTENT SIZE +EXTRA$/);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^list\/a:1 +[0-9a-f]{12} +[\d.]+MB +[\d.]+MB +U$/),
      expect.stringMatching(/^└─ linux\/\w+ +[0-9a-f]{12} +[\d.]+MB +[\d.]+MB +U$/),
      '',
      expect.stringMatching(new RegExp(`^${IMAGE}:latest +[0-9a-f]{12} +[\\d.]+MB +[\\d.]+MB$`)),
      expect.stringMatching(/^└─ linux\/\w+ +[0-9a-f]{12} +[\d.]+MB +[\d.]+MB$/),
    ]);
    await refused(machine, ['images', '--tree', '--quiet'], 1);
    await machine.ok('rm', 'listed');
  });
});
