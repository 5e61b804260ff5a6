import { mkdirSync, writeFileSync } from 'node:fs';
import { checkCdiDevices, gpuDevices, injectDevices } from '../../../lib/engine/container/cdi.ts';
import type { Spec } from '../../../lib/oci/model/runtime-spec/types.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

let folder: TemporaryFolder;
let folders: string[];
beforeEach(() => {
  folder = new TemporaryFolder();
  folders = ['etc', 'run'].map((name) => `${folder.path}/${name}`);
  for (const each of folders) mkdirSync(each);
});
afterEach(() => folder[Symbol.dispose]());

const write = (
  where: 'etc' | 'run',
  name: string,
  kind: string,
  devices: Record<string, object>,
  edits = {},
) =>
  writeFileSync(
    `${folder.path}/${where}/${name}`,
    JSON.stringify({
      cdiVersion: '0.5.0',
      kind,
      containerEdits: edits,
      devices: Object.entries(devices).map(([device, containerEdits]) => ({ name: device, containerEdits })),
    }),
  );

const emptySpec = (): Spec => ({
  ociVersion: '1.0.2',
  process: { user: { uid: 0, gid: 0 }, args: [], env: ['A=1', 'B=2'], cwd: '/' },
  root: { path: '/' },
  mounts: [{ destination: '/a/b' }],
  linux: { namespaces: [], resources: { devices: [] } },
});

test('edits: those of the document once, those of each device after', () => {
  const node = { path: '/dev/made-up', hostPath: '/dev/null', permissions: 'rw', uid: 7 };
  write(
    'etc',
    'a.json',
    'v.com/c',
    { one: { deviceNodes: [node], env: ['B=one'] }, two: { env: ['C=two'], additionalGids: [0, 44] } },
    { env: ['A=all'], mounts: [{ hostPath: '/lib', containerPath: '/x', options: ['ro'] }] },
  );
  const spec = emptySpec();
  injectDevices(spec, ['v.com/c=one', 'v.com/c=two'], false, folders);
  expect(spec.process.env).toEqual(['A=all', 'B=one', 'C=two']);
  expect(spec.process.user.additionalGids).toEqual([44]);
  expect(spec.mounts).toEqual([
    { destination: '/x', type: 'bind', source: '/lib', options: ['rbind', 'ro'] },
    { destination: '/a/b' },
  ]);
  expect(spec.linux.devices).toEqual([
    { path: '/dev/made-up', type: 'c', major: 1, minor: 3, fileMode: 0o666, uid: 7, gid: 0 },
  ]);
  expect(spec.linux.resources!.devices).toEqual([
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
  ]);
});

test('in a user namespace the host’s own node is shown', () => {
  write('etc', 'a.json', 'v.com/c', { one: { deviceNodes: [{ path: '/dev/null' }] } });
  const spec = emptySpec();
  injectDevices(spec, ['v.com/c=one'], true, folders);
  expect(spec.linux.devices).toBeUndefined();
  expect(spec.mounts[1] ?? spec.mounts[0]).toMatchObject({ destination: '/dev/null', source: '/dev/null' });
});

test('/var/run/cdi wins over /etc/cdi; two files of one folder are ambiguous; YAML is read', () => {
  write('etc', 'a.json', 'v.com/c', { one: { env: ['FROM=etc'] }, two: {} });
  write('etc', 'b.json', 'v.com/c', { two: {} });
  writeFileSync(
    `${folder.path}/run/c.yaml`,
    'cdiVersion: "0.6.0"\nkind: v.com/c\ndevices:\n- name: one\n  containerEdits:\n    env: [FROM=run]\n- name: 3\n',
  );
  const spec = emptySpec();
  injectDevices(spec, ['v.com/c=one', 'v.com/c=3'], false, folders);
  expect(spec.process.env).toContain('FROM=run');
  expect(() => checkCdiDevices(['v.com/c=two'], folders)).toThrow(/both .*a.json and .*b.json describe it/);
  expect(() => checkCdiDevices(['v.com/c=four'], folders)).toThrow(
    expect.objectContaining({
      code: 'DEVICE_MISSING',
      hint: 'Described are v.com/c=3, v.com/c=one, v.com/c=two',
    }),
  );
  writeFileSync(`${folder.path}/run/d.json`, '{');
  expect(() => checkCdiDevices(['v.com/c=one'], folders)).toThrow(
    expect.objectContaining({ code: 'INVALID_CDI' }),
  );
});

test('--gpus: all, a number, by name; of another vendor when there is no NVIDIA', () => {
  const missing = expect.objectContaining({
    code: 'DEVICE_MISSING',
    hint: expect.stringContaining('nvidia-ctk cdi generate'),
  });
  expect(() => gpuDevices({ count: 'all', ids: [] }, folders)).toThrow(missing);
  write('etc', 'amd.json', 'amd.com/gpu', { 0: {}, 1: {} });
  expect(gpuDevices({ count: 'all', ids: [] }, folders)).toEqual(['amd.com/gpu=0', 'amd.com/gpu=1']);
  write('run', 'nvidia.json', 'nvidia.com/gpu', { all: {}, 0: {}, 1: {}, 10: {}, 'GPU-a': {}, 'GPU-b': {} });
  expect(gpuDevices({ count: 'all', ids: [] }, folders)).toEqual(['nvidia.com/gpu=all']);
  expect(gpuDevices({ count: 2, ids: [] }, folders)).toEqual(['nvidia.com/gpu=0', 'nvidia.com/gpu=1']);
  expect(gpuDevices({ count: 1, ids: ['GPU-b', '10'] }, folders)).toEqual([
    'nvidia.com/gpu=GPU-b',
    'nvidia.com/gpu=10',
  ]);
  expect(() => gpuDevices({ count: 4, ids: [] }, folders)).toThrow(/use 4 GPUs: this host describes 3/);
});
