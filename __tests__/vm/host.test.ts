/** What a Debian host has and a container of another one lacks: AppArmor, kinds of links, quotas, criu, sessions. */
import { eventually } from '../e2e/support/child.ts';
import { Vm, WHILE } from './support/vm.ts';

const vm = new Vm();
beforeAll(async () => {
  await vm.open();
  await vm.withImage('root', 'app', 'visitor');
});
afterAll(() => vm.close());

test('AppArmor confines containers', async () => {
  const label = (option = '') =>
    vm.ok(`proa run --rm --network none ${option} bb cat /proc/self/attr/current`);
  expect(await label()).toMatch(/^proa-default-\d+ \(enforce\)$/);
  expect(await label('--security-opt apparmor=unconfined')).toBe('unconfined');
  expect(await label('--privileged')).toBe('unconfined');
});

test("AppArmor confines a user's pasta, which works all the same", async () => {
  const as = 'app';
  expect(await vm.ok('proa run --rm bb ip -4 addr', { as })).toContain('10.0.2.15');
  await vm.ok("proa run -d --name web -p 8080:80 bb sh -c 'echo hi > index.html; exec httpd -f -p 80'", {
    as,
  });
  expect(await eventually(async () => (await vm.run('curl -s 127.0.0.1:8080')).out, Boolean, WHILE)).toBe(
    'hi\n',
  );
  await vm.ok('proa network create own && proa run -d --name b --network own -p 8081:80 bb httpd -f -p 80', {
    as,
  });
  expect(await vm.ok('proa run --rm --network own bb nslookup b', { as })).toMatch(/Address.*10\./);
  expect(
    await eventually(
      async () => (await vm.run('curl -so /dev/null -w %{http_code} 127.0.0.1:8081')).out,
      (it) => it === '404',
      WHILE,
    ),
  ).toBe('404');
  await vm.ok('proa rm -f -t 0 web b && proa network rm own', { as });
  expect(await vm.ok('ls /run/user/1000/netns', { as })).toBe('');
  expect(await vm.ok('journalctl -k --no-pager | grep -c apparmor=.DENIED || true')).toBe('0');
});

test.each(['macvlan', 'ipvlan'])('a %s network', async (driver) => {
  const parent = await vm.ok('ls /sys/class/net | grep ^en');
  await vm.ok(`proa network create -d ${driver} --subnet 10.9.8.0/24 -o parent=${parent} lan`);
  expect(await vm.ok('proa run --rm --network lan bb ip -4 addr show eth0')).toContain('inet 10.9.8.2/24');
  await vm.ok('proa network rm lan');
});

test('a volume with a size, by project quotas', async () => {
  const write = 'dd if=/dev/zero of=/q/f bs=1M count=20 2>&1';
  const { out } = await vm.run(
    `proa volume create -o size=10m q && proa run --rm --network none -v q:/q bb ${write}`,
  );
  expect(out).toContain('Disk quota exceeded');
  await vm.ok('proa volume rm q');
});

test('checkpoint and restore by criu', async () => {
  const count = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.5; done';
  await vm.ok(`proa --runtime runc run -d --name ck --network none bb sh -c '${count}'`);
  const last = async () => Number((await vm.ok('proa logs ck')).split('\n').at(-1));
  await eventually(last, (n) => n >= 3, WHILE);
  await vm.ok('proa container checkpoint ck');
  const before = await last();
  expect(await vm.ok("proa inspect ck --format '{{.State.Status}}'")).toBe('exited');
  await vm.ok('proa container restore ck');
  expect(await eventually(last, (n) => n > before, WHILE)).toBeGreaterThan(before);
  // It went on, and did not begin again.
  expect((await vm.ok('proa logs ck')).split('\n').filter((line) => line === '1')).toHaveLength(1);
  await vm.ok('proa rm -f -t 0 ck');
});

test('owners: keep-id, and mounts that map them', async () => {
  expect(
    await vm.ok(
      'proa run --rm --network none --userns keep-id -v /home/app:/h bb sh -c "id -u; stat -c %u /h"',
      { as: 'app' },
    ),
  ).toBe('1000\n1000');
  await vm.ok(
    'useradd -r containers && usermod --add-subuids 1000000000-1999999999 --add-subgids 1000000000-1999999999 containers',
  );
  await vm.ok('mkdir -p /srv/d && chown 1000 /srv/d');
  const look = (option: string) =>
    vm.ok(`proa run --rm --network none --userns=auto -v /srv/d:/d${option} bb stat -c %u /d`);
  expect(await look('')).toBe('65534');
  expect(await look(':idmap')).toBe('1000');
});

test.each(['root', 'app'] as const)("%s: health checks are systemd's timers", async (as) => {
  const user = as === 'root' ? '' : '--user';
  await vm.ok(
    'proa run -d --name h --network none --health-cmd "test -e /ok" --health-interval 1s --health-retries 2 bb sleep 1000',
    { as },
  );
  const timers = () =>
    vm.ok(`systemctl ${user} list-units --plain --no-legend 'proa-health-*.timer'`, { as });
  expect(await timers()).toMatch(/^proa-health-\w+-\w+.timer +loaded active/);
  const health = () => vm.ok("proa inspect h --format '{{.State.Health.Status}}'", { as });
  expect(await eventually(health, (is) => is === 'unhealthy', WHILE)).toBe('unhealthy');
  await vm.ok('proa exec h touch /ok', { as });
  expect(await eventually(health, (is) => is === 'healthy', WHILE)).toBe('healthy');
  await vm.ok('proa rm -f -t 0 h', { as });
  expect(await eventually(timers, (text) => text === '', WHILE)).toBe('');
});

test('who does not linger is told, once, what would start containers at boot', async () => {
  const run = () => vm.run('proa run --rm=false --restart=always --network none bb true', { as: 'visitor' });
  expect((await run()).err).toMatch(
    /^After a reboot nothing starts .*: sudo loginctl enable-linger visitor; systemctl --user enable proa-restart.service\n$/,
  );
  expect((await run()).err).toBe('');
  // The system's service is enabled by scripts/install.
  expect((await vm.run('proa create --restart=always bb true')).err).toBe('');
});

test('a machine without a route: a user has a network all the same', async () => {
  const route = await vm.ok('ip route show default');
  await vm.ok('ip route del default');
  try {
    expect(await vm.ok('proa run --rm bb ip -4 addr show tap0', { as: 'app' })).toContain(
      'inet 10.0.2.100/24',
    );
  } finally {
    await vm.ok(`ip route add ${route}`);
  }
});
