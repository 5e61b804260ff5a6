import { mkdirSync, writeFileSync } from 'node:fs';
import { compileTemplate } from '../../../lib/cli/template/compile.ts';
import { inspectContainer } from '../../../lib/engine/container/inspect.ts';
import { bundlePath, containerPath } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const VOLUME = 'ab'.repeat(32);
const PORT = {
  protocol: 'tcp' as const,
  hostIp: '',
  containerPort: 80,
  hostPorts: { first: 8080, last: 8080 },
};
const WEB = {
  name: 'web',
  entrypoint: ['/entry'],
  command: ['serve', '--all'],
  env: ['PATH=/bin', 'A=1'],
  labels: { 'com.example.key': 'value' },
  mounts: [
    { type: 'bind' as const, source: '/srv/files', destination: '/files', options: ['ro', 'rslave'] },
    { type: 'volume' as const, source: '/v/data/_data', destination: '/data', options: [], volume: 'data' },
    {
      type: 'volume' as const,
      source: `/v/${VOLUME}/_data`,
      destination: '/anon',
      options: [],
      volume: VOLUME,
    },
    { type: 'tmpfs' as const, source: 'tmpfs', destination: '/scratch', options: ['size=1m'] },
  ],
  network: { mode: 'bridge', ports: [PORT, { ...PORT, hostIp: '127.0.0.1', hostPorts: undefined }] },
  exposedPorts: ['443/tcp', '53/udp'],
  capAdd: ['net_admin'],
  ulimits: ['nofile=64:128'],
  resources: { memory: 64 * 1024 * 1024, cpus: 1.5 },
  restart: { name: 'on-failure' as const, maximumRetryCount: 3 },
};
const NETWORK = {
  mode: 'bridge',
  network: 'bridge',
  networkId: 'feed',
  ip: '10.86.0.2',
  prefix: 16,
  gateway: '10.86.0.1',
  mac: '02:42:0a:56:00:02',
  ports: [{ protocol: 'tcp', hostIp: '', hostPort: 8080, containerPort: 80 }],
};

test("a running container, by Docker's members", async () => {
  const state = { ...runningState(), network: NETWORK, runtime: '/usr/bin/crun', restartCount: 2 };
  const { config } = await test_.add(WEB, state);
  const bundle = bundlePath(test_.store, config.id);
  mkdirSync(`${bundle}/x0123abcd`, { recursive: true });
  const web = inspectContainer(test_.engine, 'web');
  expect(web).toMatchObject({
    Id: config.id,
    Name: '/web',
    Path: '/entry',
    Args: ['serve', '--all'],
    RestartCount: 2,
    ExecIDs: ['x0123abcd'],
    HostsPath: `${bundle}/hosts`,
    State: {
      Status: 'running',
      Running: true,
      Paused: false,
      Pid: process.pid,
      ExitCode: 0,
      StartedAt: state.startedAt,
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    HostConfig: {
      Binds: ['/srv/files:/files:ro,rslave', 'data:/data'],
      NetworkMode: 'bridge',
      PortBindings: {
        '80/tcp': [
          { HostIp: '', HostPort: '8080' },
          { HostIp: '127.0.0.1', HostPort: '' },
        ],
      },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      CapAdd: ['CAP_NET_ADMIN'],
      Tmpfs: { '/scratch': 'size=1m' },
      Runtime: 'crun',
      Memory: 67_108_864,
      MemorySwap: 134_217_728,
      NanoCpus: 1_500_000_000,
      PidsLimit: 2048,
      Ulimits: [{ Name: 'nofile', Soft: 64, Hard: 128 }],
    },
    Config: {
      Env: ['PATH=/bin', 'A=1'],
      Cmd: ['serve', '--all'],
      Entrypoint: ['/entry'],
      Labels: { 'com.example.key': 'value' },
      ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '53/udp': {} },
      Volumes: { '/anon': {} },
      StopSignal: 'SIGTERM',
    },
    NetworkSettings: {
      IPAddress: '10.86.0.2',
      IPPrefixLen: 16,
      Gateway: '10.86.0.1',
      MacAddress: '02:42:0a:56:00:02',
      Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '443/tcp': null, '53/udp': null },
      SandboxKey: `${test_.runRoot}/netns/${config.id}`,
      Networks: { bridge: { IPAddress: '10.86.0.2', NetworkID: 'feed' } },
    },
    OCIRuntime: 'crun',
  });
  expect(web.Mounts).toEqual([
    {
      Type: 'bind',
      Source: '/srv/files',
      Destination: '/files',
      Mode: 'ro,rslave',
      RW: false,
      Propagation: 'rslave',
      Options: ['ro', 'rslave'],
    },
    expect.objectContaining({ Type: 'volume', Name: 'data', Driver: 'local', RW: true, Propagation: '' }),
    expect.objectContaining({ Type: 'volume', Name: VOLUME }),
  ]);
  expect(web.EffectiveCaps).toContain('CAP_NET_ADMIN');
});

