import { defineCommand } from '../../cli/command.ts';
import { completionScript, SHELLS, type Shell } from '../../cli/completion-scripts.ts';
import { print } from '../context.ts';

export const command = defineCommand({
  names: ['completion'],
  summary: 'Print a completion script for a shell',
  usage: `${SHELLS.join('|')}`,
  description:
    'Prints the script on stdout. For this shell alone:\n\n  source <(proa completion bash)\n\nFor good:\n\n' +
    '  proa completion bash > /usr/share/bash-completion/completions/proa',
  examples: ['completion bash', 'completion zsh', 'completion fish', 'completion powershell'],
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: SHELLS,
  async run({ args }) {
    await print(completionScript(args[0] as Shell));
  },
});
