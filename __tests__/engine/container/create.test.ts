import { readdirSync } from 'node:fs';
import { type CreateRequest, createContainer } from '../../../lib/engine/container/create.ts';
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { putBlob } from '../../../lib/storage/blobs.ts';
import { readContainer } from '../../../lib/storage/containers.ts';
import type { ImageRecord } from '../../../lib/storage/images.ts';
import { resolveName } from '../../../lib/storage/names.ts';
import { TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

/** An image with this configuration and these layers, of which nothing but the names is there. */
function image(config: object, diffIds: string[] = []): CreateRequest['image'] {
  const document = {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const id = putBlob(records.store, Buffer.from(JSON.stringify(document)));
  return { record: { id, diffIds } as unknown as ImageRecord, name: 'app' };
}

async function create(request: Partial<CreateRequest>) {
  const { config, lock, warnings } = await createContainer(records.engine, {
    command: [],
    env: [],
    tty: false,
    openStdin: false,
    stdinOnce: false,
    autoRemove: false,
    labels: {},
    mounts: [],
    networkMode: 'none',
    ports: [],
    privileged: false,
    readonlyRootfs: false,
    init: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    ulimits: [],
    resources: {},
    restart: { name: 'no', maximumRetryCount: 0 },
    createCommand: [],
    ...request,
  });
  lock[Symbol.dispose]();
  return { config, warnings };
}
const traces = (): string[] =>
  ['tmp', 'containers', 'names', 'volumes'].flatMap((folder) => readdirSync(`${records.root}/${folder}`));

test.each<[string, Pick<CreateRequest, 'entrypoint'> & { command?: string[] }, string[], string[]]>([
  ['neither', {}, ['entry'], ['cmd', 'arg']],
  ['arguments', { command: ['mine'] }, ['entry'], ['mine']],
  ['--entrypoint', { entrypoint: ['mine'] }, ['mine'], []],
  ['both', { entrypoint: ['mine'], command: ['args'] }, ['mine'], ['args']],
  ['an empty --entrypoint and arguments', { entrypoint: [], command: ['args'] }, [], ['args']],
])('what runs, given %s', async (_, request, entrypoint, command) => {
  const { config } = await create({
    image: image({ Entrypoint: ['entry'], Cmd: ['cmd', 'arg'] }),
    ...request,
  });
  expect([config.entrypoint, config.command]).toEqual([entrypoint, command]);
});

test('the image’s defaults, and what the request puts over them', async () => {
  const defaults = {
    Cmd: ['sh'],
    Env: ['PATH=/bin', 'A=image', 'B=image'],
    Labels: { a: 'image', b: 'image' },
    WorkingDir: '/srv',
    User: 'app',
    StopSignal: 'SIGQUIT',
  };
  const { config } = await create({
    image: image(defaults),
    name: 'web',
    env: ['A=mine', 'B', 'C=new=1'],
    labels: { b: 'mine' },
    workingDir: '/srv/../etc/',
    user: '',
  });
  expect(config).toMatchObject({
    name: 'web',
    env: ['PATH=/bin', 'A=mine', 'C=new=1'],
    labels: { a: 'image', b: 'mine' },
    user: '',
    stopSignal: 'SIGQUIT',
    stopTimeout: 10,
    hostname: config.id.slice(0, 12),
  });
  expect(config.workingDir).toMatch(/^\/etc\/?$/);
  expect(resolveName(records.store, 'web')).toBe(config.id);
  expect(readContainer(records.store, config.id)!.config).toEqual(JSON.parse(JSON.stringify(config)));
});

test('without a name it gets one', async () => {
  const { config } = await create({ rootfs: '/', command: ['sh'] });
  expect(config.name).toMatch(/^[a-z]+_[a-z]+$/);
  expect(resolveName(records.store, config.name)).toBe(config.id);
});

test.each<[string, string, () => Partial<CreateRequest>]>([
  ['no command', 'NO_COMMAND', () => ({ image: image({ Cmd: ['sh'] }), entrypoint: [] })],
  [
    'a relative working directory',
    'INVALID_WORKDIR',
    () => ({ rootfs: '/', command: ['sh'], workingDir: 'srv' }),
  ],
  ['a bad name', 'INVALID_NAME', () => ({ rootfs: '/', command: ['sh'], name: '../x' })],
  [
    'a layer that is gone',
    'LAYER_MISSING',
    () => ({ image: image({ Cmd: ['sh'] }, [sha256Digest('gone')]) }),
  ],
  [
    'two mounts on one place',
    'INVALID_MOUNT',
    () => {
      const mount = {
        type: 'volume' as const,
        source: '',
        destination: '/x',
        options: [],
        createSource: true,
      };
      return { image: image({ Cmd: ['sh'], Volumes: { '/v': {} } }), mounts: [mount, mount] };
    },
  ],
])('%s: nothing is left', async (_, code, request) => {
  await expect(create(request())).rejects.toMatchObject({ code });
  expect(traces()).toEqual([]);
});

test('an image’s volumes that were made go again when the rest fails', async () => {
  const request = { image: image({ Cmd: ['sh'], Volumes: { '/v': {} } }), workingDir: 'relative' };
  await expect(create(request)).rejects.toMatchObject({ code: 'INVALID_WORKDIR' });
  expect(traces()).toEqual([]);
});

test('a name that is taken is told, and its holder keeps it', async () => {
  const { config } = await create({ rootfs: '/', command: ['sh'], name: 'web' });
  await expect(create({ rootfs: '/', command: ['sh'], name: 'web' })).rejects.toMatchObject({
    code: 'NAME_IN_USE',
  });
  expect(resolveName(records.store, 'web')).toBe(config.id);
  expect(readdirSync(`${records.root}/containers`)).toEqual([config.id]);
});
