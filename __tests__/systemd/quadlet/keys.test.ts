// Every key of every section: the options that it becomes, which the command must know, and a service that systemd takes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../../lib/cli/command.ts';
import { readInvocation } from '../../../lib/cli/dispatch.ts';
import { commands } from '../../../lib/commands/index.ts';
import { CONVERTERS } from '../../../lib/systemd/quadlet/generate.ts';
import { KIND, type Kind } from '../../../lib/systemd/quadlet/kinds.ts';
import { COMMON_RULES } from '../../../lib/systemd/quadlet/rules.ts';
import { Folder } from './support/files.ts';

/** What each kind needs at least. */
const LEAST: Record<Kind, string> = {
  container: 'Image=img',
  pod: '',
  kube: 'Yaml=/k.yaml',
  network: '',
  volume: '',
  build: 'ImageTag=tag\nSetWorkingDirectory=/ctx',
  image: 'Image=img',
};

/** Files that others may name. */
const OTHERS = {
  'o.image': '[Image]\nImage=other',
  'o.build': '[Build]\nImageTag=built\nImageTag=second\nSetWorkingDirectory=unit',
  'o.network': '[Network]',
  'o.volume': '[Volume]',
  'o.pod': '[Pod]',
  'o.container': '[Container]\nImage=x',
};

