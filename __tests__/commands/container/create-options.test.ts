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
  [['--network', 'nope'], 'NETWORK_NOT_FOUND'],
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
