import { existsSync, readFileSync } from 'node:fs';
import { inNetworkNamespace, openFileLimit, tryKill } from '../../../lib/core/sys/process.ts';
import { BunProcess } from '../../helpers/bun-process.ts';

const asRoot = process.geteuid!() === 0 ? test : test.skip;
const IMPORT = "import * as sys from 'LIB/core/sys/process.ts';";

test('execve replaces the process: same pid, the arguments and the environment given', async () => {
  const script = `${IMPORT}
    sys.execve('/bin/sh', ['sh', '-c', 'echo $$ "$1" $A $HOME.', '-', 'x  y'], { A: '1 ü', HOME: undefined });`;
  await using child = new BunProcess(script);
  expect(await child.line()).toBe(`${child.pid} x  y 1 ü .`);
});

test('execve that fails says why and comes back', async () => {
  await using child = new BunProcess(`${IMPORT} console.log(sys.execve('/etc/passwd', ['x'], {}));`);
  expect(await child.line()).toBe('-13');
});

test('a child dies with its parent when it asked for that', async () => {
  const inner = `${IMPORT.replace('LIB', `${process.cwd()}/lib`)}
    sys.setParentDeathSignal(9); console.log(process.pid); setTimeout(() => {}, 60_000);`;
  const outer = `const child = Bun.spawn([process.execPath, '-e', process.argv[1]], { stdout: 'pipe' });
    const { value } = await child.stdout.getReader().read();
    console.log(Buffer.from(value).toString().trim()); setTimeout(() => {}, 60_000);`;
  await using parent = new BunProcess(outer, [inner]);
  const pid = Number(await parent.line());
  expect(tryKill(pid, 0)).toBe(0);
  await parent.kill();
  const alive = () =>
    existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  for (let i = 0; i < 200 && alive(); i++) await Bun.sleep(5);
  expect(alive()).toBe(false);
});

test('an orphan below a subreaper becomes its child', async () => {
  const script = `${IMPORT}
    import { readFileSync } from 'node:fs';
    sys.setChildSubreaper();
    const out = Bun.spawnSync(['sh', '-c', 'sleep 5 >/dev/null 2>&1 & echo $!']).stdout.toString().trim();
    const parent = readFileSync('/proc/' + out + '/stat', 'latin1').split(') ')[1].split(' ')[1];
    process.kill(Number(out), 'SIGKILL');
    console.log(Number(parent) === process.pid);`;
  await using child = new BunProcess(script);
  expect(await child.line()).toBe('true');
});

asRoot('after chroot the root is the folder, and so is the current folder (skipped for users)', async () => {
  const script = `${IMPORT}
    import { readdirSync } from 'node:fs';
    sys.chroot('/proc/self/fdinfo/..');
    console.log(process.cwd(), readdirSync('/').includes('fdinfo'));`;
  await using child = new BunProcess(script);
  expect(await child.line()).toBe('/ true');
});

test('the limit of open files is the one of /proc', () => {
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(
    readFileSync('/proc/self/limits', 'latin1'),
  )!;
  expect(openFileLimit()).toEqual({ soft: Number(soft), hard: Number(hard) });
});

test('a process that is not there is ESRCH', () => {
  expect(tryKill(2 ** 22 + 1, 0)).toBe(-3);
});

asRoot(
  'work in a new network namespace sees only lo, and comes back also when it fails (skipped for users)',
  () => {
    const devices = () => readFileSync('/proc/thread-self/net/dev', 'latin1').match(/^\s*\w+(?=:)/gm)!;
    const home = devices();
    expect(inNetworkNamespace('new', devices).map((name) => name.trim())).toEqual(['lo']);
    expect(() =>
      inNetworkNamespace('new', () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(devices()).toEqual(home);
    expect(() => inNetworkNamespace('/nowhere', devices)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(devices()).toEqual(home);
  },
);
