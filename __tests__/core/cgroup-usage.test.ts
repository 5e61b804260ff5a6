import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cgroupMode } from '../../lib/core/cgroup-mode.ts';
import { cgroupFolders, readCgroupUsage } from '../../lib/core/cgroup-usage.ts';

const ID = 'c0ffee'.padEnd(64, '0123456789abcdef');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    writeFileSync(`${root}/${path}`, text);
  }
}

const usageOf = (procCgroup: string) => readCgroupUsage(cgroupFolders(procCgroup, ID, root)!);

/** The texts of admin-guide/cgroup-v2.rst and of a kernel 6.18, cut short. */
const V2_FILES = {
  'cpu.stat':
    'usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnice_usec 0\nnr_periods 0\nnr_throttled 0\n',
  'memory.current': '10485760\n',
  'memory.max': '67108864\n',
  'memory.stat':
    'anon 2097152\nfile 8388608\nkernel 0\nactive_anon 0\ninactive_anon 4096\nactive_file 4194304\ninactive_file 4194304\n',
  'io.stat':
    '8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n' +
    '8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n',
  'pids.current': '7\n',
};

function v2Group(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(V2_FILES).map(([name, text]) => [`${folder}/${name}`, text]));
}

const V2_USAGE = {
  cpu: { total: 1_234_567_000, system: 234_567_000 },
  memory: { used: 6_291_456, limit: 67_108_864 },
  blockIo: { read: 91_889_664, written: 613_781_504 },
  pids: 7,
};

test('a group of cgroup v2, of systemd’s making, with an init that has groups of its own', () => {
  const group = `user.slice/user-1000.slice/user@1000.service/user.slice/proa-${ID}.scope`;
  write({ 'cgroup.controllers': 'cpu io memory pids\n', ...v2Group(group) });
  expect(usageOf(`0::/${group}/init.scope\n`)).toEqual(V2_USAGE);
});

test('a group of crun’s own below the scope, where its limits are', () => {
  const scope = `machine.slice/proa-${ID}.scope`;
  write({ 'cgroup.controllers': 'memory\n', ...v2Group(`${scope}/container`) });
  expect(usageOf(`0::/${scope}/container\n`)).toEqual(V2_USAGE);
  expect(usageOf(`0::/${scope}/container/init.scope\n`)).toEqual(V2_USAGE);
  expect(usageOf(`0::/${scope}/containers\n`)).toEqual({});
});

test('without a limit, and with a cache that was read a moment later', () => {
  write({ 'cgroup.controllers': 'memory\n', ...v2Group(`proa-${ID}`) });
  write({ [`proa-${ID}/memory.max`]: 'max\n', [`proa-${ID}/memory.current`]: '4096\n' });
  expect(usageOf(`0::/proa-${ID}\n`).memory).toEqual({ used: 4096, limit: Number.POSITIVE_INFINITY });
});

test('a controller that is not enabled has no figures', () => {
  write({
    'cgroup.controllers': 'cpu\n',
    [`proa-${ID}/cpu.stat`]: V2_FILES['cpu.stat'],
  });
  expect(usageOf(`0::/proa-${ID}\n`)).toEqual({ cpu: V2_USAGE.cpu });
});

const V1_FILES = {
  [`cpuacct/proa-${ID}/cpuacct.usage`]: '359057016\n',
  [`cpuacct/proa-${ID}/cpuacct.usage_sys`]: '2828173\n',
  [`cpuacct/proa-${ID}/cpuacct.usage_percpu`]: '356228843 2828173 \n',
  [`memory/proa-${ID}/memory.usage_in_bytes`]: '2592768\n',
  [`memory/proa-${ID}/memory.limit_in_bytes`]: '9223372036854771712\n',
  [`memory/proa-${ID}/memory.stat`]: 'cache 5\ninactive_file 1\ntotal_cache 5\ntotal_inactive_file 592768\n',
  [`blkio/proa-${ID}/blkio.throttle.io_service_bytes_recursive`]:
    '254:0 Read 8192\n254:0 Write 299008\n254:0 Sync 45056\n254:0 Total 307200\n8:0 Read 8\nTotal 307208\n',
  [`pids/proa-${ID}/pids.current`]: '3\n',
};

test('a group of cgroup v1, with controllers that share a tree', () => {
  write(V1_FILES);
  const lines = [
    '9:name=systemd:/',
    ...['cpu,cpuacct', 'memory', 'blkio', 'pids'].map((c) => `5:${c}:/proa-${ID}`),
  ];
  expect(usageOf(lines.join('\n'))).toEqual({
    cpu: { total: 359_057_016, system: 2_828_173 },
    perCpu: [356_228_843, 2_828_173],
    memory: { used: 2_000_000, limit: Number.POSITIVE_INFINITY },
    blockIo: { read: 8200, written: 299_008 },
    pids: 3,
  });
});

test('hybrid: each figure from the tree that has its controller', () => {
  write({ [`pids/proa-${ID}/pids.current`]: '3\n', ...v2Group(`unified/proa-${ID}`) });
  expect(usageOf(`8:pids:/proa-${ID}\n0::/proa-${ID}\n`)).toEqual({ ...V2_USAGE, pids: 3 });
});

test('a container inside of a container: the inner group, not the outer one', () => {
  const outer = 'f'.repeat(64);
  write({ 'cgroup.controllers': '', ...v2Group(`proa-${outer}/proa-${ID}`) });
  expect(usageOf(`0::/proa-${outer}/proa-${ID}/sub/group\n`)).toEqual(V2_USAGE);
});

test('in a scope of systemd, the group that crun makes in it has the limits', () => {
  const scope = `user.slice/proa-${ID}.scope`;
  write({ 'cgroup.controllers': '', ...v2Group(`${scope}/container`), [`${scope}/memory.max`]: 'max\n' });
  expect(usageOf(`0::/${scope}/container\n`)).toEqual(V2_USAGE);
  expect(usageOf(`0::/${scope}/container/init.scope\n`)).toEqual(V2_USAGE);
});

test('a process in the group of whoever started it has none of its own', () => {
  expect(cgroupFolders('4:memory:/user.slice\n0::/user.slice/session-1.scope\n', ID, root)).toBeUndefined();
});

test('a group that is gone has no figures', () => {
  expect(usageOf(`0::/proa-${ID}\n`)).toEqual({});
});

const unified = cgroupMode() === 'v2' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
const canMakeGroups = process.geteuid!() === 0 && ['v2', 'hybrid'].includes(cgroupMode());
// Making a group takes root and a v2 tree.
(canMakeGroups ? test : test.skip)('a real v2 tree: the time of a busy process', async () => {
  const group = `${unified}/proa-${ID}`;
  mkdirSync(group);
  const child = Bun.spawn(['sh', '-c', 'echo $$ > "$0/cgroup.procs"; while :; do :; done', group]);
  try {
    const folders = cgroupFolders(`0::/proa-${ID}\n`, ID)!;
    const deadline = performance.now() + 5_000;
    while ((readCgroupUsage(folders).cpu?.total ?? 0) < 2e7 && performance.now() < deadline)
      await Bun.sleep(5);
    expect(readCgroupUsage(folders).cpu!.total).toBeGreaterThanOrEqual(2e7);
  } finally {
    child.kill('SIGKILL');
    await child.exited;
    rmdirSync(group);
  }
});
