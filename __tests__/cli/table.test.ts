import { alignColumns, renderTable } from '../../lib/cli/table.ts';

test('columns have ten columns at least, three spaces between, and none at the end', () => {
  const text = renderTable(
    ['DRIVER', 'VOLUME NAME'],
    [
      ['local', 'a'],
      ['a-long-driver', 'bb'],
    ],
  );
  expect(text).toBe('DRIVER          VOLUME NAME\nlocal           a\na-long-driver   bb\n');
  expect(renderTable(['DRIVER', 'VOLUME NAME'], [['local', 'a']])).toBe(
    'DRIVER    VOLUME NAME\nlocal     a\n',
  );
});

test('a table without rows is its heading', () => {
  expect(renderTable(['CONTAINER ID', 'PORTS', 'NAMES'], [])).toBe('CONTAINER ID   PORTS     NAMES\n');
});

test('empty cells keep their column', () => {
  expect(renderTable(['A', 'B', 'C'], [['x', '', 'y']])).toBe(
    'A         B         C\nx                   y\n',
  );
});

test('tabs and line breaks in a cell do not move the columns', () => {
  expect(renderTable(['A', 'B'], [['x\ty', 'b\nc']])).toBe('A         B\nx y       b c\n');
});

test('a line with fewer cells ends a column', () => {
  const lines = [['a', 'b'], ['no columns'], ['a-very-long-cell', 'b'], ['x', 'y']];
  expect(alignColumns(lines)).toBe('a         b\nno columns\na-very-long-cell   b\nx                  y\n');
});

test('wide and combining characters count as the terminal shows them', () => {
  expect(
    renderTable(
      ['NAME', 'X'],
      [
        ['日本語の名前', '1'],
        ['é', '2'],
      ],
    ),
  ).toBe('NAME           X\n日本語の名前   1\né              2\n');
});
