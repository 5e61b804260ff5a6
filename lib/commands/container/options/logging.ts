/** Where the output of a container is kept. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';
import { LOG_DRIVERS, parseLogging } from '../../../engine/container/log-options.ts';
import type { LogConfig } from '../../../storage/containers.ts';

export const loggingOptions = {
  'log-driver': {
    type: 'string',
    metavar: 'DRIVER',
    summary: `Where the container's output is kept: ${LOG_DRIVERS.join(', ')} (default "k8s-file")`,
  },
  'log-opt': {
    type: 'list',
    metavar: 'KEY=VALUE',
    summary: 'Options of the log driver: max-size, max-file, path, tag, labels, env',
  },
} as const satisfies OptionTable;

/** @throws ProaError naming the option that cannot be */
export function readLogging(options: Options<typeof loggingOptions>): LogConfig | undefined {
  const given: Record<string, string> = {};
  for (const text of options['log-opt']) {
    const equals = text.indexOf('=');
    if (equals < 1) {
      throw new ProaError('INVALID_OPTION', `invalid argument "${text}" for --log-opt: not KEY=VALUE`);
    }
    given[text.slice(0, equals)] = text.slice(equals + 1);
  }
  return parseLogging(options['log-driver'], given, process.cwd());
}
