/** The options of `run` and `create`, and what they ask for. */
import { readFileSync } from 'node:fs';
import type { Invocation, OptionTable } from '../../cli/command.ts';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { parseSignal } from '../../core/signals.ts';
import type { CreateRequest } from '../../engine/container/create.ts';
import { parseSecretOption } from '../../engine/secret/request.ts';
import { parseGpus } from '../../oci/model/gpus.ts';
import { normalizeCapability } from '../../oci/model/runtime-spec/capabilities.ts';
import { parseUlimit } from '../../oci/model/runtime-spec/rlimits.ts';
import { parseSecurityOptions } from '../../oci/model/runtime-spec/security-options.ts';
import type { RestartPolicy } from '../../storage/containers.ts';
import { globals } from '../globals.ts';
import { DetachKeys } from './detach-keys.ts';
import { deviceOptions, readDevices } from './options/devices.ts';
import { environmentOptions, readEnvironment, readEnvironmentRules } from './options/environment.ts';
import { healthOptions, readHealthOptions } from './options/health.ts';
import { identityOptions, readIdentityOptions } from './options/identity.ts';
import { imageOptions } from './options/image.ts';
import { splitWords } from './options/invalid.ts';
import { labelOptions, readLabels } from './options/labels.ts';
import { loggingOptions, readLogging } from './options/logging.ts';
import { mountOptions, readMountOptions } from './options/mounts.ts';
import { namespaceOptions, readNamespaces, readUserNamespace } from './options/namespaces.ts';
import { networkOptions, readNetworkOptions } from './options/network.ts';
import { checkReplace, processOptions, readProcess, readSystemd } from './options/process.ts';
import { refusedOptions, refuseOptions } from './options/refused.ts';
import { readCgroupOptions, readResources, resourceOptions } from './options/resources.ts';

const secretOptions = {
  secret: {
    type: 'list',
    metavar: 'NAME[,OPTION=VALUE...]',
    summary: 'Show a secret in /run/secrets, or with type=env in a variable; target=, uid=, gid=, mode=',
    complete: 'secret',
  },
} as const satisfies OptionTable;

export const createOptions = {
  ...deviceOptions,
  ...environmentOptions,
  ...healthOptions,
  ...identityOptions,
  ...imageOptions,
  ...labelOptions,
  ...namespaceOptions,
  ...processOptions,
  ...refusedOptions,
  ...resourceOptions,
  ...secretOptions,
  'cap-add': { type: 'list', metavar: 'CAPABILITY', summary: 'Add Linux capabilities' },
  'cap-drop': { type: 'list', metavar: 'CAPABILITY', summary: 'Drop Linux capabilities' },
  cidfile: {
    type: 'string',
    metavar: 'FILE',
    summary: 'Write the container id to the file',
    complete: 'file',
  },
  'detach-keys': {
    type: 'string',
    metavar: 'KEYS',
    summary: 'Key sequence that detaches (default "ctrl-p,ctrl-q")',
  },
  entrypoint: { type: 'string', metavar: 'COMMAND', summary: "Replace the image's ENTRYPOINT" },
  interactive: { short: 'i', type: 'bool', summary: 'Keep stdin open' },
  ...mountOptions,
  ...loggingOptions,
  name: { type: 'string', metavar: 'NAME', summary: 'Give the container a name' },
  ...networkOptions,
  privileged: { type: 'bool', summary: 'Give extended privileges' },
  'read-only': { type: 'bool', summary: "Make the container's root file system read-only" },
  restart: {
    type: 'string',
    default: 'no',
    metavar: 'POLICY',
    summary: 'no, on-failure[:N], always or unless-stopped',
  },
  rm: { type: 'bool', summary: 'Remove the container when it ends' },
  rootfs: {
    type: 'bool',
    summary: 'The first argument is not an image but a folder with a root file system',
  },
  runtime: {
    type: 'string',
    metavar: 'NAME|PATH',
    summary: 'OCI runtime of this container: crun, runc, or a path',
  },
  'security-opt': { type: 'list', metavar: 'OPTION', summary: 'Security options' },
  'stop-signal': { type: 'string', metavar: 'SIGNAL', summary: 'Signal that stops the container' },
  'stop-timeout': { type: 'int', metavar: 'SECONDS', summary: 'Seconds to wait for the end before SIGKILL' },
  tty: { short: 't', type: 'bool', summary: 'Allocate a terminal' },
  ulimit: { type: 'list', metavar: 'NAME=SOFT[:HARD]', summary: 'Resource limits of processes' },
  workdir: { short: 'w', type: 'string', metavar: 'PATH', summary: 'Working directory in the container' },
} as const satisfies OptionTable;

