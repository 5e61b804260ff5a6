import { formatRows } from '../../lib/cli/format.ts';

const headers = { ID: 'CONTAINER ID', Names: 'NAMES', Status: 'STATUS', Labels: 'LABELS' };
const defaultTable = 'table {{.ID}}\t{{.Names}}';
const rows = [
  { ID: 'abc', Names: 'web', Status: 'Up', Labels: 'a=1,b=2', Label: (name: string) => `<${name}>` },
  { ID: 'def', Names: 'a-longer-name', Status: 'Exited', Labels: '', Label: () => '' },
];
const format = (format?: string, more = {}) => formatRows(rows, { format, defaultTable, headers, ...more });

test('the default table', async () => {
  const table = 'CONTAINER ID   NAMES\nabc            web\ndef            a-longer-name\n';
  expect(await format()).toBe(table);
  expect(await format('table')).toBe(table);
  expect(await formatRows([], { defaultTable, headers })).toBe('CONTAINER ID   NAMES\n');
});

test.each([
  ['table {{.Names}}\\t{{.Status}}', 'NAMES           STATUS\nweb             Up\na-longer-name   Exited\n'],
  ['table {{.Names}}\t{{.Status}}', 'NAMES           STATUS\nweb             Up\na-longer-name   Exited\n'],
  ['table {{upper .Names}}', 'NAMES\nWEB\nA-LONGER-NAME\n'],
  [
    'table {{truncate .Names 2}}\\t{{json .ID}}',
    'NAMES     CONTAINER ID\nwe        "abc"\na-        "def"\n',
  ],
  [
    'table {{.Label "com.x.my-label"}}\\t{{.ID}}',
    'my label           CONTAINER ID\n<com.x.my-label>   abc\n                   def\n',
  ],
  ['{{.ID}}: {{.Names}}', 'abc: web\ndef: a-longer-name\n'],
  ['{{.ID}}\\t{{.Names}}\\n', 'abc\tweb\n\ndef\ta-longer-name\n\n'],
  ['tableau {{.ID}}', 'tableau abc\ntableau def\n'],
])('%s', async (template, text) => expect(await format(template)).toBe(text));

test('json is an object a line, by name, with the results of functions that need no argument', async () => {
  const lazy = [{ Size: () => 3, ID: 'x', Label: (name: string) => `<${name}>` }];
  expect(await formatRows(lazy, { format: 'json', defaultTable, headers })).toBe('{"ID":"x","Size":3}\n');
  expect(await formatRows(lazy, { format: '{{json .}}', defaultTable, headers })).toBe(
    '{"ID":"x","Size":3}\n',
  );
  expect(await formatRows([], { format: 'json', defaultTable, headers })).toBe('');
});

test("json as Podman's array", async () => {
  expect(JSON.parse(await format('json', { jsonArray: true }))).toMatchObject([{ ID: 'abc' }, { ID: 'def' }]);
  expect(await formatRows([], { format: 'json', jsonArray: true, defaultTable, headers })).toBe('[]\n');
});

test('quiet prints ids, unless the user has a format of their own', async () => {
  expect(await format(undefined, { quiet: true })).toBe('abc\ndef\n');
  expect(await format('table', { quiet: '{{.Names}}' })).toBe('web\na-longer-name\n');
  expect(await format('{{.Status}}', { quiet: true })).toBe('Up\nExited\n');
});

test('a function is called only when its field is asked for', async () => {
  let called = 0;
  const row = { ID: 'x', Names: 'n', Size: () => ++called };
  await formatRows([row], { defaultTable, headers });
  expect(called).toBe(0);
  expect(await formatRows([row], { format: 'table {{.ID}}\t{{.Size}}', defaultTable, headers })).toContain(
    '1\n',
  );
});

test('an unknown field is an error in every form', async () => {
  for (const template of ['table {{.ID}}\t{{.Foo}}', '{{.Foo}}', 'table {{upper .Foo}}']) {
    await expect(format(template)).rejects.toMatchObject({ code: 'TEMPLATE_FIELD' });
  }
});

test('values that are no text go through the template engine', async () => {
  const row = { ID: null, Names: ['a', 'b'] };
  expect(await formatRows([row], { defaultTable, headers })).toBe(
    'CONTAINER ID   NAMES\n<nil>          [a b]\n',
  );
});
