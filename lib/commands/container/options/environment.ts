/** What the container's process finds as its environment. */
import { readFileSync } from 'node:fs';
import type { Options, OptionTable } from '../../../cli/command.ts';
import { messageOf, ProaError } from '../../../core/error.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import {
  mergeEnvOption,
  parseEnvFile,
  parseEnvOption,
  proxyEnv,
} from '../../../oci/model/runtime-spec/env.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { splitWords } from './invalid.ts';

/** Those that `exec` has too. */
export const envOptions = {
  env: { short: 'e', type: 'list', metavar: 'NAME=VALUE', summary: 'Set environment variables' },
  'env-file': {
    type: 'list',
    metavar: 'FILE',
    summary: 'Read environment variables from a file',
    complete: 'file',
  },
} as const satisfies OptionTable;

export const environmentOptions = {
  ...envOptions,
  'env-host': { type: 'bool', summary: "Give the container all of this shell's variables" },
  'env-merge': {
    type: 'list',
    metavar: 'NAME=TEXT',
    summary: "Set a variable to a text that holds the image's (PATH=$PATH:/opt/bin)",
  },
  'http-proxy': { type: 'bool', summary: "Give the container this shell's proxy variables" },
  tz: { type: 'string', metavar: 'ZONE', summary: 'Time zone (Europe/Berlin, or local)' },
  unsetenv: {
    type: 'list',
    metavar: 'NAME',
    summary: 'Leave out a variable of the image or of every container',
  },
  'unsetenv-all': { type: 'bool', summary: 'Leave out all of these' },
} as const satisfies OptionTable;

type EnvironmentOptions = Options<typeof environmentOptions>;

/** Files first, then `-e`. @throws ProaError ENV_FILE, INVALID_ENV */
export function readEnv(options: Options<typeof envOptions>): string[] {
  const files = options['env-file'].flatMap((file) => {
    try {
      return parseEnvFile(readFileSync(file, 'utf8'), file, process.env);
    } catch (error) {
      if (error instanceof ProaError) throw error;
      throw new ProaError('ENV_FILE', `read env file ${file}: ${messageOf(error)}`, { cause: error });
    }
  });
  return [...files, ...options.env.map((entry) => parseEnvOption(entry, process.env))];
}

/** @throws ProaError ENV_FILE, INVALID_ENV */
export function readEnvironment(
  options: EnvironmentOptions,
): Pick<CreateRequest, 'env' | 'hostEnv' | 'envMerge'> {
  const host = options['env-host']
    ? Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
    : [];
  for (const merge of options['env-merge']) mergeEnvOption(merge, []);
  return {
    env: readEnv(options),
    hostEnv: [...host, ...(options['http-proxy'] ? proxyEnv(process.env) : [])],
    envMerge: options['env-merge'],
  };
}

export function readEnvironmentRules(options: EnvironmentOptions): ContainerOptions {
  const names = splitWords(options.unsetenv);
  return {
    unsetEnv: options['unsetenv-all'] ? 'all' : names.length > 0 ? names : undefined,
    timezone: options.tz || undefined,
  };
}