/**
 * Everything of the request but the image, checked before anything is pulled or made.
 * @throws ProaError naming the option whose value cannot be
 */
export function readCreateOptions(call: Invocation<typeof createOptions>, rootless: boolean): CreateRequest {
  const { options, given, args } = call;
  refuseOptions(options, given);
  checkReplace(options.replace, options.name);
  const [capAdd, capDrop] = [splitWords(options['cap-add']), splitWords(options['cap-drop'])];
  for (const capability of [...capAdd, ...capDrop]) normalizeCapability(capability);
  for (const ulimit of options.ulimit) parseUlimit(ulimit);
  parseSecurityOptions(options['security-opt']);
  if (options['stop-signal'] !== undefined) parseSignal(options['stop-signal']);
  new DetachKeys(options['detach-keys']);
  const restart = parseRestartPolicy(options.restart);
  const logging = readLogging(options);
  if (options.tty && logging?.driver === 'passthrough') throw conflict('--tty', '--log-driver=passthrough');
  if (options.rm && restart.name !== 'no') throw conflict('--rm', '--restart');
  return {
    ...(options.rootfs ? { rootfs: absoluteFolder(args[0]!) } : {}),
    command: args.slice(1),
    entrypoint: given.has('entrypoint') ? parseEntrypoint(options.entrypoint ?? '') : undefined,
    name: options.name,
    ...readEnvironment(options),
    workingDir: options.workdir,
    user: options.user,
    hostname: options.hostname,
    tty: options.tty,
    openStdin: options.interactive,
    stdinOnce: options.interactive,
    autoRemove: options.rm,
    detachKeys: options['detach-keys'],
    labels: readLabels(options),
    ...readMountOptions(options),
    ...readNetworkOptions(options, given, rootless),
    privileged: options.privileged,
    readonlyRootfs: options['read-only'],
    init: options.init,
    capAdd,
    capDrop,
    securityOpt: options['security-opt'],
    ulimits: options.ulimit,
    resources: readResources(options),
    stopSignal: options['stop-signal'],
    stopTimeout: options['stop-timeout'],
    restart,
    ...readHealthOptions(options, given),
    runtime: options.runtime ?? globals().runtime,
    logging,
    secrets: options.secret.map(parseSecretOption),
    systemd: readSystemd(options.systemd),
    seccompFromImage: options['seccomp-policy'] === 'image',
    userNamespace: readUserNamespace(options),
    gpus: options.gpus === undefined ? undefined : parseGpus(options.gpus),
    options: {
      ...readCgroupOptions(options),
      ...readDevices(options),
      ...readEnvironmentRules(options),
      ...readIdentityOptions(options, given),
      ...readNamespaces(options),
      ...readProcess(options),
      cidFile: options.cidfile,
    },
    createCommand: ['proa', ...process.argv.slice(2)],
  };
}

/** As Podman: a JSON array, or one word; empty clears the image's. */
function parseEntrypoint(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      const words = JSON.parse(text) as unknown;
      if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
    } catch {
      // Not JSON: then it is a command whose name begins with a bracket, such as [.
    }
  }
  return text === '' ? [] : [text];
}

/** `no`, `on-failure[:N]`, `always` or `unless-stopped`. @throws ProaError INVALID_OPTION */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [, name, count] = /^(no|never|on-failure|always|unless-stopped)?(?::(\d+))?$/.exec(text) ?? [];
  if (name === undefined && text !== '') throw invalidRestart(text, 'no such policy');
  if (count !== undefined && name !== 'on-failure')
    throw invalidRestart(text, 'only on-failure takes a number');
  const known = name === undefined || name === 'never' ? 'no' : name;
  return { name: known as RestartPolicy['name'], maximumRetryCount: Number(count ?? 0) };
}

function invalidRestart(text: string, why: string): ProaError {
  return new ProaError('INVALID_OPTION', `invalid argument "${text}" for --restart: ${why}`, {
    hint: 'One of: no, on-failure[:N], always, unless-stopped',
  });
}

function conflict(a: string, b: string): ProaError {
  return new ProaError('CONFLICTING_OPTIONS', `conflicting options: ${a} and ${b}`);
}

function absoluteFolder(path: string): string {
  const folder = path.startsWith('/') ? path : `${process.cwd()}/${path}`;
  try {
    readFileSync(folder);
  } catch (error) {
    if (hasCode(error, 'EISDIR')) return folder;
    throw new ProaError('ROOTFS_MISSING', `use root file system ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new ProaError('ROOTFS_MISSING', `use root file system ${path}: not a directory`);
}
