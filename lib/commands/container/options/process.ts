/** How the container's process runs, and what is done at its start and end. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { parseBool } from '../../../cli/values.ts';
import { ProaError } from '../../../core/error.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { invalidOption, parsePairs, splitWords } from './invalid.ts';

export const processOptions = {
  annotation: { type: 'list', metavar: 'KEY=VALUE', summary: 'Annotations for the OCI runtime' },
  attach: {
    short: 'a',
    type: 'list',
    metavar: 'STREAM',
    summary: 'Attach only to stdin, stdout or stderr',
  },
  chrootdirs: {
    type: 'list',
    metavar: 'PATH',
    summary: 'Folders in the container that get the files of /etc too',
  },
  'conmon-pidfile': {
    type: 'string',
    metavar: 'FILE',
    summary: "Write conmon's process id to the file",
    complete: 'file',
  },
  init: { type: 'bool', summary: 'Run an init as first process that forwards signals and reaps processes' },
  'init-path': {
    type: 'string',
    metavar: 'FILE',
    summary: 'The init program, on the host (default catatonit)',
    complete: 'file',
  },
  'oom-score-adj': {
    type: 'int',
    summary: 'Whom the kernel ends first when memory runs out (-1000 to 1000)',
  },
  personality: {
    type: 'string',
    metavar: 'DOMAIN',
    choices: ['LINUX', 'LINUX32'],
    summary: 'Execution domain: LINUX or LINUX32',
  },
  pidfile: {
    type: 'string',
    metavar: 'FILE',
    summary: "Write the container's process id to the file",
    complete: 'file',
  },
  'read-only-tmpfs': { type: 'bool', summary: 'With --read-only, mount tmpfs on /run, /tmp and /var/tmp' },
  replace: { type: 'bool', summary: 'Remove the container that has the name already' },
  requires: {
    type: 'list',
    metavar: 'CONTAINER',
    summary: 'Containers that are started before this one',
    complete: 'container',
  },
  sdnotify: {
    type: 'string',
    metavar: 'WHO',
    choices: ['container', 'conmon', 'healthy', 'ignore'],
    summary:
      'When systemd hears that the service is up: from the container, from conmon, when healthy, or never (ignore)',
  },
  'seccomp-policy': {
    type: 'string',
    default: 'default',
    choices: ['default', 'image'],
    metavar: 'POLICY',
    summary: "With image, the profile of the image's label io.containers.seccomp.profile",
  },
  systemd: {
    type: 'string',
    default: 'true',
    metavar: 'WHEN',
    summary: 'Mounts for systemd as first process: true (when it is), false or always',
  },
  timeout: { type: 'int', metavar: 'SECONDS', summary: 'Kill the container after this time' },
} as const satisfies OptionTable;

type ProcessOptions = Options<typeof processOptions>;

/** @throws ProaError INVALID_OPTION */
export function readProcess(options: ProcessOptions): ContainerOptions {
  const { annotation, timeout, pidfile, 'conmon-pidfile': conmonPidfile } = options;
  if (timeout !== undefined && timeout < 0) throw invalidOption('timeout', String(timeout), 'below 0');
  if (options['init-path'] && !options.init)
    throw new ProaError('MISSING_OPTION', 'use an init program: --init-path needs --init');
  const requires = splitWords(options.requires);
  const chrootDirs = splitWords(options.chrootdirs).map(absoluteInside);
  return {
    annotations: annotation.length > 0 ? parsePairs('annotation', annotation) : undefined,
    attach: parseStreams(options.attach),
    chrootDirs: chrootDirs.length > 0 ? chrootDirs : undefined,
    initPath: options['init-path'] && onHost(options['init-path']),
    oomScoreAdj: options['oom-score-adj'],
    personality: options.personality,
    pidFile: pidfile && onHost(pidfile),
    conmonPidFile: conmonPidfile && onHost(conmonPidfile),
    readonlyTmpfs: options['read-only-tmpfs'] || undefined,
    requires: requires.length > 0 ? requires : undefined,
    sdNotify: options.sdnotify as ContainerOptions['sdNotify'],
    timeout: timeout || undefined,
  };
}

/** `--replace` needs to know whom. @throws ProaError MISSING_OPTION */
export function checkReplace(replace: boolean, name: string | undefined): void {
  if (!replace || name !== undefined) return;
  throw new ProaError('MISSING_OPTION', 'replace a container: --replace needs --name');
}

/** `always`, or a bool as pflag reads it. @throws ProaError INVALID_OPTION */
export function readSystemd(text: string): CreateRequest['systemd'] {
  if (text === 'always') return text;
  try {
    return parseBool(text);
  } catch {
    // Neither of the words; said with the third one.
    throw invalidOption('systemd', text, 'not one of true, false, always');
  }
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;

export type Stream = (typeof STREAMS)[number];

/** Undefined when none is named. @throws ProaError INVALID_OPTION */
export function parseStreams(values: readonly string[]): Stream[] | undefined {
  if (values.length === 0) return undefined;
  return splitWords(values).map((value) => {
    const stream = STREAMS.find((name) => name === value.toLowerCase());
    if (stream === undefined) throw invalidOption('attach', value, 'not one of stdin, stdout, stderr');
    return stream;
  });
}

function absoluteInside(path: string): string {
  if (!path.startsWith('/'))
    throw invalidOption('chrootdirs', path, 'the path in the container must be absolute');
  return path.replace(/\/+$/, '');
}

function onHost(path: string): string {
  return path.startsWith('/') ? path : `${process.cwd()}/${path}`;
}