/** Assignments, and the words that they add to the command line. */
const TABLE: Record<Kind, [assignments: string, words: string[]][]> = {
  container: [
    ['AddCapability=CAP_A CAP_B', ['--cap-add', 'CAP_A', '--cap-add', 'CAP_B']],
    ['AddDevice=/dev/null -/dev/no-such', ['--device', '/dev/null']],
    ['AddHost=h:10.0.0.1', ['--add-host', 'h:10.0.0.1']],
    ['Annotation="a=b c" d=e', ['--annotation', 'a=b c', '--annotation', 'd=e']],
    ['AppArmor=p', ['--security-opt', 'apparmor=p']],
    ['AutoUpdate=registry', ['--label', 'io.containers.autoupdate=registry']],
    ['DNS=1.1.1.1\nDNS=2.2.2.2', ['--dns', '1.1.1.1', '--dns', '2.2.2.2']],
    ['DNSOption=ndots:1', ['--dns-option', 'ndots:1']],
    ['DNSSearch=.', ['--dns-search', '.']],
    ['DropCapability=all', ['--cap-drop', 'all']],
    ['Entrypoint=["sh","-c"]', ['--entrypoint', '["sh","-c"]']],
    ['Environment=A=1 "B=2 3"\nEnvironment=A=4', ['--env', 'A=4', '--env', 'B=2 3']],
    ['EnvironmentFile=/e ./f', ['--env-file', '/e', '--env-file', 'FOLDER/f']],
    ['EnvironmentHost=yes', ['--env-host']],
    ['ExposeHostPort=50-59', ['--expose', '50-59']],
    ['GIDMap=0:10000:10', ['--gidmap', '0:10000:10']],
    ['GroupAdd=keep-groups', ['--group-add', 'keep-groups']],
    ['HealthCmd=curl -f http://x', ['--health-cmd', 'curl -f http://x']],
    ['HealthInterval=2m', ['--health-interval', '2m']],
    ['HealthLogDestination=/foo', ['--health-log-destination', '/foo']],
    ['HealthMaxLogCount=5', ['--health-max-log-count', '5']],
    ['HealthMaxLogSize=500', ['--health-max-log-size', '500']],
    ['HealthOnFailure=kill', ['--health-on-failure', 'kill']],
    ['HealthRetries=5', ['--health-retries', '5']],
    ['HealthStartPeriod=1m', ['--health-start-period', '1m']],
    ['HealthStartupCmd=c', ['--health-startup-cmd', 'c']],
    ['HealthStartupInterval=1m', ['--health-startup-interval', '1m']],
    ['HealthStartupRetries=8', ['--health-startup-retries', '8']],
    ['HealthStartupSuccess=2', ['--health-startup-success', '2']],
    ['HealthStartupTimeout=1m33s', ['--health-startup-timeout', '1m33s']],
    ['HealthTimeout=20s', ['--health-timeout', '20s']],
    ['HostName="h.example"', ['--hostname', 'h.example']],
    ['HttpProxy=false', ['--http-proxy=false']],
    ['IP=192.5.0.1', ['--ip', '192.5.0.1']],
    ['IP6=2001:db8::1', ['--ip6', '2001:db8::1']],
    ['Label=a=b bare', ['--label', 'a=b', '--label', 'bare']],
    ['LogDriver=journald', ['--log-driver', 'journald']],
    ['LogOpt=path=/l', ['--log-opt', 'path=/l']],
    ['Mask=/a:/b', ['--security-opt', 'mask=/a:/b']],
    ['Memory=20g', ['--memory', '20g']],
    ['Mount=type=bind,src=./d,dst=/d', ['--mount', 'type=bind,src=FOLDER/d,dst=/d']],
    ['Mount=type=volume,source=o.volume,dst=/d', ['--mount', 'type=volume,source=systemd-o,dst=/d']],
    ['Mount=type=image,source=o.image,dst=/d', ['--mount', 'type=image,source=other,dst=/d']],
    ['Mount=type=tmpfs,dst=/d', ['--mount', 'type=tmpfs,dst=/d']],
    ['Network=host', ['--network', 'host']],
    ['Network=o.network:ip=10.0.0.2', ['--network', 'systemd-o:ip=10.0.0.2']],
    ['Network=o.container', ['--network', 'container:systemd-o']],
    ['NetworkAlias=n', ['--network-alias', 'n']],
    ['NoNewPrivileges=on', ['--security-opt', 'no-new-privileges']],
    ['PidsLimit=-1', ['--pids-limit', '-1']],
    ['PodmanArgs=--cpus 2 "--label=x=y z"', ['--cpus', '2', '--label=x=y z']],
    ['PublishPort=127.0.0.1:8080:80/udp', ['--publish', '127.0.0.1:8080:80/udp']],
    ['Pull=never', ['--pull', 'never']],
    ['ReadOnly=true', ['--read-only']],
    ['ReadOnlyTmpfs=no', ['--read-only-tmpfs=false']],
    ['RemapUsers=auto\nRemapUid=0:1:2\nRemapUidSize=9', ['--userns', 'auto:uidmapping=0:1:2,size=9']],
    ['RemapUsers=keep-id\nRemapUid=5\nRemapGid=6', ['--userns', 'keep-id:uid=5,gid=6']],
    ['RemapUsers=manual\nRemapUid=0:1:2\nRemapGid=0:3:4', ['--uidmap', '0:1:2', '--gidmap', '0:3:4']],
    ['Retry=5', ['--retry', '5']],
    ['RetryDelay=5s', ['--retry-delay', '5s']],
    ['RunInit=yes', ['--init']],
    ['SeccompProfile=unconfined', ['--security-opt', 'seccomp=unconfined']],
    ['Secret=s,type=env other', ['--secret', 's,type=env', '--secret', 'other']],
    ['SecurityLabelDisable=true', ['--security-opt', 'label=disable']],
    ['SecurityLabelFileType=usr_t', ['--security-opt', 'label=filetype:usr_t']],
    ['SecurityLabelLevel=s0:c1,c2', ['--security-opt', 'label=level:s0:c1,c2']],
    ['SecurityLabelNested=true', ['--security-opt', 'label=nested']],
    ['SecurityLabelType=spc_t', ['--security-opt', 'label=type:spc_t']],
    ['ShmSize=100m', ['--shm-size', '100m']],
    ['StopSignal=SIGINT', ['--stop-signal', 'SIGINT']],
    ['StopTimeout=20', ['--stop-timeout', '20']],
    ['SubGIDMap=g', ['--subgidname', 'g']],
    ['SubUIDMap=u', ['--subuidname', 'u']],
    ['Sysctl=net.a=1 net.b=2', ['--sysctl', 'net.a=1', '--sysctl', 'net.b=2']],
    ['Timezone=local', ['--tz', 'local']],
    ['Tmpfs=/work:size=1m', ['--tmpfs', '/work:size=1m']],
    ['UIDMap=0:10000:10', ['--uidmap', '0:10000:10']],
    ['Ulimit=nofile=1000:10000', ['--ulimit', 'nofile=1000:10000']],
    ['Unmask=ALL', ['--security-opt', 'unmask=ALL']],
    ['User=1000\nGroup=1001', ['--user', '1000:1001']],
    ['UserNS=keep-id:uid=200,gid=210', ['--userns', 'keep-id:uid=200,gid=210']],
    ['VolatileTmp=yes', ['--tmpfs', '/tmp:rw,size=512M,mode=1777']],
    ['Volume=/s:/d:ro\nVolume=/only', ['-v', '/s:/d:ro', '-v', '/only']],
    ['Volume=o.volume:/d:z\nVolume=./x:/y', ['-v', 'systemd-o:/d:z', '-v', 'FOLDER/x:/y']],
    ['WorkingDir=/w', ['--workdir', '/w']],
  ],
  pod: [
    ['AddHost=h:10.0.0.1', ['--add-host', 'h:10.0.0.1']],
    ['DNS=1.1.1.1', ['--dns', '1.1.1.1']],
    ['DNSOption=ndots:1', ['--dns-option', 'ndots:1']],
    ['DNSSearch=e', ['--dns-search', 'e']],
    ['ExitPolicy=continue', ['--exit-policy', 'continue']],
    ['GIDMap=0:1:2', ['--gidmap', '0:1:2']],
    ['HostName=h', ['--hostname', 'h']],
    ['IP=10.0.0.2', ['--ip', '10.0.0.2']],
    ['IP6=fd00::2', ['--ip6', 'fd00::2']],
    ['Label=a=b', ['--label', 'a=b']],
    ['Network=o.network', ['--network', 'systemd-o']],
    ['NetworkAlias=n', ['--network-alias', 'n']],
    ['PodmanArgs=--cpus=2', ['--cpus=2']],
    ['PodName=p', ['--infra-name', 'p-infra', '--name', 'p']],
    ['PublishPort=8080:80', ['--publish', '8080:80']],
    ['RemapUsers=auto\nRemapUidSize=9', ['--userns', 'auto:size=9']],
    ['ShmSize=100m', ['--shm-size', '100m']],
    ['SubGIDMap=g', ['--subgidname', 'g']],
    ['SubUIDMap=u', ['--subuidname', 'u']],
    ['UIDMap=0:1:2', ['--uidmap', '0:1:2']],
    ['UserNS=auto', ['--userns', 'auto']],
    ['Volume=o.volume:/d', ['-v', 'systemd-o:/d']],
  ],
  kube: [
    [
      'AutoUpdate=registry web/local',
      ['--annotation=io.containers.autoupdate=registry', '--annotation=io.containers.autoupdate/web=local'],
    ],
    ['ConfigMap=./c.map', ['--configmap', 'FOLDER/c.map']],
    ['ExitCodePropagation=any', ['--service-exit-code-propagation=any']],
    ['LogDriver=journald', ['--log-driver', 'journald']],
    ['LogOpt=tag=x', ['--log-opt', 'tag=x']],
    ['Network=o.network', ['--network', 'systemd-o']],
    ['PodmanArgs=--annotation=k=v', ['--annotation=k=v']],
    ['PublishPort=8080:80', ['--publish', '8080:80']],
    ['RemapUsers=keep-id', ['--userns', 'keep-id']],
    ['UserNS=auto', ['--userns', 'auto']],
    ['Yaml=k.yaml', ['FOLDER/k.yaml']],
  ],
  network: [
    ['DisableDNS=true', ['--disable-dns']],
    ['DNS=1.1.1.1', ['--dns', '1.1.1.1']],
    ['Driver=macvlan', ['--driver', 'macvlan']],
    [
      'Subnet=10.1.0.0/24\nGateway=10.1.0.9\nIPRange=10.1.0.0/28\nSubnet=10.2.0.0/24',
      [
        ...['--subnet', '10.1.0.0/24', '--gateway', '10.1.0.9', '--ip-range', '10.1.0.0/28'],
        ...['--subnet', '10.2.0.0/24'],
      ],
    ],
    ['InterfaceName=br9', ['--interface-name', 'br9']],
    ['Internal=true', ['--internal']],
    ['IPAMDriver=none', ['--ipam-driver', 'none']],
    ['IPv6=true', ['--ipv6']],
    ['Label=a=b', ['--label', 'a=b']],
    ['NetworkName=n', ['n']],
    ['Options=isolate=true', ['--opt', 'isolate=true']],
    ['PodmanArgs=--route=10.9.0.0/24,10.1.0.1', ['--route=10.9.0.0/24,10.1.0.1']],
  ],
  volume: [
    ['Copy=false', ['--opt', 'nocopy']],
    [
      'Device=tmpfs\nType=tmpfs\nOptions=size=1m\nUser=5\nGroup=root',
      ['--opt', 'device=tmpfs', '--opt', 'type=tmpfs', '--opt', 'o=uid=5,gid=0,size=1m'],
    ],
    ['Driver=image\nImage=o.image', ['--driver', 'image', '--opt', 'image=other']],
    ['Label=a=b', ['--label', 'a=b']],
    ['PodmanArgs=--label=x=y', ['--label=x=y']],
    ['VolumeName=v', ['v']],
  ],
  build: [
    ['Annotation=a=b', ['--annotation', 'a=b']],
    ['Arch=aarch64', ['--arch', 'aarch64']],
    ['AuthFile=/a', ['--authfile', '/a']],
    ['BuildArg=A=b', ['--build-arg', 'A=b']],
    ['DNS=1.1.1.1', ['--dns', '1.1.1.1']],
    ['DNSOption=ndots:1', ['--dns-option', 'ndots:1']],
    ['DNSSearch=e', ['--dns-search', 'e']],
    ['Environment=A=b', ['--env', 'A=b']],
    ['File=/f', ['--file', '/f']],
    ['ForceRM=false', ['--force-rm=false']],
    ['GroupAdd=keep-groups', ['--group-add', 'keep-groups']],
    ['IgnoreFile=./i', ['--ignorefile', 'FOLDER/i']],
    ['ImageTag=second', ['--tag', 'tag', '--tag', 'second']],
    ['Label=a=b', ['--label', 'a=b']],
    ['Network=o.network', ['--network', 'systemd-o']],
    ['PodmanArgs=--squash', ['--squash']],
    ['Pull=never', ['--pull=never']],
    ['Retry=5', ['--retry', '5']],
    ['RetryDelay=10s', ['--retry-delay', '10s']],
    ['Secret=id=s,src=/p', ['--secret', 'id=s,src=/p']],
    ['SetWorkingDirectory=https://h/r.git', ['https://h/r.git']],
    ['SetWorkingDirectory=unit', ['FOLDER']],
    ['SetWorkingDirectory=file\nFile=/x/Containerfile', ['--file', '/x/Containerfile', '/x']],
    ['Target=t', ['--target', 't']],
    ['TLSVerify=false', ['--tls-verify=false']],
    ['Variant=arm/v7', ['--variant', 'arm/v7']],
    ['Volume=o.volume:/d', ['-v', 'systemd-o:/d']],
  ],
  image: [
    ['AllTags=true', ['--all-tags']],
    ['Arch=aarch64', ['--arch', 'aarch64']],
    ['AuthFile=/a', ['--authfile', '/a']],
    ['CertDir=/c', ['--cert-dir', '/c']],
    ['Creds=u:p', ['--creds', 'u:p']],
    ['Image=docker-archive:/a.tar\nImageTag=name', ['docker-archive:/a.tar']],
    ['OS=windows', ['--os', 'windows']],
    ['PodmanArgs=--quiet', ['--quiet']],
    ['Policy=newer', ['--policy', 'newer']],
    ['Retry=5', ['--retry', '5']],
    ['RetryDelay=10s', ['--retry-delay', '10s']],
    ['TLSVerify=false', ['--tls-verify=false']],
    ['Variant=v7', ['--variant', 'v7']],
  ],
};

