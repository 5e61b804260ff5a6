// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { expandWord, type WordRules } from '../../../lib/build/dockerfile/expand-word.ts';

const env = new Map([
  ['FOO', 'bar'],
  ['EMPTY', ''],
  ['SPACES', ' a  b '],
  ['STR', 'foobarbaz'],
  ['PATHS', '/usr/bin:/bin'],
  ['STARS', 'a*b?c'],
  ['NUMBER', '12'],
  ['ünï', 'letters'],
]);
const text = (word: string, rules?: WordRules) => expandWord(word, env, rules).text;

test.each([
  // plain
  ['hello', 'hello'],
  ['hello world', 'hello world'],
  ['a\tb', 'a\tb'],
  ['', ''],
  // quotes
  ['"hello"', 'hello'],
  ["'hello'", 'hello'],
  ['he"ll"o', 'hello'],
  [`he'"'llo`, 'he"llo'],
  [`"it's"`, "it's"],
  ["'a\\b'", 'a\\b'],
  ["'$FOO'", '$FOO'],
  ['"$FOO"', 'bar'],
  ['"${FOO}"', 'bar'],
  ['""', ''],
  // escapes
  ['he\\llo', 'hello'],
  ['he\\\\llo', 'he\\llo'],
  ["he\\'llo", "he'llo"],
  ['\\"x\\"', '"x"'],
  ['hello\\', 'hello'],
  ['"a\\"b"', 'a"b'],
  ['"a\\$FOO"', 'a$FOO'],
  ['"a\\\\b"', 'a\\b'],
  ['"a\\nb"', 'a\\nb'],
  ['\\$FOO', '$FOO'],
  ['\\${FOO}', '${FOO}'],
  // names
  ['$FOO', 'bar'],
  ['${FOO}', 'bar'],
  ['x${FOO}y', 'xbary'],
  ['$FOO.x', 'bar.x'],
  ['$FOO$FOO', 'barbar'],
  ['$FOOx', ''],
  ['$', '$'],
  ['a$', 'a$'],
  ['$,', '$,'],
  ['$ x', '$ x'],
  ['$(x)', '$(x)'],
  ['$12a', 'a'],
  ['$1', ''],
  ['$@', ''],
  ['$$', ''],
  ['$ünï', 'letters'],
  ['$SPACES', ' a  b '],
  // defaults
  ['${FOO:-x}', 'bar'],
  ['${EMPTY:-x}', 'x'],
  ['${NOPE:-x}', 'x'],
  ['${EMPTY-x}', ''],
  ['${NOPE-x}', 'x'],
  ['${NOPE:-}', ''],
  ['${NOPE:-$FOO}', 'bar'],
  ['${NOPE:-${ALSO:-$FOO}}', 'bar'],
  ['${NOPE:-a b}', 'a b'],
  ['${NOPE:-"a}"}', 'a}'],
  ['${NOPE:-a\\}b}', 'a}b'],
  ['${NOPE:--}', '-'],
  ['${FOO:+x}', 'x'],
  ['${EMPTY:+x}', ''],
  ['${NOPE:+x}', ''],
  ['${EMPTY+x}', 'x'],
  ['${NOPE+x}', ''],
  ['${FOO+$NUMBER}', '12'],
  ['${FOO:?why}', 'bar'],
  ['${EMPTY?why}', ''],
  // trimming
  ['${STR#f*b}', 'arbaz'],
  ['${STR##f*b}', 'az'],
  ['${STR%b*}', 'foobar'],
  ['${STR%%b*}', 'foo'],
  ['${STR#x}', 'foobarbaz'],
  ['${STR#foo}', 'barbaz'],
  ['${STR%baz}', 'foobar'],
  ['${STR#?}', 'oobarbaz'],
  ['${STR%??}', 'foobarb'],
  ['${STR#*}', 'foobarbaz'],
  ['${STR##*}', ''],
  ['${STR%%*}', ''],
  ['${STR#}', 'foobarbaz'],
  ['${STR#$FOO}', 'foobarbaz'],
  ['${STR%$NOPE}', 'foobarbaz'],
  ['${PATHS##*/}', 'bin'],
  ['${PATHS%%:*}', '/usr/bin'],
  ['${STARS#a\\*}', 'b?c'],
  ['${STARS%\\?c}', 'a*b'],
  ['${STARS#a[*]}', 'a*b?c'],
  ['${NOPE#x}', ''],
  // replacing
  ['${STR/ba/fo}', 'foofor' + 'baz'],
  ['${STR//ba/fo}', 'fooforfoz'],
  ['${STR/b*/x}', 'foox'],
  ['${STR//?/x}', 'xxxxxxxxx'],
  ['${STR/nope/x}', 'foobarbaz'],
  ['${STR/foo/}', 'barbaz'],
  ['${STR//o/$NUMBER}', 'f1212barbaz'],
  ['${STR/foo/$$}', 'barbaz'],
  ['${PATHS//\\//_}', '_usr_bin:_bin'],
  ['${NOPE/x/y}', ''],
])('%s → %s', (word, result) => expect(text(word)).toBe(result));

