// What a service is besides its command line: its type, its end, what it needs, and how it is enabled.
import { Folder } from './support/files.ts';

const ONE = '[Container]\nImage=img\n';

test('a container: told by conmon, stopped gently, removed in any case', () => {
  using folder = new Folder({ 'web.container': `${ONE}Exec=sh -c "echo 'a b'"` });
  const made = folder.generate();
  expect(made.names).toEqual(['web.service']);
  expect(made.command('web.service')).toEqual([
    ...[
      'run',
      '--name',
      'systemd-%N',
      '--replace',
      '--rm',
      '--cgroups=split',
      '--sdnotify=conmon',
      '-d',
      'img',
    ],
    ...['sh', '-c', "echo 'a b'"],
  ]);
  expect(made.values('web.service', 'ExecStop')).toEqual(['/bin/true stop -i systemd-%N']);
  expect(made.values('web.service', 'ExecStopPost')).toEqual(['-/bin/true rm -v -f -i systemd-%N']);
  for (const line of [
    ...[
      'Type=notify',
      'NotifyAccess=all',
      'KillMode=mixed',
      'Delegate=yes',
      'SyslogIdentifier=%N',
      'SuccessExitStatus=129 130 141 143',
    ],
    ...['Environment=PODMAN_SYSTEMD_UNIT=%n', `SourcePath=${folder.path}/web.container`],
    ...['Wants=network-online.target', 'After=network-online.target', '[X-Container]', 'Image=img'],
  ]) {
    expect(made.text('web.service').split('\n')).toContain(line);
  }
});

test('a user’s waits for the network by a service of the user’s', () => {
  using folder = new Folder({ 'web.container': ONE });
  const made = folder.generate({ user: true });
  expect(made.values('web.service', 'After')).toEqual(['proa-user-wait-network-online.service']);
  expect(made.values('web.service', 'RequiresMountsFor')).toEqual(['%t/proa']);
});

test('what the file says of its service stays', () => {
  using folder = new Folder({
    'web.container':
      `${ONE}GlobalArgs=--log-level debug\nCgroupsMode=no-conmon\nNotify=yes\n` +
      'ReloadCmd=nginx -s reload\nContainerName=web-%i\n' +
      '[Service]\nKillMode=control-group\nSyslogIdentifier=me\nRestart=always\nTimeoutStartSec=900\n' +
      '[Quadlet]\nDefaultDependencies=no\n',
    'once.container': `${ONE}[Service]\nType=oneshot\nRemainAfterExit=yes`,
    'signal.container': `${ONE}ReloadSignal=SIGHUP`,
    'healthy.container': `${ONE}Notify=healthy`,
    'root.container': '[Container]\nRootfs=/srv/root:O',
  });
  const made = folder.generate();
  expect(made.problems).toEqual([]);
  expect(made.command('web.service').slice(0, 7)).toEqual([
    ...['--log-level', 'debug', 'run', '--name', 'web-%i', '--replace', '--rm'],
  ]);
  expect(made.command('web.service')).toContain('--cgroups=no-conmon');
  expect(made.command('web.service')).toContain('--sdnotify=container');
  expect(made.command('web.service', 'ExecReload').slice(2)).toEqual([
    'exec',
    'web-%i',
    'nginx',
    '-s',
    'reload',
  ]);
  expect(made.values('web.service', 'KillMode')).toEqual(['control-group']);
  expect(made.values('web.service', 'SyslogIdentifier')).toEqual(['me']);
  expect(made.values('web.service', 'After')).toEqual([]);
  expect(made.command('once.service')).not.toContain('-d');
  expect(made.values('once.service', 'Type')).toEqual(['oneshot']);
  expect(made.command('signal.service', 'ExecReload')).toEqual(['kill', '--signal', 'SIGHUP', 'systemd-%N']);
  expect(made.command('healthy.service')).toContain('--sdnotify=healthy');
  expect(made.command('root.service').slice(-2)).toEqual(['--rootfs', '/srv/root:O']);
  expect(made.values('root.service', 'RequiresMountsFor')).toContain('/srv/root');
});

