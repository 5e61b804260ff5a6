import { defineCommand } from '../../cli/command.ts';
import { VERSION } from '../../core/version.ts';
import { requireBuilder } from '../../engine/build/builders.ts';
import type { BuilderNode } from '../../storage/builders.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { builderOption } from './builder-option.ts';
import { platformWords } from './ls.ts';

export const command = defineCommand({
  names: ['buildx inspect'],
  summary: 'Show what is known of a builder',
  usage: '[OPTIONS] [NAME]',
  examples: ['buildx inspect', 'buildx inspect --bootstrap ci'],
  options: {
    ...builderOption,
    bootstrap: { type: 'bool', summary: 'Start it before: there is nothing to start' },
    timeout: { type: 'duration', summary: 'How long to wait for nodes: there is nothing to wait for' },
  },
  args: { min: 0, max: 1 },
  run: ({ options, args: [name] }) =>
    withExitCode1(async () => {
      const builder = requireBuilder(openEngine().store, name ?? options.builder);
      const head = [
        ['Name:', builder.name],
        ['Driver:', builder.driver],
        ...(builder.created === ''
          ? []
          : [['Created:', builder.created.replace('T', ' ').replace(/\.\d+Z$/, ' +0000 UTC')]]),
      ];
      const parts = [lines(head), 'Nodes:', ...builder.nodes.map((node) => lines(nodeFacts(node)))];
      await print(`${parts[0]}\n\n${parts[1]}\n${parts.slice(2).join('\n\n')}\n`);
    }),
});

function nodeFacts(node: BuilderNode): string[][] {
  const options = Object.entries(node.driverOptions).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return [
    ['Name:', node.name],
    ['Endpoint:', node.endpoint],
    ...(options.length === 0 ? [] : [['Driver Options:', options.join(' ')]]),
    ['Status:', 'running'],
    ...(node.buildkitdFlags.length === 0 ? [] : [['BuildKit daemon flags:', node.buildkitdFlags.join(' ')]]),
    ['BuildKit version:', `v${VERSION}`],
    ['Platforms:', platformWords(node.platforms).join(', ')],
  ];
}

/** Names and values, the values in one column. */
function lines(facts: readonly string[][]): string {
  const width = Math.max(...facts.map(([name]) => name!.length));
  return facts.map(([name, value]) => `${name!.padEnd(width + 1)}${value}`).join('\n');
}
