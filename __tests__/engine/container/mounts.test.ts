import { existsSync, readdirSync } from 'node:fs';
import { parseVolumeOption, resolveMounts } from '../../../lib/engine/container/mounts.ts';
import { listVolumes } from '../../../lib/storage/volumes.ts';
import { TestStore } from '../../helpers/container-records.ts';

describe('-v', () => {
  const parse = (text: string) => {
    const { type, source, destination, options } = parseVolumeOption(text, '/here');
    return [type, source, destination, options.join()];
  };
  test.each([
    ['/data', ['volume', '', '/data', '']],
    ['name:/data', ['volume', 'name', '/data', '']],
    ['/srv/a/../b/:/data:ro,Z', ['bind', '/srv/b', '/data', 'ro,Z']],
    ['./a:/data', ['bind', '/here/a', '/data', '']],
    ['.:/data', ['bind', '/here', '/data', '']],
    ['../a:/data', ['bind', '/a', '/data', '']],
    ['/:/host', ['bind', '/', '/host', '']],
    ['~/a:/data', ['bind', `${process.env.HOME}/a`, '/data', '']],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
  test.each(['a:/b:ro:x', ':/b', '/a:/b:nonsense', '/a:relative', '', '/a:', '/a:/'])(
    '%j is refused',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT' }));
    },
  );
});

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
});
