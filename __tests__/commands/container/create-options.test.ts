import { writeFileSync } from 'node:fs';
import { parseFlags } from '../../../lib/cli/flags.ts';
import {
  createOptions,
  parseRestartPolicy,
  readCreateOptions,
} from '../../../lib/commands/container/create-options.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

function read(words: readonly string[], rootless = false) {
  const parsed = parseFlags(words, createOptions, { interspersed: false });
  return readCreateOptions(parsed as unknown as Parameters<typeof readCreateOptions>[0], rootless);
}

test('what is not given is left to the image and the engine', () => {
  expect(read(['app', 'echo', '-n', '--rm'])).toMatchObject({
    command: ['echo', '-n', '--rm'],
    entrypoint: undefined,
    env: [],
    mounts: [],
    ports: [],
    networkMode: 'bridge',
    resources: {},
    restart: { name: 'no', maximumRetryCount: 0 },
    stopSignal: undefined,
    stopTimeout: undefined,
    autoRemove: false,
  });
});

test.each<[string[], object]>([
  [['-it'], { tty: true, openStdin: true, stdinOnce: true }],
  [['--entrypoint', ''], { entrypoint: [] }],
  [['--entrypoint', 'a b'], { entrypoint: ['a b'] }],
  [['--entrypoint', '["a","b c"]'], { entrypoint: ['a', 'b c'] }],
  [['--entrypoint', '['], { entrypoint: ['['] }],
  [['--entrypoint', '[1]'], { entrypoint: ['[1]'] }],
  [['-l', 'a=b=c', '-l', 'd'], { labels: { a: 'b=c', d: '' } }],
  [
    ['--cpus', '1.5', '-m', '64m', '--pids-limit', '-1'],
    { resources: { cpus: 1.5, memory: 64 << 20, pidsLimit: -1 } },
  ],
  [['--cpus', '0'], { resources: { cpus: undefined } }],
  [['-e', 'A=b', '-e', 'PROA_TEST_UNSET'], { env: expect.arrayContaining(['A=b']) }],
])('%j', (words, expected) => {
  expect(read([...words, 'app'])).toMatchObject(expected);
});

test('a user has pasta where root has a bridge', () => {
  for (const words of [[], ['--net', 'default'], ['--network=private'], ['--network', 'bridge']]) {
    expect([false, true].map((rootless) => read([...words, 'app'], rootless).networkMode)).toEqual([
      'bridge',
      'pasta',
    ]);
  }
  expect(read(['--net=host', 'app'], true).networkMode).toBe('host');
});

test('env files come before -e', () => {
  using folder = new TemporaryFolder();
  writeFileSync(`${folder.path}/env`, '# no\nA=file\nB=file\n');
  expect(read(['-e', 'A=mine', '--env-file', `${folder.path}/env`, 'app']).env).toEqual([
    'A=file',
    'B=file',
    'A=mine',
  ]);
});

test.each<[string[], string]>([
  [['--rm', '--restart', 'always'], 'CONFLICTING_OPTIONS'],
  [['--cpus', 'many'], 'INVALID_OPTION'],
  [['--cpus', '-1'], 'INVALID_OPTION'],
  [['--restart', 'sometimes'], 'INVALID_OPTION'],
  [['--stop-signal', 'NOPE'], 'INVALID_SIGNAL'],
  [['-v', 'a:b:c:d'], 'INVALID_MOUNT'],
  [['--env-file', '/nonexistent'], 'ENV_FILE'],
])('%j is refused before anything is made', (words, code) => {
  expect(() => read([...words, 'app'])).toThrow(expect.objectContaining({ code }));
});

test('a capability that does not exist, and a root that is no folder', () => {
  expect(() => read(['--cap-add', 'NOPE', 'app'])).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/NOPE/) }),
  );
  for (const root of ['/nonexistent', '/etc/passwd'])
    expect(() => read(['--rootfs', root])).toThrow(expect.objectContaining({ code: 'ROOTFS_MISSING' }));
  expect(read(['--rootfs', '/etc', 'sh'])).toMatchObject({ rootfs: '/etc', command: ['sh'] });
});

test.each([
  ['', 'no', 0],
  ['no', 'no', 0],
  ['never', 'no', 0],
  ['always', 'always', 0],
  ['unless-stopped', 'unless-stopped', 0],
  ['on-failure', 'on-failure', 0],
  ['on-failure:5', 'on-failure', 5],
])('--restart %j', (text, name, maximumRetryCount) => {
  expect(parseRestartPolicy(text)).toEqual({ name, maximumRetryCount });
});

