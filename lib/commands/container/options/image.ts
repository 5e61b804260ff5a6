/** Which image, and how it is fetched when it is not here. */
import type { OptionTable } from '../../../cli/command.ts';
import { platformOptions, registryOptions, trustOptions } from '../../image/registry-options.ts';

export const imageOptions = {
  ...platformOptions,
  ...registryOptions,
  ...trustOptions,
  pull: {
    type: 'string',
    default: 'missing',
    choices: ['always', 'missing', 'never', 'newer'],
    summary: 'When to pull the image',
  },
  quiet: { short: 'q', type: 'bool', summary: 'Say nothing of the pull' },
} as const satisfies OptionTable;
