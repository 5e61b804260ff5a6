/** What is built, from what, and for whom. */
import { readFileSync, statSync } from 'node:fs';
import type { Options, OptionTable } from '../../../cli/command.ts';
import { messageOf, ProaError } from '../../../core/error.ts';
import type { BuildRequest, SecretSource } from '../../../engine/build/request.ts';
import {
  hostPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
} from '../../../oci/model/platform.ts';
import { proxyEnv } from '../../../oci/model/runtime-spec/env.ts';
import { invalidOption, splitWords } from '../../container/options/invalid.ts';
import { clientProxies } from './client-proxies.ts';
import { keyValues } from './key-values.ts';

export const sourceOptions = {
  'all-platforms': {
    type: 'bool',
    summary: 'Build for every platform that the base image of the first stage is there for',
  },
  arch: { type: 'string', metavar: 'ARCH', summary: 'Architecture to build for' },
  'build-arg': {
    type: 'list',
    metavar: 'NAME[=VALUE]',
    summary: "Value of an ARG; a name alone takes this shell's variable",
  },
  'build-arg-file': {
    type: 'list',
    metavar: 'FILE',
    summary: 'Read values of ARGs from a file, NAME=VALUE a line',
    complete: 'file',
  },
  'build-context': {
    type: 'list',
    metavar: 'NAME=CONTEXT',
    summary:
      'Folder, archive, git repository, docker-image://IMAGE or oci-layout://DIR that FROM and --from know by a name',
  },
  'cpp-flag': {
    type: 'list',
    metavar: 'FLAG',
    summary: 'Options of cpp, which reads Dockerfiles named *.in',
  },
  env: {
    type: 'list',
    metavar: 'NAME[=VALUE]',
    summary: 'Variable that the target stage begins with and the image keeps',
  },
  file: {
    short: 'f',
    type: 'list',
    metavar: 'FILE',
    summary: 'Dockerfile: a path, a URL or - for stdin (default: Dockerfile or Containerfile of the context)',
    complete: 'file',
  },
  from: {
    type: 'string',
    metavar: 'IMAGE',
    summary: 'Image that the first FROM is to mean',
    complete: 'image',
  },
  'http-proxy': {
    type: 'bool',
    summary: "Give RUN this shell's proxy variables, which the image does not keep",
  },
  ignorefile: {
    type: 'string',
    metavar: 'FILE',
    summary: "Rules in the place of the context's .dockerignore",
    complete: 'file',
  },
  os: { type: 'string', metavar: 'OS', summary: 'Operating system to build for' },
  platform: {
    type: 'list',
    metavar: 'OS/ARCH[/VARIANT],...',
    summary: 'Platforms to build for; several make one manifest list',
  },
  secret: {
    type: 'list',
    metavar: 'id=ID[,...]',
    summary: 'Secret for RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=NAME',
  },
  ssh: {
    type: 'list',
    metavar: 'ID[=SOCKET|KEY,...]',
    summary: 'SSH agent, or keys, for RUN --mount=type=ssh (default: the agent of SSH_AUTH_SOCK)',
  },
  target: { type: 'string', metavar: 'STAGE', summary: 'Stage to build (default: the last one)' },
  variant: { type: 'string', metavar: 'VARIANT', summary: 'Variant of the architecture' },
} as const satisfies OptionTable;

type SourceOptions = Options<typeof sourceOptions>;

/** The proxies of docker's client and of this shell, those of files, then those of the command line: the last one counts. */
export function readBuildArgs(
  options: SourceOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Map<string, string> {
  const args = new Map<string, string>();
  const proxies = [...clientProxies(environment), ...(options['http-proxy'] ? proxyEnv(environment) : [])];
  for (const text of [...proxies, ...options['build-arg-file'].flatMap(argLines), ...options['build-arg']]) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === '') throw invalidOption('build-arg', text, 'it has no name');
    // As with docker: a name that is not set here is as if it were not given.
    const value = equals < 0 ? environment[name] : text.slice(equals + 1);
    if (value !== undefined) args.set(name, value);
  }
  // https://reproducible-builds.org/docs/source-date-epoch: buildx passes it on as an argument.
  const epoch = environment.SOURCE_DATE_EPOCH;
  if (epoch && !args.has('SOURCE_DATE_EPOCH')) args.set('SOURCE_DATE_EPOCH', epoch);
  return args;
}

