/** The build cache's room: `buildx du`, `buildx prune`, `builder prune`, and its part in `system df` and `system prune`. */
import { writeFileSync } from 'node:fs';
import { du } from './support/disk.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  let folder = '';
  /** Builds steps that write so many KiB each. */
  const build = async (name: string, ...sizes: number[]): Promise<void> => {
    const steps = sizes.map((size) => `RUN head -c ${size * 1024} /dev/urandom > /${name}${size}`);
    writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\n${steps.join('\n')}\n`);
    await machine.ok('build', '-q', '--network=none', '-t', name, folder);
  };
  const list = async (...options: string[]): Promise<{ Description: string; Shared: string }[]> => {
    const lines = await machine.ok('buildx', 'du', '--format=json', ...options);
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const described = async (...options: string[]): Promise<string[]> =>
    (await list(...options)).map(({ Description }) => Description.replace(/^.*\/(\w+)$/, '$1')).sort();
  const cacheRow = async (): Promise<string> =>
    (await machine.ok('system', 'df', '--format', '{{.Type}}|{{.TotalCount}}|{{.RawSize}}'))
      .split('\n')
      .at(-1)!;

  beforeAll(async () => {
    folder = await machine.makeFolder('context');
  });

  test('what an image has stays without --all; what nothing has goes', async () => {
    await build('kept', 100);
    await build('gone', 200, 300);
    expect(await described()).toEqual(['gone200', 'gone300', 'kept100']);
    expect((await list()).map(({ Shared }) => Shared)).toEqual(['true', 'true', 'true']);
    await machine.ok('rmi', 'gone');
    expect(await described('--filter', 'shared')).toEqual(['kept100']);
    expect(await machine.ok('buildx', 'du')).toMatch(
      /^ID +RECLAIMABLE +SIZE +LAST ACCESSED\n[0-9a-f]{25} +true +\d+(\.\d+)?kB +\S[^\n]* ago\n[\s\S]*\nShared: +\S+\nPrivate: +\S+\nReclaimable: +\S+\nTotal: +\S+$/,
    );
    expect(await machine.ok('buildx', 'du', '--verbose', '--filter', 'private')).toMatch(
      /ID: +[0-9a-f]{25}\nCreated at: +\d{4}-[^\n]*\nMutable: +false\nReclaimable: +true\nShared: +false\nSize: +\S+\nDescription: +\[3\/3\] RUN/,
    );
    // What it says is free is what the disk has more afterwards.
    const before = du(machine.root);
    const [, total, size] = (await cacheRow()).split('|');
    expect(total).toBe('3');
    expect(Number(size)).toBeGreaterThan(500 * 1024);
    expect((await machine.proa('builder', 'prune')).err).toMatch(
      /This will remove all dangling build cache\./,
    );
    expect(await machine.ok('builder', 'prune', '-f')).toMatch(
      /^Deleted build cache objects:\n[0-9a-f]{25}\n[0-9a-f]{25}\n\nTotal reclaimed space: 5\d\d(\.\d+)?kB$/,
    );
    expect(before - du(machine.root)).toBeGreaterThan(500 * 1024);
    expect(await described()).toEqual(['kept100']);
    expect(await machine.ok('builder', 'prune', '-fa')).toMatch(/Total reclaimed space: 0B$/);
    expect(await described()).toEqual([]);
    await machine.shOk('true');
    expect(await machine.ok('run', '--rm', '--network=none', 'kept', 'sh', '-c', 'wc -c < /kept100')).toBe(
      '102400',
    );
    await machine.ok('rmi', 'kept');
  });

  test('filters, what may stay, what was used last', async () => {
    await build('old', 100);
    await Bun.sleep(30);
    await build('new', 150);
    await machine.ok('rmi', 'old', 'new');
    expect(await described('--filter', 'description~=old')).toEqual(['old100']);
    expect(await described('--filter', 'type=exec.cachemount')).toEqual([]);
    expect(await described('--filter', 'until=1h')).toEqual([]);
    expect(await machine.ok('buildx', 'prune', '-f', '--filter', 'until=1h')).toBe('Total:\t0B');
    expect(await machine.ok('buildx', 'prune', '-f', '--keep-storage', '200KiB')).toMatch(
      /^ID +RECLAIMABLE[^\n]*\n[0-9a-f]{25} +true +1\d\d\S*kB +[^\n]*\nTotal:\t1\d\d\S*kB$/,
    );
    expect(await described()).toEqual(['new150']);
    for (const [filter, why] of [
      ['what=x', /use filter "what=x": unknown/],
      ['description~=(', /no regular expression/],
      ['until=soon', /until=soon/],
    ] as const)
      expect(await machine.proa('builder', 'prune', '-f', '--filter', filter)).toMatchObject({
        code: 1,
        err: expect.stringMatching(why),
      });
    expect(await machine.ok('buildx', 'prune', '-f', '--max-used-space', '1MB')).toBe('Total:\t0B');
    expect(await machine.ok('system', 'prune', '-f', '--filter', 'label=x')).toMatch(
      /Total reclaimed space: 0B$/,
    );
    expect(await described()).toEqual(['new150']);
    expect(await machine.ok('system', 'prune', '-f')).toMatch(/Deleted build cache objects:\n[0-9a-f]{25}\n/);
    expect((await cacheRow()).split('|')[1]).toBe('0');
  });
});