test.each([
  ['"hello', /double quote/],
  ["'hello", /single quote/],
  ['${FOO', /a } is missing/],
  ['${', /a } is missing/],
  ['${}', /bad substitution/],
  ['${:-x}', /bad substitution/],
  ['${{x}}', /bad substitution/],
  ['${FOO:}', /unsupported modifier/],
  ['${FOO:#x}', /unsupported modifier :#/],
  ['${FOO!x}', /unsupported modifier !/],
  ['${NOPE:?}', /NOPE: is not allowed to be unset/],
  ['${EMPTY:?}', /EMPTY: is not allowed to be empty/],
  ['${NOPE?say why}', /NOPE: say why/],
  ['${STR/x}', /a \/ is missing/],
  ['${STR/x/y', /a } is missing/],
  ['${STR#a\\b}', /invalid escape \\b/],
])('%s is an error', (word, message) => {
  expect(() => text(word)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_SYNTAX' }));
  expect(() => text(word)).toThrow(message);
});

test.each([
  ['a b', ['a', 'b']],
  ['  a  b ', ['a', 'b']],
  ['"a b" c', ['a b', 'c']],
  ['a\\ b c', ['a b', 'c']],
  ['$SPACES', ['a', 'b']],
  ['x${SPACES}y', ['x', 'a', 'b', 'y']],
  ['"$SPACES"', [' a  b ']],
  ['$NOPE', []],
  ['${NOPE:-8080 9090}', ['8080', '9090']],
  ['""', []],
])('words of %s', (word, words) => expect(expandWord(word, env).words).toEqual(words));

test.each<[string, WordRules, string]>([
  ['a`$FOO\\b', { escape: '`' }, 'a$FOO\\b'],
  ['"C:\\dir`""', { escape: '`' }, 'C:\\dir"'],
  [`say "$FOO" and '$FOO' \\$FOO`, { quotes: 'plain' }, `say "bar" and 'bar' $FOO`],
  [`"a" 'b'`, { quotes: 'keep' }, `"a" 'b'`],
  ['a\\ b', { keepEscapes: true }, 'a\\ b'],
  [
    '$NOPE ${NOPE} ${NOPE:-x} ${NOPE#y} ${NOPE/a/b} $FOO',
    { keepUnset: true },
    '$NOPE ${NOPE} ${NOPE:-x} ${NOPE#y} ${NOPE/a/b} bar',
  ],
])('%s with %j', (word, rules, result) => expect(text(word, rules)).toBe(result));

test('tells which variables were used unset, except where a modifier provides for that', () => {
  const unset: string[] = [];
  expandWord('$A ${B} ${C#x} ${D:-x} ${E+x} $FOO "$F" \'$G\' ${EMPTY}', env, {
    unset: (name) => unset.push(name),
  });
  expect(unset).toEqual(['A', 'B', 'C', 'F']);
});

test.each([...'.[]^()|{}+\\/'])('%s in a pattern means itself', (character) => {
  const written = '\\/}'.includes(character) ? `\\${character}` : character;
  const value = `a${character}b${character}`;
  expect(expandWord(`\${X//${written}/}`, new Map([['X', value]])).text).toBe('ab');
});
