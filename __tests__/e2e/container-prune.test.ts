// container prune: what goes, what stays, what is said, and that nobody is surprised.
import { du, sizeText } from './support/disk.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('all that do not run, by label and age', async () => {
    const script = 'head -c 2000 /dev/zero > /file';
    await machine.ok('run', '--name=wrote', '--network=none', '--label=l=1', IMAGE, 'sh', '-c', script);
    await machine.ok('create', '--name=kept', IMAGE);
    await machine.ok('run', '-d', '--name=runs', '--network=none', '--label=l=1', IMAGE, 'sleep', '100');
    const id = await machine.inspect('wrote', '{{json .Id}}');
    const prune = (...words: string[]) => machine.proa('container', 'prune', ...words);

    expect(await prune()).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--force') });
    const nothing = { code: 0, out: 'Total reclaimed space: 0B\n' };
    expect(await prune('-f', '--filter=until=1h')).toMatchObject(nothing);
    expect(await prune('-f', '--filter=name=wrote')).toMatchObject({ code: 1, out: '' });
    const before = du(machine.root);
    const { code, out, err } = await prune('-f', '--filter=label=l=1');
    // What it says is what the disk says.
    const freed = before - du(machine.root);
    expect(freed).toBeGreaterThanOrEqual(4096);
    const said = `Deleted Containers:\n${id}\n\nTotal reclaimed space: ${sizeText(freed)}\n`;
    expect({ code, out, err }).toEqual({ code: 0, out: said, err: '' });
    using terminal = machine.terminal(['container', 'prune']);
    await terminal.until(/\[y\/N\]/);
    terminal.type('n\n');
    expect(await terminal.ended()).toBe(0);
    expect(await machine.ok('ps', '-a', '--sort=names', '--format={{.Names}}')).toBe('kept\nruns');
    expect((await prune('-f')).out).toMatch(/^Deleted Containers:\n[0-9a-f]{64}\n\nTotal/);
    expect(await prune('-f')).toMatchObject(nothing);
  });
});
