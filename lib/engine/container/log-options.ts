/** `--log-driver` and `--log-opt`: what may be asked for, checked before anything is made. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import type { LogConfig } from '../../storage/containers.ts';
import { checkTag } from './log-details.ts';
import { DEFAULT_LOG_DRIVER, parseDecimalSize, requireJournal } from './log-driver.ts';

const DETAILS = ['tag', 'labels', 'labels-regex', 'env', 'env-regex'];
/** Docker takes these for every driver. */
const DELIVERY = ['mode', 'max-buffer-size'];
const FILE = ['path', 'max-size', 'max-file', 'compress', ...DETAILS, ...DELIVERY];

/** The drivers, each with its options. */
const DRIVERS: Readonly<Record<LogConfig['driver'], readonly string[]>> = {
  'k8s-file': FILE,
  'json-file': FILE,
  local: FILE,
  journald: [...DETAILS, ...DELIVERY],
  none: [],
  passthrough: [],
};

/** All names of drivers, for help and completion. */
export const LOG_DRIVERS = Object.keys(DRIVERS) as LogConfig['driver'][];

/**
 * @param folder what a relative `path` begins at
 * @throws ProaError INVALID_OPTION; NO_JOURNAL
 */
export function parseLogging(
  driver: string | undefined,
  given: Readonly<Record<string, string>>,
  folder: string,
): LogConfig | undefined {
  if (!driver && Object.keys(given).length === 0) return undefined;
  const name = (driver || DEFAULT_LOG_DRIVER) as LogConfig['driver'];
  const known = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
  if (known === undefined) {
    throw new ProaError('INVALID_OPTION', `use log driver ${name}: there is no such driver here`, {
      hint: `One of: ${LOG_DRIVERS.join(', ')}`,
    });
  }
  for (const option of Object.keys(given)) {
    if (known.includes(option)) continue;
    throw new ProaError('INVALID_OPTION', `unknown log opt '${option}' for ${name} log driver`, {
      hint: known.length > 0 ? `One of: ${known.join(', ')}` : 'It has none',
    });
  }
  const options: Record<string, string> = { ...given };
  if (options['max-size'] !== undefined) parseDecimalSize(options['max-size']);
  checkFileCount(options['max-file']);
  for (const option of ['labels-regex', 'env-regex']) checkPattern(option, options[option]);
  if (options.tag !== undefined) checkTag(options.tag);
  if (options.mode !== undefined && !['blocking', 'non-blocking'].includes(options.mode))
    throw new ProaError('INVALID_OPTION', `invalid log opt mode=${options.mode}: blocking or non-blocking`);
  if (options.compress !== undefined && !['true', 'false'].includes(options.compress))
    throw new ProaError('INVALID_OPTION', `invalid log opt compress=${options.compress}: true or false`);
  if (options.path !== undefined) options.path = logPathOption(options.path, folder);
  if (name === 'journald') requireJournal();
  return { driver: name, options };
}

/** What of the options has no effect here, a line each. */
export function logWarnings({ options }: LogConfig): string[] {
  const warnings: string[] = [];
  if (options.compress === 'true') warnings.push('log opt compress: rotated logs stay as they are');
  if (options.mode === 'non-blocking') {
    warnings.push('log opt mode=non-blocking: a container waits while its output cannot be written');
  }
  return warnings;
}

function checkFileCount(text: string | undefined): void {
  if (text === undefined || (/^\d{1,4}$/.test(text) && Number(text) >= 1)) return;
  throw new ProaError('INVALID_OPTION', `invalid log opt max-file=${text}: a number of files, 1 or more`);
}

function checkPattern(option: string, text: string | undefined): void {
  if (text === undefined) return;
  try {
    new RegExp(text);
  } catch (cause) {
    throw new ProaError('INVALID_OPTION', `invalid log opt ${option}=${text}: no regular expression`, {
      cause,
    });
  }
}

function logPathOption(text: string, folder: string): string {
  const path = resolve(folder, text);
  // conmon cuts its --log-path at colons.
  if (text === '' || path.includes(':'))
    throw new ProaError('INVALID_OPTION', `invalid log opt path=${text}: a path without colons`);
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
    throw new ProaError('INVALID_OPTION', `invalid log opt path=${text}: ${dirname(path)} is no folder`);
  return path;
}
