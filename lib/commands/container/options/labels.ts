/** Labels, of the command line and of files. */
import { readFileSync } from 'node:fs';
import type { Options, OptionTable } from '../../../cli/command.ts';
import { messageOf, ProaError } from '../../../core/error.ts';

export const labelOptions = {
  label: { short: 'l', type: 'list', metavar: 'KEY=VALUE', summary: 'Set labels' },
  'label-file': {
    type: 'list',
    metavar: 'FILE',
    summary: 'Read labels from a file, one a line',
    complete: 'file',
  },
} as const satisfies OptionTable;

/** Those of the command line win. @throws ProaError LABEL_FILE */
export function readLabels(options: Options<typeof labelOptions>): Record<string, string> {
  return parseLabels([...options['label-file'].flatMap(readLabelFile), ...options.label]);
}

function parseLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((label) => {
      const equals = label.indexOf('=');
      return equals < 0 ? [label, ''] : [label.slice(0, equals), label.slice(equals + 1)];
    }),
  );
}

/** Empty lines and lines that begin with `#` say nothing. */
function readLabelFile(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.replace(/\r$/, '').trimStart())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    throw new ProaError('LABEL_FILE', `read label file ${file}: ${messageOf(error)}`, { cause: error });
  }
}