test('files name each other', () => {
  using folder = new Folder({
    'app.container':
      '[Unit]\nAfter=db.container time-sync.target\nRequires=db.container\n' +
      '[Container]\nImage=app.build\nVolume=data.volume:/d\nNetwork=back.network\nPod=all.pod\n',
    'db.container': '[Container]\nImage=db.image\nServiceName=database\nPod=all.pod\nStartWithPod=no\n',
    'app.build': '[Build]\nImageTag=localhost/app:1\nSetWorkingDirectory=unit\n',
    'db.image': '[Image]\nImage=docker.io/library/db\n',
    'data.volume': '[Volume]\nVolumeName=stuff\n',
    'back.network': '[Network]\nNetworkDeleteOnStop=yes\n',
    'all.pod': '[Pod]\nStopTimeout=3\n',
  });
  const made = folder.generate();
  expect(made.problems).toEqual([]);
  expect(made.names).toEqual([
    ...['all-pod.service', 'app-build.service', 'app.service', 'back-network.service', 'data-volume.service'],
    ...['database.service', 'db-image.service'],
  ]);
  const after = made.values('app.service', 'After');
  expect(after).toContain('database.service time-sync.target');
  for (const name of ['app-build', 'data-volume', 'back-network', 'all-pod'])
    expect(after).toContain(`${name}.service`);
  expect(made.values('app.service', 'BindsTo')).toEqual(['all-pod.service']);
  const line = made.command('app.service').join(' ');
  expect(line).toMatch(/--network systemd-back -v stuff:\/d --pod systemd-all localhost\/app:1$/);
  expect(made.command('database.service').at(-1)).toBe('docker.io/library/db');
  expect(made.values('all-pod.service', 'Wants')).toEqual(['network-online.target', 'app.service']);
  expect(made.command('all-pod.service', 'ExecStop')).toEqual([
    'pod',
    'stop',
    '--ignore',
    '--time=3',
    'systemd-all',
  ]);
  expect(made.values('all-pod.service', 'Type')).toEqual(['forking']);
  expect(made.command('back-network.service', 'ExecStopPost')).toEqual(['network', 'rm', 'systemd-back']);
  expect(made.values('data-volume.service', 'RemainAfterExit')).toEqual(['yes']);
  expect(made.values('app-build.service', 'WorkingDirectory')).toEqual([folder.path]);
});

test('a Kubernetes file', () => {
  using folder = new Folder({
    'k.kube': '[Kube]\nYaml=sub/k.yaml\nKubeDownForce=true\nSetWorkingDirectory=yaml\n',
  });
  const made = folder.generate();
  expect(made.problems).toEqual([]);
  expect(made.command('k.service', 'ExecStopPost')).toEqual([
    ...['kube', 'down', '--force', `${folder.path}/sub/k.yaml`],
  ]);
  expect(made.values('k.service', 'WorkingDirectory')).toEqual([`${folder.path}/sub`]);
  expect(made.values('k.service', 'Type')).toEqual(['notify']);
});

test('drop-ins: the nearest of a name, all in the order of their names, the first folder before the others', () => {
  using folder = new Folder({
    'a/foo-bar.container': `${ONE}Label=base=1`,
    'a/container.d/10.conf': '[Container]\nLabel=ten=type',
    'a/foo-.container.d/10.conf': '[Container]\nLabel=ten=prefix',
    'a/container.d/20.conf': '[Container]\nLabel=twenty=type',
    'a/foo-bar.container.d/05.conf': '[Container]\nLabel=five=own',
    'b/foo-bar.container.d/05.conf': '[Container]\nLabel=five=other',
    'b/foo-bar.container.d/30.conf': '[Container]\nLabel=\nLabel=thirty=b\n[Install]\nWantedBy=x.target',
    'b/foo-bar.container': '[Container]\nImage=hidden',
    'a/foo-bar.container.d/no.txt': 'nothing',
  });
  const folders = [`${folder.path}/a`, `${folder.path}/b`];
  const made = folder.generate({ folders });
  expect(made.problems).toEqual([]);
  expect(made.values('foo-bar.service', 'Label')).toEqual([
    ...['base=1', 'five=own', 'ten=prefix', 'twenty=type', '', 'thirty=b'],
  ]);
  expect(made.command('foo-bar.service').slice(-3)).toEqual(['--label', 'thirty=b', 'img']);
  expect(made.links('foo-bar.service')).toEqual(['x.target.wants/foo-bar.service -> ../foo-bar.service']);
});

