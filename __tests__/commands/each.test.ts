import { BunProcess } from '../helpers/bun-process.ts';

test('all names are tried, told in their order, and the last failure is the exit code', async () => {
  const script = `import { forEachName } from 'LIB/commands/each.ts';
    import { ProaError } from 'LIB/core/error.ts';
    process.stderr.write = (text) => { console.log('stderr: ' + text.trim()); return true; };
    const code = await forEachName(['slow', 'bad', 'named', 'silent', 'worse', 'last'], async (name) => {
      if (name === 'slow') await Bun.sleep(30);
      if (name === 'bad') throw new ProaError('X', 'remove bad: no', { exitCode: 1 });
      if (name === 'worse') throw new ProaError('X', 'remove worse: no', { exitCode: 2 });
      return { named: 'another', silent: '' }[name];
    });
    console.log(code);
    console.log(await forEachName(['fine'], async () => {}));`;
  await using child = new BunProcess(script);
  const lines: string[] = [];
  for (let i = 0; i < 8; i++) lines.push(await child.line());
  expect(lines).toEqual([
    'slow',
    'stderr: Error: remove bad: no',
    'another',
    'stderr: Error: remove worse: no',
    'last',
    '2',
    'fine',
    '0',
  ]);
});
