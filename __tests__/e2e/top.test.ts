/** `top`: Docker's form, Podman's descriptors, and options of ps. */
import { collect, eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const cells = (line: string | undefined): string[] => line!.split(/ {2,}/);

describeAs(['root', 'user'], (machine) => {
  test('the processes of one container, and no others', async () => {
    const script = 'sleep 1000 & exec sleep 2000';
    await machine.ok('run', '-d', '--name=other', '--network=none', IMAGE, 'sleep', '3000');
    await machine.ok('run', '-d', '--name=c', '--network=none', '--user=app', IMAGE, 'sh', '-c', script);
    const pid = String(await machine.inspect('c', '{{.State.Pid}}'));

    // The shell forks first.
    const top = () => machine.ok('top', 'c');
    const table = await eventually(top, (text) => /2000\n.*sleep 1000$/.test(text));
    const [heading, first, second, ...more] = table.split('\n');
    expect(cells(heading)).toEqual(['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
    expect(heading).toMatch(/^UID {17}PID {17}PPID {16}C {19}STIME {15}TTY {17}TIME {16}CMD$/);
    expect(cells(first)).toEqual([
      expect.any(String),
      pid,
      expect.any(String),
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^\d\d:\d\d$/),
      '?',
      '00:00:00',
      'sleep 2000',
    ]);
    expect(cells(second).slice(2)).toEqual([pid, ...Array(4).fill(expect.any(String)), 'sleep 1000']);
    expect(more).toEqual([]);
    // The same from ps itself, but for the load and the second of the start.
    const lasting = (text: string) =>
      text.split('\n').map((line) => cells(line).filter((_, i) => i !== 3 && i !== 4));
    expect(lasting(await machine.ok('top', 'c', '-ef'))).toEqual(lasting(table));
    expect(await machine.ok('top', 'c', '-o', 'pid,args')).toMatch(
      new RegExp(`^PID {17}COMMAND\\n${pid} +sleep 2000\\n\\d+ +sleep 1000$`),
    );

    const descriptors = ['pid', 'ppid', 'user,huser', 'group', 'groups', 'capeff', 'seccomp', '%c'];
    const rows = (await machine.ok('container', 'top', '-l', ...descriptors)).split('\n').map(cells);
    // Of root's containers it is this machine's 1000, whoever that is; of a user's, a subordinate id.
    const known = (await collect(['id', '-un', '1000'])).out.trim() || '1000';
    const host = machine.who === 'root' ? known : expect.stringMatching(/^\d{4,}$/);
    expect(rows[0]).toEqual([
      'PID',
      'PPID',
      'USER',
      'HUSER',
      'GROUP',
      'GROUPS',
      'EFFECTIVE CAPS',
      'SECCOMP',
      'COMMAND',
    ]);
    expect(rows[1]).toEqual(['1', '0', 'app', host, 'staff', 'audio,staff', 'none', 'filter', 'sleep']);
    expect(rows[2]!.slice(0, 3)).toEqual(['2', '1', 'app']);

    expect(await machine.proa('top', 'c', '-o', 'user')).toMatchObject({ code: 1, out: '' });
    await machine.ok('create', '--name=idle', IMAGE, 'true');
    expect(await machine.proa('top', 'idle')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('top', '-l', 'pid')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('top', 'nobody')).toMatchObject({ code: 1, out: '' });
  });
});