test('[Install]: wishes, needs and other names', () => {
  using folder = new Folder({
    'a.container': `${ONE}[Install]\nWantedBy=one.target two.target\nRequiredBy=three.service\nUpheldBy=four.target\nAlias=b.service\n`,
    'w.container': `${ONE}[Install]\nWantedBy=default.target\nWantedBy=\n`,
    'bad.container': `${ONE}[Install]\nWantedBy=../etc\n`,
    'net.network': '[Network]\n[Install]\nWantedBy=%p.target\n',
  });
  const made = folder.generate();
  expect(made.links('a.service')).toEqual([
    'b.service -> a.service',
    'one.target.wants/a.service -> ../a.service',
    'two.target.wants/a.service -> ../a.service',
    'three.service.requires/a.service -> ../a.service',
    'four.target.upholds/a.service -> ../a.service',
  ]);
  expect(made.links('w.service')).toEqual([]);
  expect(made.links('net-network.service')).toEqual([
    'net-network.target.wants/net-network.service -> ../net-network.service',
  ]);
  expect(made.problems).toEqual(['bad.container:4: WantedBy=../etc: ../etc is no name of a unit']);
});

test('templates and their instances', () => {
  using folder = new Folder({
    'w@.container': `${ONE}Exec=sleep %i\n[Install]\nWantedBy=m.target\nDefaultInstance=100\n`,
    'w@10.container': '-> w@.container',
    'w@10.container.d/image.conf': '[Container]\nImage=other',
    'w@.container.d/label.conf': '[Container]\nLabel=all=yes',
    'plain@.container': `${ONE}[Install]\nWantedBy=m.target\nAlias=p@.service\n`,
  });
  const made = folder.generate();
  expect(made.problems).toEqual([]);
  expect(made.names).toEqual(['plain@.service', 'w@.service', 'w@10.service']);
  expect(made.links('w@.service')).toEqual(['m.target.wants/w@100.service -> ../w@.service']);
  expect(made.links('w@10.service')).toEqual(['m.target.wants/w@10.service -> ../w@10.service']);
  expect(made.links('plain@.service')).toEqual(['p@.service -> plain@.service']);
  expect(made.command('w@.service').slice(-5)).toEqual(['--label', 'all=yes', 'img', 'sleep', '%i']);
  expect(made.command('w@10.service').slice(-3)).toEqual(['other', 'sleep', '%i']);
  expect(made.command('w@10.service')).toContain('systemd-%p_%i');
});

