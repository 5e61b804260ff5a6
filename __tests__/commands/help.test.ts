import { commands } from '../../lib/commands/index.ts';
import { TestStore } from '../helpers/container-records.ts';
import { proa } from '../helpers/proa.ts';

test('the overview names every command and every global option; a group its own', async () => {
  using records = new TestStore();
  const [overview, group, command] = await Promise.all([
    proa(records, '--help'),
    proa(records, 'image', '--help'),
    proa(records, 'container', 'ls', '--help'),
  ]);
  for (const { code, err } of [overview, group, command]) expect([code, err]).toEqual([0, '']);
  const words = (text: string) => new Set(text.split(/[\s,]+/));
  for (const option of ['--root', '--runroot', '--runtime', '--log-level', '--debug'])
    expect(words(overview.out)).toContain(option);
  const plain = Object.keys(commands).filter((name) => !name.includes(' ') && !commands[name]!.hidden);
  expect(plain.length).toBeGreaterThan(20);
  expect(plain.filter((name) => !words(overview.out).has(name))).toEqual([]);
  expect(group.out).toMatch(/Manage images/);
  expect(command.out).toMatch(/--all/);
});

test('`help NAME` is `NAME --help`, whatever arguments the command wants', async () => {
  using records = new TestStore();
  const [asked, flag] = await Promise.all([
    proa(records, 'help', 'container', 'rename'),
    proa(records, 'container', 'rename', '--help'),
  ]);
  expect(asked).toEqual(flag);
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: {2}proa container rename/) });
});
