import { defineCommand } from '../../cli/command.ts';
import { formatBytes } from '../../cli/values.ts';
import { imageTree, type TreeLayer } from '../../engine/image/tree.ts';
import { openEngine, print } from '../context.ts';

export const command = defineCommand({
  names: ['image tree'],
  summary: 'Show an image as a tree of its layers',
  usage: '[OPTIONS] IMAGE',
  examples: ['image tree busybox', 'image tree --whatrequires debian'],
  options: {
    whatrequires: { type: 'bool', summary: 'Show the images that are built on it' },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'image',
  async run({ options, args }) {
    const tree = imageTree(openEngine(), args[0]!, { children: options.whatrequires });
    const lines = [
      `Image ID: ${tree.id.slice('sha256:'.length, 'sha256:'.length + 12)}`,
      `Tags:     [${tree.names.join(' ')}]`,
      `Size:     ${formatBytes(tree.size)}`,
      ...(tree.layers.length > 0 ? ['Image Layers', ...branches(tree.layers)] : ['No Image Layers']),
    ];
    await print(`${lines.join('\n')}\n`);
  },
});

function branches(layers: readonly TreeLayer[], indent = ''): string[] {
  return layers.flatMap((layer, i) => {
    const isLast = i === layers.length - 1;
    const names = layer.names.length > 0 ? ` Top Layer of: [${layer.names.join(' ')}]` : '';
    const id = layer.diffId.slice('sha256:'.length, 'sha256:'.length + 12);
    const line = `${indent}${isLast ? '└── ' : '├── '}ID: ${id} Size: ${formatBytes(layer.size).padStart(7)}${names}`;
    return [line, ...branches(layer.children, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}
