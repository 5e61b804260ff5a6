// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files look like that.
// `systemd install` where no systemd runs: what it would write, and its refusals. Real services: systemd/booted.
import { mkdirSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('the files of a container, an image and a compose file', async () => {
    await machine.ok(
      ...[
        'create',
        '--name=web',
        '-p',
        '8080:80',
        '-v',
        '/data',
        '-v',
        './conf:/conf:ro',
        '-e',
        'A=$x 5%',
        '-t',
      ],
      ...['--restart=on-failure:3', '--label=l=1', '--cpu-shares=9', IMAGE, 'sh', '-c', 'echo "$A"'],
    );
    const text = await machine.ok('systemd', 'install', '--dry-run', 'web');
    const target = machine.who === 'root' ? 'multi-user' : 'default';
    const volume = await machine.ok(
      'inspect',
      '--format={{range .Mounts}}{{if eq .Destination "/data"}}{{.Name}}{{end}}{{end}}',
      'web',
    );
    expect(text.split('\n')).toEqual([
      ...['---web.container---', '[Unit]', 'Description=Container web', 'StartLimitBurst=4'],
      ...['StartLimitIntervalSec=infinity', '', '[Container]', `Image=${IMAGE}`, 'ContainerName=web'],
      ...[
        'PublishPort=8080:80',
        'PodmanArgs=--cpu-shares=9',
        'PodmanArgs=--tty=true',
        'Environment="A=$$x 5%%"',
      ],
      ...['Label=l=1', expect.stringMatching(/^Volume=/), expect.stringMatching(/^Volume=/)],
      ...['Exec=sh -c "echo \\"$$A\\""', '', '[Service]', 'Restart=on-failure', 'TimeoutStartSec=900', ''],
      ...['[Install]', `WantedBy=${target}.target`],
    ]);
    expect(text).toMatch(new RegExp(`^Volume=${volume}:/data$`, 'm'));
    expect(text).toMatch(/^Volume=\/.*\/conf:\/conf:ro$/m);

    expect(
      await machine.ok(
        'systemd',
        'install',
        '--dry-run',
        '-p',
        '80:80',
        '-e',
        'A=b',
        'docker.io/library/nginx:1',
      ),
    ).toMatch(
      /^---nginx\.container---\n[\s\S]*Image=docker\.io\/library\/nginx:1\n[\s\S]*Environment=A=b\nPublishPort=80:80\n/,
    );

    const folder = await machine.makeFolder('shop');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      `${folder}/compose.yaml`,
      'services: {web: {image: "bb:${TAG:-1}", volumes: ["d:/d"]}}\nvolumes: {d: }\n',
    );
    await machine.giveAway(folder);
    const { out } = await machine.proaWith({ env: { TAG: '2' } }, 'systemd', 'install', '--dry-run', folder);
    expect(out.match(/^---.*---$/gm)).toEqual([
      ...['---shop-default.network---', '---shop-d.volume---', '---shop-web.container---'],
    ]);
    expect(out).toContain('\nImage=bb:2\n');
  });

  test('refusals', async () => {
    await machine.ok('create', '--name=c', IMAGE);
    const folder = await machine.makeFolder('odd');
    writeFileSync(`${folder}/compose.yaml`, 'services: {web: {image: x, deploy: {}}}');
    // Tests have their own places, and services the usual ones.
    const unreached =
      machine.who === 'root'
        ? /^Error: install services: they use the usual --root and --runroot\nGlobalArgs=/
        : /^Error: ask systemd: it does not run on this machine\n.*--restart=always/;
    for (const [args, told] of [
      [['c'], unreached],
      [['--uninstall', 'c'], unreached],
      [['--dry-run', folder], /services\.web\.deploy: cannot be made a part of a Quadlet file/],
      [['--dry-run', './none.yaml'], /^Error: install \.\/none\.yaml: there is no compose file\n/],
      [['--dry-run', '-p', '1:1', 'c'], /only an image takes options of run/],
      [['--dry-run', '--name', 'a b', 'c'], /^Error: install c: a b\.service is no valid name/],
      [['--name', 'x', 'c', 'd'], /--name is for one of them/],
      [['--dry-run', 'Not An Image'], /^Error: .*Not An Image/],
      [[], /requires at least 1 argument/],
    ] as const) {
      const { code, err } = await machine.proa('systemd', 'install', ...args);
      expect(code).not.toBe(0);
      expect(err).toMatch(told);
    }
  });
});