test.each([':3', 'always:3', 'on-failure:', 'on-failure:-1', 'on-failure:x', 'ALWAYS'])(
  '--restart %j is refused',
  (text) => {
    expect(() => parseRestartPolicy(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  },
);

test.each<[string[], object]>([
  [['--pid=host', '--ipc', 'container:a'], { namespaces: { pid: 'host', ipc: 'container:a' } }],
  [['--sysctl', 'net/core/somaxconn=7'], { sysctls: { 'net.core.somaxconn': '7' } }],
  [
    ['--shm-size', '1m', '--cgroup-parent', 'a', '--cgroups', 'no-conmon'],
    { shmSize: 1 << 20, cgroupParent: 'a' },
  ],
  [['--shm-size=0'], { shmSize: undefined }],
  [
    ['--device', '/dev/a:/dev/b:r,/dev/c', '--device-cgroup-rule', 'c 1:* rwm'],
    {
      devices: [
        { host: '/dev/a', container: '/dev/b', access: 'r' },
        { host: '/dev/c', container: '/dev/c', access: 'rwm' },
      ],
      deviceCgroupRules: ['c 1:* rwm'],
    },
  ],
  [['--group-add', 'a,b', '--group-add=7'], { groupAdd: ['a', 'b', '7'] }],
  [['--umask=77'], { umask: '0077' }],
  [['--unsetenv', 'A,B'], { unsetEnv: ['A', 'B'] }],
  [['--unsetenv-all'], { unsetEnv: 'all' }],
  [['--passwd-entry', 'x', '--passwd=false'], { passwd: false, passwdEntry: undefined }],
  [['--annotation', 'a=b=c', '--annotation', 'd'], { annotations: { a: 'b=c', d: '' } }],
  [['-a', 'STDIN', '-a', 'stdout'], { attach: ['stdin', 'stdout'] }],
  [['--chrootdirs=/a/,/b'], { chrootDirs: ['/a', '/b'] }],
  [['--pidfile=/run/x', '--timeout=5'], { pidFile: '/run/x', timeout: 5 }],
])('%j, of the rarer options', (words, options) => {
  expect(read([...words, 'app']).options).toMatchObject(options);
});

test.each<[string[], object]>([
  [['--memory-swap', '-1', '-m', '64m'], { memorySwap: -1, memory: 64 << 20 }],
  [['--memory-swap', '1g', '-m', '0'], { memorySwap: 1 << 30, memory: undefined }],
  [['-c', '512', '--cpuset-cpus', '0-1'], { cpuShares: 512, cpusetCpus: '0-1' }],
  [['--memory-swappiness=-1'], { memorySwappiness: undefined }],
  [['--blkio-weight-device', '/dev/a:500'], { blkioWeightDevice: [{ path: '/dev/a', value: 500 }] }],
  [['--device-read-bps', '/dev/a:1mb'], { deviceReadBps: [{ path: '/dev/a', value: 1 << 20 }] }],
  [['--cgroup-conf', 'memory.high=1'], { cgroupConf: { 'memory.high': '1' } }],
])('%j, of the limits', (words, resources) => {
  expect(read([...words, 'app']).resources).toMatchObject(resources);
});

test.each<[string[], string]>([
  [['--pid', 'some'], 'INVALID_OPTION'],
  [['--ipc', 'container:'], 'INVALID_OPTION'],
  [['--umask', '99'], 'INVALID_OPTION'],
  [['-a', 'stdlog'], 'INVALID_OPTION'],
  [['--systemd', 'maybe'], 'INVALID_OPTION'],
  [['--memory-swap', 'much'], 'INVALID_OPTION'],
  [['--device-write-bps', '/dev/a'], 'INVALID_OPTION'],
  [['--chrootdirs', 'a'], 'INVALID_OPTION'],
  [['--sysctl', 'kernel.pid_max=1'], 'INVALID_SYSCTL'],
  [['--device', 'null'], 'INVALID_DEVICE'],
  [['--device-cgroup-rule', 'x 1:2 r'], 'INVALID_DEVICE'],
  [['--hostuser', 'nobody-there'], 'USER_NOT_FOUND'],
  [['--label-file', '/nonexistent'], 'LABEL_FILE'],
  [['--env-merge', 'A'], 'INVALID_ENV'],
  [['--replace'], 'MISSING_OPTION'],
  [['--init-path=/x'], 'MISSING_OPTION'],
  [['--pod', 'p'], 'OPTION_REFUSED'],
  [['--isolation', 'process'], 'OPTION_REFUSED'],
  [['--link-local-ip', '169.254.1.2'], 'OPTION_REFUSED'],
])('%j is refused too', (words, code) => {
  expect(() => read([...words, 'app'])).toThrow(expect.objectContaining({ code }));
});
