import { writeFileSync } from 'node:fs';
import { bootId } from '../../../lib/core/boot.ts';
import { listMatching } from '../../../lib/engine/container/list.ts';
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { containerPath, exitFilePath } from '../../../lib/storage/containers.ts';
import { putImage, putName } from '../../../lib/storage/images.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

const GONE = { pid: 2 ** 22 - 1, startTime: 1 };

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

async function names(request: Parameters<typeof listMatching>[1]): Promise<string[]> {
  return (await listMatching(test_.store, request)).containers.map(({ config }) => config.name);
}

test('running ones alone, or all; the newest first', async () => {
  await test_.add({ name: 'young' }, exitedState(0));
  await test_.add({ name: 'old' }, runningState());
  await test_.add({ name: 'oldest' }, { ...runningState(), status: 'paused' });
  expect(await names({})).toEqual(['old', 'oldest']);
  expect(await names({ all: true })).toEqual(['young', 'old', 'oldest']);
  expect(await names({ last: 2 })).toEqual(['young', 'old']);
  expect(await names({ last: -1 })).toEqual(['old', 'oldest']);
});

test('a process that is gone makes its container exited, with the code that conmon left', async () => {
  const { config } = await test_.add({ name: 'dead' }, { ...runningState(GONE) });
  await test_.add({ name: 'rebooted' }, { ...runningState(), bootId: 'another' });
  writeFileSync(exitFilePath(test_.store, config.id), '7');
  const { containers } = await listMatching(test_.store, { all: true });
  expect(containers.map(({ state }) => [state.status, state.exitCode])).toEqual([
    ['exited', 7],
    ['exited', 255],
  ]);
  expect(await names({})).toEqual([]);
  expect(containers[0]!.state.bootId).toBe(bootId());
});

test('a record that cannot be read leaves the others listed', async () => {
  const { config } = await test_.add({ name: 'broken' });
  await test_.add({ name: 'whole' });
  writeFileSync(`${containerPath(test_.store, config.id)}/state.json`, '{"version":1,');
  const { containers, bad } = await listMatching(test_.store, { all: true });
  expect(containers.map((container) => container.config.name)).toEqual(['whole']);
  expect(bad.map(({ error }) => error.code)).toEqual(['CORRUPT_RECORD']);
});

describe('filters', () => {
  beforeEach(async () => {
    await test_.add(
      { name: 'web', labels: { app: 'a', tier: 'front' }, network: { mode: 'host', ports: [] } },
      runningState(),
    );
    const port = { protocol: 'tcp' as const, hostIp: '', containerPort: 80 };
    const mounts = [
      { type: 'volume' as const, source: '/x/_data', destination: '/var/lib', options: [], volume: 'data' },
      { type: 'bind' as const, source: '/srv/files', destination: '/files', options: ['ro'] },
    ];
    await test_.add(
      {
        name: 'webdb',
        labels: { app: 'b' },
        mounts,
        network: { mode: 'bridge', ports: [port] },
        exposedPorts: ['53/udp'],
      },
      {
        ...runningState(),
        network: { network: 'bridge', networkId: '0123456789abcdef', ports: [{ ...port, hostPort: 8080 }] },
      },
    );
    await test_.add({ name: 'job' }, exitedState(3));
    await test_.add({ name: 'fresh' });
  });

  test.each([
    [['name=web'], ['web', 'webdb']],
    [['name=^web$'], ['web']],
    [['name=^/web$'], ['web']],
    [
      ['name=db$', 'name=^jo'],
      ['webdb', 'job'],
    ],
    [['label=app'], ['web', 'webdb']],
    [['label=app=b'], ['webdb']],
    [['label=app', 'label=tier=front'], ['web']],
    [['label=app', 'label=tier=back'], []],
    [['status=exited'], ['job']],
    [
      ['status=exited', 'status=created'],
      ['job', 'fresh'],
    ],
    [['status=restarting'], []],
    [['exited=3'], ['job']],
    [['exited=0'], []],
    [['before=webdb'], ['job', 'fresh']],
    [['since=job'], ['web', 'webdb']],
    [['network=host'], ['web']],
    [['network=0123456789ab'], ['webdb']],
    [['volume=data'], ['webdb']],
    [['volume=/files'], ['webdb']],
    [['volume=/srv/files/'], ['webdb']],
    [['volume=/x/_data'], []],
    [['publish=8080'], ['webdb']],
    [['publish=8000-9000/tcp'], ['webdb']],
    [['publish=80'], []],
    [['expose=80'], ['webdb']],
    [['expose=50-60/udp'], ['webdb']],
    [['name=web', 'network=bridge'], ['webdb']],
  ])('%j', async (filters, expected) => {
    expect(await names({ all: true, filters })).toEqual(expected);
  });

  test('those of a state or an exit code look among all containers', async () => {
    expect(await names({ filters: ['status=created'] })).toEqual(['fresh']);
    expect(await names({ filters: ['exited=3'] })).toEqual(['job']);
    expect(await names({ filters: ['label=app'], last: 1 })).toEqual(['web']);
  });

  test('id by any part of it', async () => {
    const { containers } = await listMatching(test_.store, {});
    const { id } = containers[0]!.config;
    expect(await names({ filters: [`id=${id.slice(0, 12)}`] })).toEqual(['web']);
  });

  test.each([
    ['color=red', 'INVALID_FILTER'],
    ['running', 'INVALID_FILTER'],
    ['status=asleep', 'INVALID_FILTER'],
    ['exited=x', 'INVALID_FILTER'],
    ['name=[', 'INVALID_FILTER'],
    ['publish=http', 'INVALID_FILTER'],
    ['before=nobody', 'CONTAINER_NOT_FOUND'],
  ])('%s is refused', async (filter, code) => {
    await expect(listMatching(test_.store, { filters: [filter] })).rejects.toMatchObject({ code });
  });
});

test('ancestor: the image by its names, its id, and images on its layers', async () => {
  const [base, top] = [sha256Digest('base'), sha256Digest('top')];
  const [layer, other] = [sha256Digest('layer'), sha256Digest('other')];
  for (const [id, diffIds] of [
    [base, [layer]],
    [top, [layer, other]],
  ] as const) {
    const manifest = { digest: id, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 };
    putImage(test_.store, {
      version: 1,
      id,
      manifest,
      diffIds: [...diffIds],
      size: 1,
      os: 'linux',
      architecture: 'amd64',
      repoDigests: [],
    });
  }
  putName(test_.store, parseReference('base'), base);
  putName(test_.store, parseReference('top:1'), top);
  await test_.add({ name: 'on-base', image: { id: base, name: 'base' }, diffIds: [layer] });
  await test_.add({ name: 'on-top', image: { id: top, name: 'top:1' }, diffIds: [layer, other] });
  await test_.add({ name: 'on-lost', image: { id: sha256Digest('lost'), name: 'lost' }, diffIds: [other] });
  const of = (ancestor: string) => names({ all: true, filters: [`ancestor=${ancestor}`] });
  expect(await of('base')).toEqual(['on-base', 'on-top']);
  expect(await of('docker.io/library/base:latest')).toEqual(['on-base', 'on-top']);
  expect(await of('top:1')).toEqual(['on-top']);
  expect(await of(top.slice(7, 19))).toEqual(['on-top']);
  expect(await of('lost')).toEqual(['on-lost']);
  expect(await of('nothing')).toEqual([]);
});
