import { parseCdiDocument } from '../../../lib/oci/model/cdi.ts';
import { isCdiName } from '../../../lib/oci/model/cdi-name.ts';
import { parseGpus } from '../../../lib/oci/model/gpus.ts';

test.each([
  ['vendor.com/class=name', true],
  ['nvidia.com/gpu=0:1', true],
  ['nvidia.com/gpu=GPU-12ab_x.y', true],
  ['v/c=0', true],
  ['/dev/null', false],
  ['/dev/a=b', false],
  ['vendor.com/class', false],
  ['vendor/class=', false],
  ['1vendor/class=x', false],
  ['vendor/cl.ass=x', false],
  ['vendor/class=-x', false],
  ['vendor/class=x/../y', false],
])('%s is the name of a device: %j', (text, is) => expect(isCdiName(text)).toBe(is));

const document = (device: object, more = {}) => ({
  cdiVersion: '0.6.0',
  kind: 'vendor.com/class',
  devices: [{ name: 'one', containerEdits: device }],
  ...more,
});

test('a document', () => {
  const { kind, edits, devices } = parseCdiDocument(
    document(
      {
        deviceNodes: [{ path: '/dev/a', hostPath: '/dev/b', permissions: 'rw', fileMode: 0o600 }],
        hooks: [{ hookName: 'createContainer', path: '/bin/hook', args: ['hook', 'x'] }],
        additionalGids: [44],
        intelRdt: { closID: 'c' },
      },
      {
        containerEdits: {
          env: ['A=b', 'C='],
          mounts: [{ hostPath: '/lib/x', containerPath: '/usr/x', options: ['ro'] }],
        },
      },
    ),
    'f.json',
  );
  expect(kind).toBe('vendor.com/class');
  const none = { env: [], deviceNodes: [], mounts: [], hooks: [], additionalGids: [] };
  expect(edits).toEqual({
    ...none,
    env: ['A=b', 'C='],
    mounts: [{ hostPath: '/lib/x', containerPath: '/usr/x', options: ['ro'] }],
  });
  expect(devices.get('one')).toEqual({
    ...none,
    deviceNodes: [{ path: '/dev/a', hostPath: '/dev/b', permissions: 'rw', fileMode: 0o600 }],
    hooks: [{ hookName: 'createContainer', path: '/bin/hook', args: ['hook', 'x'] }],
    additionalGids: [44],
    cacheClass: 'c',
  });
});

test.each([
  [document({ env: ['x'] }), /devices\[0\].containerEdits.env\[0\]: is not NAME=VALUE/],
  [document({ hooks: [{ hookName: 'later', path: '/x' }] }), /hookName: later is not one of/],
  [document({ mounts: [{ hostPath: '/x', containerPath: 'x' }] }), /containerPath: must be an absolute path/],
  [document({ netDevices: [] }), /netDevices: is not known to Proa/],
  [document({ intelRdt: { l3CacheSchema: 'x' } }), /l3CacheSchema: is not known to Proa/],
  [document({ deviceNodes: [{ path: '/x', permissions: 'q' }] }), /permissions: q is not some of rwm/],
  [document({}, { cdiVersion: '7' }), /cdiVersion: 7 is not known/],
  [document({}, { kind: 'class' }), /kind: "class" is not VENDOR\/CLASS/],
  [document({}, { devices: [{ name: 'a' }, { name: 'a' }] }), /a is there twice/],
  [[], /it must be an object/],
])('%j is refused', (value, words) => {
  expect(() => parseCdiDocument(value, 'f.json')).toThrow(
    expect.objectContaining({ code: 'INVALID_CDI', message: expect.stringMatching(words) }),
  );
});

test.each([
  ['all', { count: 'all', ids: [] }],
  ['2', { count: 2, ids: [] }],
  ['count=-1', { count: 'all', ids: [] }],
  ['device=1', { count: 1, ids: ['1'] }],
  ['"device=0,2"', { count: 1, ids: ['0', '2'] }],
  ['driver=nvidia,"device=GPU-a,GPU-b","capabilities=gpu,utility"', { count: 1, ids: ['GPU-a', 'GPU-b'] }],
  ['all,capabilities=utility', { count: 'all', ids: [] }],
])('--gpus %s', (text, request) => expect(parseGpus(text)).toEqual(request));

test.each(['', 'some', 'count=x', 'gpu=1'])('--gpus %j is refused', (text) => {
  expect(() => parseGpus(text)).toThrow(expect.objectContaining({ code: 'INVALID_GPUS' }));
});
