import { type Engine, normalized, wordsOf } from './case.ts';

const engine: Engine = { command: [], env: {}, image: 'oracle-1' };

test.each([
  [`run -e A="b c" $I sh -c 'echo "x"; y'`, ['run', '-e', 'A=b c', '$I', 'sh', '-c', 'echo "x"; y']],
  ['ps --format ""', ['ps', '--format', '']],
  ['  a   b ', ['a', 'b']],
])('the words of %s', (line, words) => expect(wordsOf(line)).toEqual(words));

test.each([
  [`${'a1'.repeat(32)} 0123456789ab 012345678`, 'ID64 ID12 012345678'],
  ['oracle-1 p1-c localhost/p1-t:v1', 'IMAGE P-c P-t:v1'],
  ['2024-05-06T07:08:09.123Z 2024-05-06 07:08:09 +0000 UTC', 'TIME TIME'],
  ['Up 3 seconds, About a minute ago, Less than a second, 2 hours', 'Up SPAN, SPAN ago, SPAN, SPAN'],
  ['51.2kB (virtual 1.98MB) 0B', 'SIZE (virtual SIZE) SIZE'],
  ['a      b', 'a  b'],
])('%j without what changes', (text, expected) => expect(normalized(text, engine, 'p1-')).toBe(expected));
