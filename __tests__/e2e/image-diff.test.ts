// image diff: an image and its parent, and any two images.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('what one image has in place of the other, whatever layers they share', async () => {
    const make = async (from: string, name: string, script: string): Promise<void> => {
      await machine.ok('run', '--name=c', '--network=none', from, 'sh', '-c', script);
      await machine.ok('commit', '-q', 'c', name);
      await machine.ok('rm', 'c');
    };
    await make(IMAGE, 'one', 'echo 1 > /one; mkdir -p /d/sub; echo x > /d/x; rm /bin/wc');
    await make('one', 'two', 'echo 22 > /one; rm -r /d; mkdir /d; echo y > /d/y; echo z > /etc/zz');
    await make(IMAGE, 'side', 'echo 1 > /side; rm /bin/ls');
    const diff = async (...args: string[]) => (await machine.ok('image', 'diff', ...args)).split('\n');
    const step = ['C /d', 'D /d/sub', 'D /d/x', 'A /d/y', 'C /etc', 'A /etc/zz', 'C /one'];
    expect((await diff('two')).filter((line) => line !== 'C /d').sort()).toEqual(step.slice(1).sort());
    expect(await diff('two', 'one')).toEqual(await diff('two'));
    // Over more than one layer, and back.
    expect(await diff('two', IMAGE)).toEqual([
      'C /bin',
      'D /bin/wc',
      'A /d',
      'A /d/y',
      'C /etc',
      'A /etc/zz',
      'A /one',
    ]);
    expect(await diff(IMAGE, 'two')).toEqual([
      'C /bin',
      'A /bin/wc',
      'D /d',
      'C /etc',
      'D /etc/zz',
      'D /one',
    ]);
    expect(await diff('side', 'one')).toEqual([
      'C /bin',
      'D /bin/ls',
      'A /bin/wc',
      'D /d',
      'D /one',
      'A /side',
    ]);
    expect(await machine.ok('image', 'diff', 'one', 'one')).toBe('');
    expect(JSON.parse(await machine.ok('image', 'diff', '--format=json', IMAGE, 'side'))).toEqual({
      changed: ['/bin'],
      added: ['/bin/ls'],
      deleted: ['/side'],
    });
    expect(await machine.proa('image', 'diff', 'one', 'none')).toMatchObject({ code: 1, out: '' });
    await machine.ok('rmi', 'side', 'two', 'one');
  });
});
