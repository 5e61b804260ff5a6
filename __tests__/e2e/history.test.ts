// history: the steps of an image, for people and for programs.
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  test('in every form', async () => {
    const long = `echo ${'x'.repeat(60)}`;
    await machine.ok('create', '--name=c', '--network=none', IMAGE, 'sh', '-c', long);
    const id = await machine.ok('commit', '-m', 'by hand', 'c', 'made:1');
    const base = await machine.ok('images', '-q', '--no-trunc', IMAGE);
    const lines = (await machine.ok('history', 'made:1')).split('\n');
    expect(lines[0]).toMatch(/^IMAGE {10}CREATED +CREATED BY +SIZE +COMMENT$/);
    expect(lines[1]).toMatch(new RegExp(`^${id.slice(7, 19)} .* ago +sh -c echo x+… +0B +by hand$`));
    expect(lines[2]).toMatch(new RegExp(`^${base.slice(7, 19)} .* ago .* [\\d.]+MB +Imported from .*$`));

    const exact = (await machine.ok('history', '--human=false', '--no-trunc', 'made:1')).split('\n');
    expect(exact[0]).toMatch(/^IMAGE +CREATED AT +CREATED BY +SIZE +COMMENT$/);
    expect(exact[1]).toMatch(
      new RegExp(`^${id} +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ +sh -c ${long} +0 +by hand$`),
    );
    const { out } = await machine.proaWith(
      { env: { TZ: 'Asia/Tokyo' } },
      'history',
      '--human=false',
      'made:1',
    );
    expect(out).toMatch(/T\d\d:\d\d:\d\d\+09:00 /);

    const json = JSON.parse((await machine.ok('history', '--format=json', 'made:1')).split('\n')[0]!);
    expect(Object.keys(json)).toEqual(['Comment', 'CreatedAt', 'CreatedBy', 'CreatedSince', 'ID', 'Size']);
    expect(await machine.ok('history', '--format={{.Tags}} {{.Size}} {{.Comment}}', 'made:1')).toMatch(
      /^\[made:1\] 0B by hand\n\[bb:latest\] [\d.]+MB Imported/,
    );
    expect(await machine.ok('history', '-q', 'made:1')).toBe(`${id.slice(7, 19)}\n${base.slice(7, 19)}`);
    expect(await machine.ok('history', '-q', `--platform=${await platform()}`, 'made:1')).toContain(
      id.slice(7, 19),
    );
    expect(await refused(machine, ['history', '--platform=windows/amd64', 'made:1'], 1)).toMatch(
      /not for windows\/amd64/,
    );
    await refused(machine, ['history', 'nobody'], 1);
    await machine.ok('rm', 'c');
    // Without the images that its steps were made from, only the last one has an id.
    await machine.ok('save', '-o', `${machine.folder}/made.tar`, 'made:1');
    await machine.ok('rmi', 'made:1');
    await machine.ok('load', '-i', `${machine.folder}/made.tar`);
    expect(await machine.ok('history', '-q', 'made:1')).toBe(`${id.slice(7, 19)}\n<missing>`);
    await machine.ok('rmi', 'made:1');
  });

  const platform = () => machine.ok('image', 'inspect', '--format={{.Os}}/{{.Architecture}}', IMAGE);
});
