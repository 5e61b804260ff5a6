// image tree: the layers of an image, and the images that are built on it.
import { writeFileSync } from 'node:fs';
import { tarOf } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  test('layers with their sizes and names, and what requires them', async () => {
    const file = `${machine.folder}/small.tar`;
    writeFileSync(file, tarOf({ file: 'x'.repeat(5000) }));
    const id = await machine.ok('import', file, 'small');
    await machine.ok('tag', 'small', 'tiny:1');
    await machine.ok('create', '--name=c', '--network=none', 'small', 'true');
    const child = await machine.ok('commit', 'c', 'child');
    await machine.ok('rm', 'c');
    const layers = JSON.parse(
      await machine.ok('image', 'inspect', '--format={{json .RootFS.Layers}}', 'child'),
    );
    const [base, top] = layers.map((layer: string) => layer.slice(7, 19));
    const names = 'Top Layer of: [docker.io/library/small:latest docker.io/library/tiny:1]';
    expect((await machine.ok('image', 'tree', 'child')).split('\n')).toEqual([
      `Image ID: ${child.slice(7, 19)}`,
      'Tags:     [docker.io/library/child:latest]',
      'Size:     5kB',
      'Image Layers',
      `├── ID: ${base} Size:     5kB ${names}`,
      `└── ID: ${top} Size:      0B Top Layer of: [docker.io/library/child:latest]`,
    ]);
    expect((await machine.ok('image', 'tree', '--whatrequires', id)).split('\n').slice(3)).toEqual([
      'Image Layers',
      `└── ID: ${base} Size:     5kB ${names}`,
      `    └── ID: ${top} Size:      0B Top Layer of: [docker.io/library/child:latest]`,
    ]);
    await refused(machine, ['image', 'tree', 'nobody'], 125);
    await machine.ok('rmi', 'child', 'tiny:1', 'small');
  });
});
