import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { parseMountOption } from '../../../lib/engine/container/mount-option.ts';
import { resolveMounts } from '../../../lib/engine/container/mounts.ts';
import { parseTmpfsOption, parseVolumeOption } from '../../../lib/engine/container/volume-option.ts';
import { mountsOfOthers } from '../../../lib/engine/container/volumes-from.ts';
import { listVolumes } from '../../../lib/storage/volumes.ts';
import { TestStore } from '../../helpers/container-records.ts';

describe('resolving', () => {
  let records: TestStore;
  beforeEach(() => {
    records = new TestStore();
  });
  afterEach(() => records[Symbol.dispose]());
  const resolve = (options: string[], imageVolumes: string[] = []) =>
    resolveMounts(
      records.store,
      options.map((text) => parseVolumeOption(text, records.root)),
      imageVolumes,
    );

  test('volumes and host folders are made; what the image declares gets an anonymous one', () => {
    const folder = `${records.root}/host/folder`;
    const mounts = resolve(['data:/data', `${folder}:/host`], ['/data/', '/var/lib']);
    expect(mounts.map(({ type, destination }) => [type, destination])).toEqual([
      ['volume', '/data'],
      ['bind', '/host'],
      ['volume', '/var/lib'],
    ]);
    expect(existsSync(folder)).toBe(true);
    expect(mounts[2]!.volume).toMatch(/^[0-9a-f]{64}$/);
    expect(
      listVolumes(records.store)
        .map(({ anonymous }) => anonymous)
        .sort(),
    ).toEqual([false, true]);
    for (const { source } of mounts) expect(existsSync(source)).toBe(true);
  });

  test('a refusal comes before anything is made', () => {
    const missing = { ...parseVolumeOption('/no/such:/x', '/'), createSource: false };
    const volume = parseVolumeOption('/anonymous', '/');
    expect(() => resolveMounts(records.store, [volume, missing], ['/v'])).toThrow(
      expect.objectContaining({ code: 'MOUNT_SOURCE_MISSING' }),
    );
    expect(() => resolve(['/a', 'b:/a'])).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT' }));
    expect(() => resolve(['/a', '-bad:/b'])).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }));
    expect(readdirSync(`${records.root}/volumes`)).toEqual([]);
  });

  test('a failure half-way takes the anonymous volumes along', () => {
    // A host folder cannot be made below a file.
    expect(() => resolve(['/a', '/proc/version/x:/b'])).toThrow();
    expect(readdirSync(`${records.root}/volumes`)).toEqual([]);
  });

  test('of other containers it takes what it has not itself', async () => {
    await addWithMounts('a', ['one:/one', 'two:/two:ro', '/srv:/over:O']);
    await addWithMounts('b', ['three:/one', 'four:/four:U']);
    const others = mountsOfOthers(records.store, ['a:ro', 'b']);
    const own = parseVolumeOption('own:/two', '/');
    const mounts = resolveMounts(records.store, [own], ['/four', '/image'], { inherited: others });
    expect(mounts.map(({ volume, destination, options }) => [volume, destination, options.join()])).toEqual([
      ['three', '/one', ''],
      ['four', '/four', ''],
      ['own', '/two', ''],
      [expect.stringMatching(/^[0-9a-f]{64}$/), '/image', ''],
    ]);
    expect(mountsOfOthers(records.store, ['a:ro'])[0]).toMatchObject({ options: ['ro'], origin: 'from' });
    for (const bad of ['a:nocopy', 'a:ro,rw', ':ro'])
      expect(() => mountsOfOthers(records.store, [bad])).toThrow();
  });

  test('the image’s volumes as a tmpfs, or not at all', () => {
    const as = (mode: 'tmpfs' | 'ignore' | 'bind') =>
      resolveMounts(records.store, [], ['/v'], { imageVolumes: mode }).map(({ type }) => type);
    expect([as('tmpfs'), as('ignore'), as('bind')]).toEqual([['tmpfs'], [], ['volume']]);
  });

  test('a glob is a mount for each path', () => {
    for (const name of ['a.conf', 'b.conf', 'c.txt']) writeFileSync(`${records.root}/${name}`, '');
    const glob = (text: string) =>
      resolveMounts(records.store, [parseMountOption(text, '/')], []).map((mount) => [
        mount.type,
        mount.source,
        mount.destination,
      ]);
    const path = `${records.root}/*.conf`;
    expect(glob(`type=glob,src=${path},dst=/etc/more`)).toEqual([
      ['bind', `${records.root}/a.conf`, '/etc/more/a.conf'],
      ['bind', `${records.root}/b.conf`, '/etc/more/b.conf'],
    ]);
    expect(glob(`type=glob,src=${path}`)[0]![2]).toBe(`${records.root}/a.conf`);
    expect(() => glob('type=glob,src=/no/such*')).toThrow('no path on this host matches');
  });

  /** A container with these mounts, and a tmpfs, which nobody takes over. */
  async function addWithMounts(name: string, volumes: string[]): Promise<void> {
    const requests = [...volumes.map((text) => parseVolumeOption(text, '/')), parseTmpfsOption('/tmpfs')];
    await records.add({ name, mounts: resolveMounts(records.store, requests, []) });
  }
});
