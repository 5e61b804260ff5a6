/** Real reboots: what comes back, for root and for a user who lingers, and how containers end before. */
import { eventually } from '../e2e/support/child.ts';
import { Vm, WHILE } from './support/vm.ts';

const vm = new Vm();
const ACCOUNTS = ['root', 'app'] as const;

/** Says what happens to it, in a volume. */
const SCRIPT = 'trap "echo ended >> /v/log; exit 0" TERM; echo up >> /v/log; sleep 1000 & wait';

beforeAll(async () => {
  await vm.open();
  await vm.withImage('root', 'app');
  await vm.ok('systemctl --user enable --now proa-restart.service', { as: 'app' });
  for (const as of ACCOUNTS) {
    for (const [name, policy] of Object.entries({
      always: 'always',
      running: 'unless-stopped',
      stopped: 'unless-stopped',
      none: 'no',
    })) {
      await vm.ok(
        `proa run -d --name ${name} --network none --restart=${policy} -v ${name}:/v bb sh -c '${SCRIPT}'`,
        { as },
      );
    }
    const port = as === 'root' ? 8080 : 8081;
    const serve = 'echo hi > index.html; exec httpd -f -p 80';
    await vm.ok(`proa run -d --name web --restart=always -p ${port}:80 bb sh -c '${serve}'`, { as });
    await vm.ok('proa stop stopped', { as });
  }
});
afterAll(() => vm.close());

async function running(as: (typeof ACCOUNTS)[number]): Promise<string[]> {
  return (await vm.ok("proa ps --format '{{.Names}}'", { as })).split('\n').sort();
}

function log(as: (typeof ACCOUNTS)[number], name: string): Promise<string> {
  return vm.ok(`cat "$(proa volume inspect --format '{{.Mountpoint}}' ${name})/log"`, { as });
}

describe('after a reboot', () => {
  beforeAll(() => vm.reboot());

  test.each(ACCOUNTS)('%s: always and unless-stopped are back, what a person stopped is not', async (as) => {
    const back = ['always', 'running', 'web'];
    expect(
      await eventually(
        () => running(as),
        (names) => names.length >= back.length,
        WHILE,
      ),
    ).toEqual(back);
    // The shutdown asked them to end.
    expect(await log(as, 'always')).toBe('up\nended\nup');
    expect(await log(as, 'running')).toBe('up\nended\nup');
    expect(await log(as, 'stopped')).toBe('up\nended');
    expect(await vm.ok("proa ps -a --filter status=exited --format '{{.Names}}'", { as })).toMatch(
      /^(none\nstopped|stopped\nnone)$/,
    );
    // Its record says that it runs, which `system check` tells of.
    await vm.ok('proa rm -f none', { as });
    expect((await vm.run('proa system check', { as })).out).not.toMatch(/Damage/);
  });

  test.each(ACCOUNTS)('%s: published ports answer', async (as) => {
    const ask = async () => (await vm.run(`curl -s 127.0.0.1:${as === 'root' ? 8080 : 8081}`)).out;
    expect(await eventually(ask, Boolean, WHILE)).toBe('hi\n');
  });
});

describe('after a power cut', () => {
  beforeAll(async () => {
    await vm.ok('sync');
    await vm.cutPower();
  });

  test.each(ACCOUNTS)('%s: the same are back, and the store is sound', async (as) => {
    const back = ['always', 'running', 'web'];
    expect(
      await eventually(
        () => running(as),
        (names) => names.length >= back.length,
        WHILE,
      ),
    ).toEqual(back);
    // Nobody could ask them to end.
    expect(await log(as, 'always')).toBe('up\nended\nup\nup');
    expect(await vm.run('proa system check', { as })).toMatchObject({ code: 0 });
  });
});