test('one that does not run has no process, addresses, ports or files in RUNROOT', async () => {
  await test_.add(WEB, { ...exitedState(3), network: NETWORK, error: 'why' });
  const web = inspectContainer(test_.engine, 'web');
  expect(web.State).toMatchObject({ Status: 'exited', Running: false, Pid: 0, ExitCode: 3, Error: 'why' });
  expect(web.NetworkSettings).toMatchObject({ IPAddress: '', Ports: {}, SandboxKey: '' });
  expect(web).toMatchObject({ ResolvConfPath: '', ExecIDs: null });
});

test('a container that never started, without a PATH of its own', async () => {
  await test_.add({ name: 'new', command: ['true'] });
  const container = inspectContainer(test_.engine, 'new');
  expect(container.State).toMatchObject({ Status: 'created', StartedAt: '0001-01-01T00:00:00Z' });
  expect(container.Config).toMatchObject({ Entrypoint: null, Cmd: ['true'], Volumes: null });
  expect(container.Config.Env[0]).toMatch(/^PATH=.*\/usr\/bin/);
  expect(container.Rootfs).toBe('/srv/root');
});

test('--size measures what the container wrote, a file of two names once', async () => {
  const { config } = await test_.add({ name: 'writer' });
  const upper = `${containerPath(test_.store, config.id)}/upper`;
  mkdirSync(`${upper}/deep/deeper`, { recursive: true });
  writeFileSync(`${upper}/deep/deeper/file`, 'x'.repeat(1000));
  const { linkSync, symlinkSync } = await import('node:fs');
  linkSync(`${upper}/deep/deeper/file`, `${upper}/same`);
  symlinkSync('/etc', `${upper}/link`);
  expect(inspectContainer(test_.engine, 'writer', { size: true })).toMatchObject({
    SizeRw: 1004,
    SizeRootFs: 1004,
  });
  expect(inspectContainer(test_.engine, 'writer')).not.toHaveProperty('SizeRw');
});

test("the templates that tools use on Docker's", async () => {
  await test_.add(WEB, { ...runningState(), network: NETWORK });
  const web = inspectContainer(test_.engine, 'web');
  const render = (template: string): string => compileTemplate(template)(web);
  expect(render('{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')).toBe('10.86.0.2');
  expect(render('{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}')).toBe('8080');
  expect(render('{{index .Config.Labels "com.example.key"}}')).toBe('value');
  expect(render('{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}')).toBe('true on-failure');
  expect(render('{{range .Mounts}}{{.Type}}:{{.Destination}} {{end}}')).toBe(
    'bind:/files volume:/data volume:/anon ',
  );
  expect(render('{{json .Config.Cmd}}')).toBe('["serve","--all"]');
});

test('by unique prefix; a missing one', async () => {
  const { config } = await test_.add({ name: 'one' });
  expect(inspectContainer(test_.engine, config.id.slice(0, 10)).Id).toBe(config.id);
  expect(() => inspectContainer(test_.engine, 'two')).toThrow('no such container');
});
