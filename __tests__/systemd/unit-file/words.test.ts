import {
  joinWords,
  literalWord,
  quoteWord,
  splitWords,
  unquote,
} from '../../../lib/systemd/unit-file/words.ts';

test.each([
  ['a  b\tc', ['a', 'b', 'c']],
  ['"a b" c=\'d "e"\'', ['a b', 'c=d "e"']],
  ['"" x', ['', 'x']],
  ['a\\ b \\x41\\101\\u00e9\\U0001f600', ['a\\ b', 'AAé😀']],
  ['"t\\tn\\n\\"q\\""', ['t\tn\n"q"']],
  ['\\s \\d+ end\\', [' ', '\\d+', 'end\\']],
  ['', []],
])('%s', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test('a quote that is not closed', () => {
  expect(splitWords('a "b')).toBeUndefined();
});

test('what is quoted is read as it was', () => {
  const words = ['plain', '', 'a b', '"', "it's", '\\', '\n\t\x01\x7f', ';', '%i', '$HOME', 'é'];
  expect(splitWords(joinWords(words))).toEqual(words);
  expect(quoteWord('--env=A=b')).toBe('--env=A=b');
  expect(quoteWord(';')).toBe('";"');
});

test('quotes around all of a value', () => {
  expect(['"8080:80"', "'x'", '"a" "b"', 'x'].map(unquote)).toEqual(['8080:80', 'x', '"a" "b"', 'x']);
});

test('what systemd is to leave alone', () => {
  expect(literalWord('50% of $HOME')).toBe('50%% of $$HOME');
});
