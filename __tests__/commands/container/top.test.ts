import {
  DESCRIPTOR_NAMES,
  descriptorTable,
  nameOf,
  parseDescriptors,
} from '../../../lib/commands/container/top-descriptors.ts';
import { fullTable } from '../../../lib/commands/container/top-full.ts';
import type { ProcessFacts, ProcessList } from '../../../lib/engine/container/process-facts.ts';

const NOW = new Date(2026, 10, 21, 12, 30).getTime();

const root = { inside: 0, here: 100_000, outside: 100_000 };
const app = { inside: 1000, here: 101_000, outside: 101_000 };
const PROCESS: ProcessFacts = {
  hostPid: 4761,
  hostParent: 4740,
  pid: 7,
  parent: 1,
  group: 7,
  name: 'sleep',
  args: ['sleep', '100'],
  state: 'S',
  tty: 'pts/0',
  nice: -5,
  cpuTime: 90_061_000,
  elapsed: 180_122_000,
  startedAt: NOW - 180_122_000,
  resident: 1440,
  virtual: 2268,
  user: { real: root, effective: app },
  userGroup: { real: root, effective: app },
  groups: [root, app],
  capabilities: { Inh: '0', Prm: '1ffffffffff', Eff: '0000000000000401', Bnd: '0', Amb: '0' },
  seccomp: 2,
  label: '',
};
const LIST: ProcessList = {
  processes: [PROCESS],
  names: {
    inside: {
      passwd: '# no one:x:0:\nroot:x:0:0:root:/root:/bin/sh\napp:x:1000:50::/:\n',
      group: 'wheel:x:0:app\nstaff:x:1000:\n',
    },
    outside: { passwd: 'someone:x:101000:1::/:\n', group: '' },
  },
};

test('what docker shows: as ps -ef, with the host’s numbers', () => {
  expect(fullTable(LIST, NOW)[1]).toEqual([
    'someone',
    '4761',
    '4740',
    '50',
    'Nov19',
    'pts/0',
    '01-01:01:01',
    'sleep 100',
  ]);
  const young = { ...PROCESS, startedAt: NOW - 60_000, args: [], cpuTime: 0 };
  const { tty: _, ...daemon } = young;
  expect(fullTable({ ...LIST, processes: [daemon] }, NOW)[1]!.slice(3)).toEqual([
    '0',
    '12:29',
    '?',
    '00:00:00',
    '[sleep]',
  ]);
  expect(fullTable({ ...LIST, processes: [{ ...young, startedAt: 0 }] }, NOW)[1]![4]).toBe('1970');
});

test('all of podman’s descriptors', () => {
  const [headers, row] = descriptorTable(LIST, DESCRIPTOR_NAMES);
  expect(Object.fromEntries(DESCRIPTOR_NAMES.map((name, i) => [name, `${headers![i]}: ${row![i]}`]))).toEqual(
    {
      args: 'COMMAND: sleep 100',
      capamb: 'AMBIENT CAPS: none',
      capbnd: 'BOUNDING CAPS: none',
      capeff: 'EFFECTIVE CAPS: CHOWN,NET_BIND_SERVICE',
      capinh: 'INHERITED CAPS: none',
      capprm: 'PERMITTED CAPS: full',
      comm: 'COMMAND: sleep',
      etime: 'ELAPSED: 50h2m2s',
      group: 'GROUP: staff',
      groups: 'GROUPS: wheel,staff',
      hgroup: 'HGROUP: 101000',
      hgroups: 'HGROUPS: 100000,101000',
      hpid: 'HPID: 4761',
      huser: 'HUSER: someone',
      label: 'LABEL: ?',
      nice: 'NI: -5',
      pcpu: '%CPU: 50.000',
      pgid: 'PGID: 7',
      pid: 'PID: 7',
      ppid: 'PPID: 1',
      rgroup: 'RGROUP: wheel',
      rss: 'RSS: 1440',
      ruser: 'RUSER: root',
      seccomp: 'SECCOMP: filter',
      state: 'STATE: S',
      stime: `STIME: ${new Date(NOW - 180_122_000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
      time: 'TIME: 25h1m1s',
      tty: 'TTY: pts/0',
      user: 'USER: app',
      vsz: 'VSZ: 2268',
    },
  );
});

test('words are descriptors when all of them are', () => {
  expect(parseDescriptors(['pid', 'user,%C', ' %z'])).toEqual(['pid', 'user', 'pcpu', 'vsz']);
  for (const words of [
    [],
    ['aux'],
    ['pid', '-o'],
    ['pid,nope'],
    ['%q'],
    ['-eo', 'pid,user'],
    ['constructor'],
  ])
    expect(parseDescriptors(words)).toBeUndefined();
});

test('an id without a name is shown as a number', () => {
  expect(nameOf('a:x:10:\nab:x:1:\n', 1)).toBe('ab');
  expect(nameOf('a:x:10:\n', 1)).toBe('1');
  expect(nameOf('', 0)).toBe('0');
});
