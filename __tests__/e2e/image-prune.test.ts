// image prune: which images and layers go, and that the room it says it made is there.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { du, sizeText } from './support/disk.ts';
import { tarOf } from './support/image.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  const images = async () => (await machine.ok('images', '--format', '{{.Repository}}')).split('\n').sort();
  const importAs = (name: string, ...changes: string[]) =>
    machine.ok(
      'import',
      ...changes.flatMap((change) => ['--change', change]),
      machine.imageTar,
      ...(name ? [name] : []),
    );

  /** Runs a prune, checks that the disk has the room that it tells of, and returns what it says went. */
  async function prune(...words: string[]): Promise<string> {
    const before = du(machine.root);
    const out = await machine.ok('image', 'prune', '--force', ...words);
    const freed = before - du(machine.root);
    const end = `Total reclaimed space: ${sizeText(freed)}`;
    expect(out.slice(-end.length)).toBe(end);
    return out.slice(0, -end.length);
  }

  test('without a name, or with none made from them, by label and age', async () => {
    const dangling = await importAs('', 'LABEL x=1', 'CMD ["a"]');
    await importAs('named', 'LABEL x=1', 'CMD ["b"]');
    await importAs('used', 'CMD ["c"]');
    await machine.ok('create', '--name=c', '--network=none', 'used');
    await refused(machine, ['image', 'prune'], 1);
    await refused(machine, ['image', 'prune', '-f', '--filter', 'nope=1'], 1);
    expect(await prune('--filter', 'label!=x')).toBe('');
    expect(await prune('-a', '--filter', 'until=24h', '--filter', 'label=x')).toBe('');
    expect(await prune('--external', '--build-cache')).toBe(`Deleted Images:\ndeleted: ${dangling}\n\n`);
    expect(await prune('-a', '--filter', 'label=x=1')).toMatch(
      /^Deleted Images:\nuntagged: named:latest\ndeleted: sha256:[0-9a-f]{64}\n\n$/,
    );
    expect(await images()).toEqual([IMAGE, 'used']);
    await machine.ok('rm', 'c');
    await machine.ok('rmi', 'used');
  });

  test('an image goes after those that were made from it; one that they need stays without its name', async () => {
    const base = await importAs('base', 'LABEL family=1');
    await machine.ok('create', '--name=of-base', '--network=none', 'base', 'true');
    const child = await machine.ok('commit', 'of-base', 'child');
    await machine.ok('rm', 'of-base');
    await machine.ok('create', '--name=of-child', '--network=none', 'child', 'true');
    expect(await prune('-a', '--filter', 'label=family')).toBe('Deleted Images:\nuntagged: base:latest\n\n');
    await machine.ok('rm', 'of-child');
    expect(await prune('-a', '--filter', 'label=family')).toMatch(
      new RegExp(
        `^Deleted Images:\nuntagged: child:latest\ndeleted: ${child}\ndeleted: sha256:\\S+\ndeleted: ${base}\n\n$`,
      ),
    );
  });

  test('an image and its layer: the room is that of all its files', async () => {
    const file = `${machine.folder}/files.tar`;
    const files = Array.from({ length: 50 }, (_, i) => [`folder-${i % 5}/file-${i}`, 'x'.repeat(i * 100)]);
    writeFileSync(file, tarOf(Object.fromEntries(files)));
    const id = await machine.ok('import', file, 'files');
    const before = du(machine.root);
    const out = await machine.ok('image', 'prune', '-af', '--filter', 'label!=none', '--filter', 'until=24h');
    // Too young.
    expect(out).toBe('Total reclaimed space: 0B');
    expect(await prune('-a')).toMatch(`untagged: files:latest\ndeleted: ${id}\ndeleted: sha256:`);
    expect(before - du(machine.root)).toBeGreaterThan(50 * 4096);
    await importAs(IMAGE, 'CMD ["sh"]');
  });

  test('layers that belong to nobody', async () => {
    const known = readdirSync(`${machine.root}/blobs/sha256`);
    await machine.ok('import', '--change', 'LABEL lost=1', `${machine.folder}/files.tar`, 'lost');
    const before = du(machine.root);
    // What a pull leaves that never ended: layers and documents, and no image.
    const id = (await machine.ok('images', '-q', '--no-trunc', 'lost')).slice(7);
    rmSync(`${machine.root}/images/by-id/${id}.json`);
    rmSync(`${machine.root}/images/names/docker.io%2Flibrary%2Flost%3Alatest.json`);
    expect(readdirSync(`${machine.root}/layers`)).toHaveLength(2);
    // A filter asks for something that layers do not have.
    expect(await prune('--filter', 'label=lost')).toBe('');
    expect(await prune()).toMatch(/^Deleted Images:\ndeleted: sha256:[0-9a-f]{64}\n\n$/);
    expect(readdirSync(`${machine.root}/layers`)).toHaveLength(1);
    const left = du(machine.root);
    expect(before - left).toBeGreaterThan(50 * 4096);
    // (The documents are young; they may be those of a pull that is about to write its record.)
    for (const blob of readdirSync(`${machine.root}/blobs/sha256`).filter((name) => !known.includes(name)))
      rmSync(`${machine.root}/blobs/sha256/${blob}`);
  });
});
