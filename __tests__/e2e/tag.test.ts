// tag and untag: one image under many names.
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  const names = async () =>
    JSON.parse(await machine.ok('image', 'inspect', '--format={{json .RepoTags}}', IMAGE)) as string[];

  test('names come and go, and the image stays', async () => {
    await machine.ok('tag', IMAGE, 'docker.io/library/b', 'index.docker.io/team/c:1', 'localhost:5000/d');
    // In the order of their full names, Docker Hub's first.
    expect(await names()).toEqual(['b:latest', `${IMAGE}:latest`, 'team/c:1', 'localhost:5000/d:latest']);
    // The same name in every way of writing it.
    for (const name of [
      'b',
      'b:latest',
      'docker.io/b',
      'docker.io/library/b:latest',
      'index.docker.io/library/b',
    ])
      expect(await machine.ok('images', '-q', name)).not.toBe('');
    expect(await machine.ok('untag', IMAGE, 'b', 'docker.io/team/c:1')).toBe('');
    expect(await names()).toEqual([`${IMAGE}:latest`, 'localhost:5000/d:latest']);
    // One of them is none of its names: nothing happens.
    expect(await refused(machine, ['untag', IMAGE, 'localhost:5000/d', 'b'], 125)).toMatch(
      /b:latest is no name of it/,
    );
    const id = await machine.ok('images', '-q', '--no-trunc', IMAGE);
    await machine.ok('untag', id);
    expect(await machine.ok('images', '-q', '--no-trunc')).toBe(id);
    expect(await machine.ok('images', '--format={{.Repository}}:{{.Tag}}', '--filter=dangling=true')).toBe(
      '<none>:<none>',
    );
    expect(await refused(machine, ['tag', 'nobody', 'x'], 1)).toMatch(/No such image: nobody/);
    for (const wrong of ['Upper/Case', 'a:b:c', `x@sha256:${'0'.repeat(64)}`, ''])
      await refused(machine, ['tag', id, 'fine', wrong], 1);
    await machine.ok('tag', id, IMAGE);
    expect(await names()).toEqual([`${IMAGE}:latest`]);
  });
});