/** Keys that are read elsewhere than in a command line, or refused; tested in services.test.ts. */
const ELSEWHERE: Record<Kind, string[]> = {
  container: [
    ...['CgroupsMode', 'ContainerName', 'Exec', 'Image', 'Notify', 'Pod', 'ReloadCmd', 'ReloadSignal'],
    ...['Rootfs', 'StartWithPod'],
  ],
  pod: ['StopTimeout', 'RemapUid', 'RemapGid'],
  kube: ['KubeDownForce', 'SetWorkingDirectory', 'RemapUid', 'RemapGid', 'RemapUidSize'],
  network: ['NetworkDeleteOnStop'],
  volume: [],
  build: [],
  image: ['DecryptionKey'],
};

const COMMAND: Partial<Record<Kind, string>> = {
  container: 'run',
  network: 'network create',
  volume: 'volume create',
  image: 'image pull',
};

describe.each(Object.entries(TABLE) as [Kind, [string, string[]][]][])('%s', (kind, rows) => {
  const key = kind === 'pod' ? 'ExecStartPre' : 'ExecStart';
  const text = (assignments: string) => `[${KIND[kind].section}]\n${LEAST[kind]}\n${assignments}\n`;
  let command: Command | undefined;

  beforeAll(async () => {
    const name = COMMAND[kind];
    command = name === undefined ? undefined : await commands[name]!.load();
  });

  test.each(rows)('%s', (assignments, words) => {
    using folder = new Folder({ ...OTHERS, [`t.${kind}`]: text(assignments) });
    const outcome = folder.generate();
    expect(outcome.problems).toEqual([]);
    const line = outcome.command(`t${KIND[kind].suffix}.service`, key);
    const wanted = words.map((word) => word.replace('FOLDER', folder.path));
    expect(line.join('\0')).toContain(wanted.join('\0'));
    const name = COMMAND[kind];
    if (name === undefined) return;
    expect(line.slice(0, name.split(' ').length).join(' ')).toBe(name);
    readInvocation(command!, name, line.slice(name.split(' ').length));
  });

  test('no key is left out here', () => {
    const given = rows.flatMap(([assignments]) =>
      [...assignments.matchAll(/^(\w+)=/gm)].map(([, name]) => name!),
    );
    const known = Object.keys(CONVERTERS[kind].rules);
    const common = Object.keys(COMMON_RULES);
    expect(known.filter((name) => !given.includes(name) && !ELSEWHERE[kind].includes(name))).toEqual([]);
    expect(given.filter((name) => !known.includes(name) && !common.includes(name))).toEqual([]);
  });
});

