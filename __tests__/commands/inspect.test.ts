import { ensureVolume } from '../../lib/storage/volumes.ts';
import { exitedState, TestStore } from '../helpers/container-records.ts';
import { proa } from '../helpers/proa.ts';

let test_: TestStore;
beforeEach(async () => {
  test_ = new TestStore();
  await test_.add({ name: 'one' }, exitedState(3));
  ensureVolume(test_.store, 'one', { labels: { a: 'b' } });
  ensureVolume(test_.store, 'data');
});
afterEach(() => test_[Symbol.dispose]());

test('containers before volumes, unless the type is given', async () => {
  const names = async (...args: string[]) =>
    JSON.parse((await proa(test_, 'inspect', ...args)).out).map((o: { Name: string }) => o.Name);
  expect(await names('one', 'data')).toEqual(['/one', 'data']);
  expect(await names('--type', 'volume', 'one')).toEqual(['one']);
  expect(
    (await proa(test_, 'inspect', '-f', '{{.Mountpoint}} {{.Labels.a}}', '--type', 'volume', 'one')).out,
  ).toBe(`${test_.root}/volumes/one/_data b\n`);
});

test('what is found is printed, and what is not is told', async () => {
  const { out, err, code } = await proa(
    test_,
    'inspect',
    'nobody',
    'one',
    '-f',
    '{{.Name}} {{.State.ExitCode}}',
  );
  expect(out).toBe('/one 3\n');
  expect(err).toContain('no such object: nobody');
  expect(code).toBe(1);
  expect(await proa(test_, 'inspect', 'nobody')).toMatchObject({ out: '[]\n', code: 1 });
  const typed = await proa(test_, 'container', 'inspect', 'data');
  expect(typed).toMatchObject({ out: '[]\n', code: 1 });
  expect(typed.err).toContain('no such container');
});

test('as JSON with four spaces, as Docker', async () => {
  const { out } = await proa(test_, 'container', 'inspect', 'one');
  expect(out).toMatch(/^\[\n {4}\{\n {8}"Id": "[0-9a-f]{64}",\n/);
  expect(out).toMatch(/\n\]\n$/);
});
