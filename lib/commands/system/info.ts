import { defineCommand } from '../../cli/command.ts';
import { formatBytesBinary } from '../../cli/values.ts';
import { VERSION } from '../../core/version.ts';
import { type SystemInfo, systemInfo } from '../../engine/system/info.ts';
import { openEngine, print, warn } from '../context.ts';
import { dockerInfo, podmanInfo, podmanJson, securityOptions } from './info-document.ts';

export const command = defineCommand({
  names: ['info', 'system info'],
  summary: 'Show what Proa has and finds on this machine',
  usage: '[OPTIONS]',
  examples: [
    'info',
    "info --format '{{.Driver}} {{.CgroupVersion}}'",
    "info -f '{{.Host.Security.Rootless}}'",
  ],
  options: {
    format: { short: 'f', type: 'string', metavar: 'TEMPLATE', summary: 'Go template, or "json"' },
  },
  args: { min: 0, max: 0 },
  async run({ options: { format } }) {
    const info = await systemInfo(openEngine());
    if (format !== undefined) return print(`${await formatted(info, format)}\n`);
    await print(layout(info));
    for (const warning of info.warnings) warn(`WARNING: ${warning}`);
  },
});

/** Templates see Docker's names and Podman's; so does JSON, in which Podman's are spelled otherwise. */
async function formatted(info: SystemInfo, format: string): Promise<string> {
  const docker = dockerInfo(info);
  const podman = podmanInfo(info);
  const { toJson } = await import('../../cli/template/functions.ts');
  const document = { ...docker, ...(podmanJson(podman) as object) };
  if (format === 'json') return toJson(document);
  const { compileTemplate } = await import('../../cli/template/compile.ts');
  const view = { ...docker, ...podman };
  return compileTemplate(format)(view, { json: (value) => toJson(value === view ? document : value) });
}

/** Lines as `docker info` has them, each level indented by one space. */
function layout(info: SystemInfo): string {
  const { containers, cgroups, defaultRuntime } = info;
  const lines = [
    'Client: Proa',
    ` Version:    ${VERSION}`,
    ' Context:    default',
    ' Debug Mode: false',
    '',
    'Server:',
    ` Containers: ${containers.all}`,
    `  Running: ${containers.running}`,
    `  Paused: ${containers.paused}`,
    `  Stopped: ${containers.stopped}`,
    ` Images: ${info.images}`,
    ` Server Version: ${VERSION}`,
    ' Storage Driver: overlay',
    `  Backing Filesystem: ${info.backingFileSystem}`,
    '  Supports d_type: true',
    `  userxattr: ${info.userxattr}`,
    ' Logging Driver: k8s-file',
    ` Cgroup Driver: ${cgroups.manager}`,
    ` Cgroup Version: ${cgroups.version}`,
    ` Runtimes: ${Object.keys(info.runtimes).join(' ')}`,
    ` Default Runtime: ${defaultRuntime.name}`,
    ` Runtime Version: ${defaultRuntime.version}`,
    ` Conmon Version: ${info.conmon?.version ?? ''}`,
    ` Init Binary: ${info.init?.path ?? ''}`,
    ' Security Options:',
    ...securityOptions(info).flatMap(securityLines),
    ` Kernel Version: ${info.kernel}`,
    ` Operating System: ${info.os.prettyName}`,
    ' OSType: linux',
    ` Architecture: ${info.machine}`,
    ` CPUs: ${info.cpus}`,
    ` Total Memory: ${formatBytesBinary(info.memory.total)}`,
    ` Name: ${info.hostname}`,
    ` Docker Root Dir: ${info.root}`,
    ` Run Root Dir: ${info.runRoot}`,
    ` Rootless: ${info.rootless}${info.singleId ? ' (single id)' : ''}`,
    ' Insecure Registries:',
    '  ::1/128',
    '  127.0.0.0/8',
  ];
  return `${lines.join('\n')}\n`;
}

/** `name=seccomp,profile=builtin` as two lines. */
function securityLines(option: string): string[] {
  const [name = '', ...details] = option.split(',').map((part) => part.split('=')[1] ?? '');
  return [`  ${name}`, ...details.map((detail) => `   Profile: ${detail}`)];
}
