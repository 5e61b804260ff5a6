/** auto-update with a registry, systemd's services, a new image that works and one that does not. */
import { Vm } from './support/vm.ts';

const vm = new Vm();
beforeAll(async () => {
  await vm.open();
  await vm.withImage('root', 'app');
  const config =
    'version: 0.1\\nstorage:\\n  filesystem:\\n    rootdirectory: /var/tmp/registry\\nhttp:\\n  addr: 127.0.0.1:5000\\n';
  await vm.ok(
    `printf '${config}' > /etc/registry.yml && systemd-run --quiet docker-registry serve /etc/registry.yml`,
  );
  await vm.ok('until curl -sf 127.0.0.1:5000/v2/; do sleep 0.2; done');
});
afterAll(() => vm.close());

describe.each(['root', 'app'] as const)('%s', (as) => {
  const name = `127.0.0.1:5000/${as}:1`;
  const systemctl = as === 'root' ? 'systemctl' : 'systemctl --user';
  const ok = (script: string) => vm.ok(script, { as });
  const update = (...options: string[]) =>
    vm.run(`proa auto-update --format '{{.Unit}} {{.Updated}}' ${options.join(' ')}`, {
      as,
    });
  const version = () => ok('proa exec web cat /version');

  /** Another image with that text in /version. */
  const publish = (text: string) =>
    ok(
      `proa create --name new bb sh && printf ${text} > /tmp/version-${as} && proa cp /tmp/version-${as} new:/version && ` +
        `proa commit -q new build:${as} && proa rm new && proa tag build:${as} ${name} && proa push -q ${name} && proa rmi ${name}`,
    );

  test('a service gets the new image, and the old one when the new one does not come up', async () => {
    await publish('one');
    const folder = as === 'root' ? '/etc/systemd/system' : '/home/app/.config/systemd/user';
    const script = 'grep -q broken /version && exit 1; exec sleep 1000';
    const unit = `[Service]
Type=notify
NotifyAccess=all
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStart=/usr/bin/proa run --rm -d --replace --name web --sdnotify=conmon --network none \\
  --label io.containers.autoupdate=registry ${name} sh -c "${script}"
ExecStop=/usr/bin/proa rm -f -t 0 web
`;
    await vm.ok(`mkdir -p ${folder} && cat > ${folder}/web.service`, { as, stdin: unit });
    await ok(`${systemctl} daemon-reload && ${systemctl} start web`);
    expect(await version()).toBe('one');
    expect(await update()).toMatchObject({ code: 0, out: 'web.service false\n' });

    await publish('two');
    expect(await update('--dry-run')).toMatchObject({ code: 0, out: 'web.service pending\n' });
    expect(await version()).toBe('one');
    expect(await update()).toMatchObject({ code: 0, out: 'web.service true\n' });
    expect(await version()).toBe('two');

    await publish('broken');
    const { code, out, err } = await update();
    expect({ code, out }).toEqual({ code: 125, out: 'web.service rolled back\n' });
    expect(err).toMatch(/web\.service/);
    expect(await version()).toBe('two');
    expect(await ok(`${systemctl} is-active web`)).toBe('active');
    await ok(`${systemctl} stop web`);
  });
});

test('the timer starts the service of the machine', async () => {
  expect(
    await vm.ok(
      'systemctl enable --now proa-auto-update.timer && systemctl is-active proa-auto-update.timer',
    ),
  ).toBe('active');
  await vm.ok('systemctl start proa-auto-update.service');
  expect(await vm.ok('systemctl show --property=Result --value proa-auto-update.service')).toBe('success');
});