function argLines(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .map((line) => line.replace(/\r$/, ''))
      .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  } catch (error) {
    throw new ProaError('BUILD_ARG_FILE', `read build arguments of ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The platforms asked for, each once; none: this machine's. @throws ProaError INVALID_PLATFORM, CONFLICTING_OPTIONS */
export function readPlatforms(options: SourceOptions): Platform[] {
  const { arch, os, variant } = options;
  const words = splitWords(options.platform);
  const single = [arch, os, variant].some((value) => value !== undefined);
  if (words.length > 0 && single)
    throw new ProaError('CONFLICTING_OPTIONS', '--platform cannot be used with --arch, --os or --variant');
  const host = hostPlatform();
  if (single) {
    return [
      normalizePlatform({
        os: os ?? host.os,
        architecture: arch ?? host.architecture,
        variant: variant ?? (arch === undefined ? host.variant : undefined),
      }),
    ];
  }
  const platforms = words.map((word) => (word === 'local' ? host : parsePlatform(word)));
  const once = new Map(platforms.map((platform) => [JSON.stringify(platform), platform]));
  return once.size === 0 ? [host] : [...once.values()];
}

/** @throws ProaError INVALID_OPTION; SECRET_FILE for a file that is not there */
export function readSecrets(texts: readonly string[]): Map<string, SecretSource> {
  const secrets = new Map<string, SecretSource>();
  for (const text of texts) {
    const fields = keyValues('secret', text, { id: '', src: '', source: 'src', env: '', type: '' });
    const { id: said, src, env, type } = fields;
    if (type !== undefined && type !== 'file' && type !== 'env')
      throw invalidOption('secret', text, `unsupported secret type "${type}": file or env`);
    const id = said ?? env;
    if (id === undefined || id === '') throw invalidOption('secret', text, 'it has no id');
    if (src !== undefined && env !== undefined)
      throw invalidOption('secret', text, 'it has both src and env');
    secrets.set(id, secretSource(id, src, type === 'env' ? (env ?? src ?? id) : env, type));
  }
  return secrets;
}

/** With neither src nor env, the variable of that name counts, else the file of that name. */
function secretSource(
  id: string,
  src: string | undefined,
  env: string | undefined,
  type: string | undefined,
): SecretSource {
  if (env !== undefined) return { kind: 'env', name: env };
  if (src === undefined && type !== 'file' && process.env[id] !== undefined) return { kind: 'env', name: id };
  const path = absolute(src ?? id);
  // Told now, and not by the step that needs it.
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) return { kind: 'file', path };
  throw new ProaError(
    'SECRET_FILE',
    `read secret ${id}: ${path}: ${status === undefined ? 'no such file' : 'not a file'}`,
    {
      hint: 'Say where it is: --secret id=ID,src=FILE, or id=ID,env=NAME',
    },
  );
}

/** `default`, `ID=SOCKET`, `ID=KEY,KEY`. @throws ProaError INVALID_OPTION where there is no agent to name */
export function readSsh(texts: readonly string[]): BuildRequest['ssh'] {
  const agents = new Map<string, readonly string[]>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const id = equals < 0 ? text : text.slice(0, equals);
    const paths = equals < 0 ? [] : splitWords([text.slice(equals + 1)]).map(absolute);
    if (id === '') throw invalidOption('ssh', text, 'it has no id');
    if (paths.length > 0) {
      agents.set(id, paths);
      continue;
    }
    const socket = process.env.SSH_AUTH_SOCK;
    if (!socket) {
      throw invalidOption(
        'ssh',
        text,
        'no agent runs (SSH_AUTH_SOCK is not set)',
        'Start one by eval "$(ssh-agent)", or name a socket or keys: --ssh default=~/.ssh/id_ed25519',
      );
    }
    agents.set(id, [socket]);
  }
  return agents;
}

export function absolute(path: string): string {
  const home = path === '~' || path.startsWith('~/') ? `${process.env.HOME ?? ''}${path.slice(1)}` : path;
  return home.startsWith('/') ? home : `${process.cwd()}/${home}`;
}
