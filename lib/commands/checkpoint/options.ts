import type { Option } from '../../cli/command.ts';

export const checkpointDirOption = {
  type: 'string',
  metavar: 'DIR',
  summary: 'Where checkpoints are, if not beside the container',
  complete: 'dir',
} as const satisfies Option;