const VERIFY = Bun.which('systemd-analyze');

(VERIFY ? test : test.skip)('systemd takes every one of these services', () => {
  const files: Record<string, string> = { ...OTHERS };
  for (const [kind, rows] of Object.entries(TABLE) as [Kind, [string, string[]][]][]) {
    for (const [at, [assignments]] of rows.entries())
      files[`${kind}${at}.${kind}`] = `[${KIND[kind].section}]\n${LEAST[kind]}\n${assignments}\n`;
  }
  using folder = new Folder(files);
  const { generated, names, problems } = folder.generate();
  expect(problems).toEqual([]);
  const units = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    for (const { name, text } of generated.services) writeFileSync(join(units, name), text);
    expect(names.length).toBeGreaterThan(150);
    const paths = names.map((name) => join(units, name));
    const { exitCode, stderr } = Bun.spawnSync(
      [VERIFY!, 'verify', '--man=no', '--recursive-errors=no', ...paths],
      {
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${units}:` },
      },
    );
    const told = stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes(units) || names.some((name) => line.includes(name)));
    expect({ exitCode, told }).toEqual({ exitCode: 0, told: [] });
    writeFileSync(paths[0]!, `${generated.services[0]!.text}ExecStart=not/a/path\n`);
    expect(Bun.spawnSync([VERIFY!, 'verify', '--man=no', paths[0]!]).exitCode).toBe(1);
  } finally {
    rmSync(units, { recursive: true });
  }
});
