import { rootPropagation } from '../../../lib/engine/container/propagation.ts';
import type { ContainerMount } from '../../../lib/storage/containers.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

const mount = (source: string, ...options: string[]): ContainerMount => ({
  type: 'bind',
  source,
  destination: '/m',
  options,
});

test('the root must pass on what a mount passes on, and the host must too', () => {
  using folder = new TemporaryFolder();
  const { path } = folder;
  const line = (point: string, tags: string) => `30 1 0:1 / ${point} rw,relatime ${tags}- tmpfs none rw\n`;
  const shared = line('/', '') + line(path, 'shared:7 ');
  const slave = line('/', 'shared:1 ') + line(path, 'master:7 ');
  const covered = shared + line(path, '');
  const elsewhere = line('/', '') + line(`${path}x`, 'shared:7 ');

  expect(rootPropagation([mount(path), mount(path, 'rprivate')], shared)).toBeUndefined();
  expect(rootPropagation([mount(path, 'rslave')], shared)).toBe('rslave');
  expect(rootPropagation([mount(path, 'rshared'), mount(path, 'slave')], shared)).toBe('shared');
  expect(rootPropagation([mount(path, 'slave')], slave)).toBe('rslave');
  const refusal = (wanted: string, mountinfo: string) => {
    try {
      return rootPropagation([mount(path, wanted)], mountinfo);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refusal('shared', slave)).toBe(`path ${path} is mounted on ${path} but it is not a shared mount`);
  expect(refusal('rslave', covered)).toBe(
    `path ${path} is mounted on ${path} but it is not a shared or slave mount`,
  );
  expect(refusal('rshared', elsewhere)).toBe(`path ${path} is mounted on / but it is not a shared mount`);
});