test.each([
  ['Imge=x', '3: Imge=: no such key in [Container]'],
  ['Memory=12x', '3: Memory=12x: not a size such as 512m'],
  ['ReadOnly=maybe', '3: ReadOnly=maybe: neither yes nor no'],
  ['Exec=sh "x', '3: Exec=sh "x: a quote is not closed'],
  ['HealthInterval=often', '3: HealthInterval=often: neither a duration such as 1m30s nor disable'],
  ['PublishPort=http', '3: PublishPort=http: not [[IP:]HOST:]CONTAINER, such as 8080:80'],
  ['Pull=sometimes', '3: Pull=sometimes: must be one of always, missing, never, newer'],
  ['AutoUpdate=yes', '3: AutoUpdate=yes: must be one of registry, local'],
  ['Notify=perhaps', '3: Notify=perhaps: must be yes, no or healthy'],
  ['Group=5', '3: Group=5: a group is given with a user only: User= is missing'],
  ['Rootfs=/r', '3: Rootfs=/r: cannot stand beside Image=: the container has one root file system'],
  [
    'ReloadCmd=a\nReloadSignal=HUP',
    '4: ReloadSignal=HUP: cannot stand beside ReloadCmd=: systemctl reload does one of both',
  ],
  ['Volume=no.volume:/d', '3: Volume=no.volume:/d: there is no Quadlet file no.volume'],
  ['Network=no.network', '3: Network=no.network: there is no Quadlet file no.network'],
  ['Pod=no', '3: Pod=no: must be the name of a .pod file'],
  [
    'ContainersConfModule=/m',
    '3: ContainersConfModule=/m: Proa reads no modules of containers.conf; use the keys of this section',
  ],
  ['RemapUsers=odd', '3: RemapUsers=odd: must be auto, keep-id or manual'],
  ['Environment==x', '3: Environment==x: =x has no name in front of the ='],
  ['[Service]\nType=forking', '4: Type=forking: must be notify or oneshot'],
  [
    '[Service]\nKillMode=none',
    '4: KillMode=none: must be mixed or control-group, as systemd would leave processes of the container behind otherwise',
  ],
  ['[Unit]\nAfter=no.container', '4: After=no.container: there is no Quadlet file no.container'],
  ['[Quadlet]\nDefault=1', '4: Default=1: no such key in [Quadlet]'],
  ['[Contaner]\nA=b', '3: warning: [Contaner]: a .container file has no such section'],
  ['nonsense', '3: nonsense: not KEY=VALUE'],
])('%s is told, and takes nothing else down', (line, told) => {
  using folder = new Folder({ 'bad.container': `${ONE}${line}\n`, 'good.container': ONE });
  const made = folder.generate();
  const shown = told.replace(/^(\d+: )(\w+=: no)/, '$1$2').replace('Default=1', 'Default=');
  expect(made.problems).toEqual([`bad.container:${shown}`]);
  expect(made.names).toEqual(told.includes('warning') ? ['bad.service', 'good.service'] : ['good.service']);
});

test('files that are nothing as a whole', () => {
  using folder = new Folder({
    'none.container': '[Container]\nExec=x\n',
    'empty.container': '',
    'masked.container': '-> /dev/null',
    'gone.container': '-> nowhere',
    'other.container': '[Volume]\n',
    'a b.container': ONE,
    'x.container': `${ONE}ServiceName=same`,
    'y.container': `${ONE}ServiceName=same`,
    'z.volume': '[Volume]\nServiceName=a/b',
    'i.image': '[Image]\nDecryptionKey=/k\nImage=x',
    'n.network': '[Network]\nGateway=10.0.0.1',
    'v.volume': '[Volume]\nType=tmpfs',
    'b.build': '[Build]\nImageTag=x',
    'notes.txt': 'x',
  });
  const made = folder.generate();
  expect(made.names).toEqual(['same.service']);
  expect(made.problems.sort()).toEqual([
    'a b.container: a b.container makes no valid name of a unit',
    'b.build: [Build] has no File= and no SetWorkingDirectory=: what is to be built?',
    expect.stringMatching(/^gone\.container: read: .*no such file/),
    'i.image:2: DecryptionKey=/k: Proa reads no encrypted images',
    'n.network:2: Gateway=10.0.0.1: there is no Subnet= that it belongs to',
    'none.container: [Container] has no Image= and no Rootfs=',
    'other.container: there is no section [Container]',
    'other.container:1: warning: [Volume]: a .container file has no such section',
    'v.volume:2: Type=tmpfs: says nothing without Device=',
    'y.container: same.service is made of x.container already',
    'z.volume: a/b.service is no valid name of a unit',
  ]);
});
