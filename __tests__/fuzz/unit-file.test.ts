// Unit files with anything in them: words come back as they were, and a broken file is told and takes nothing else down.

import { CONVERTERS } from '../../lib/systemd/quadlet/generate.ts';
import { KIND, KINDS } from '../../lib/systemd/quadlet/kinds.ts';
import { parseUnitFile } from '../../lib/systemd/unit-file/parse.ts';
import { joinWords, splitWords } from '../../lib/systemd/unit-file/words.ts';
import { Folder } from '../systemd/quadlet/support/files.ts';
import { forAll, type Generator, SEED } from './generator.ts';

/** What means something in unit files, and some that must not. */
const ODD = 'aZ09 \t\n\r\\"\'=[]#;%$:,.-/@{}é\x01\x7f\u2028';

const anyText = (generator: Generator, most = 30): string => generator.text(ODD, 0, most);

describe(`seed ${SEED}`, () => {
  test('words that are quoted come back', () => {
    forAll(2_000, (generator) => {
      const words = generator.list(0, 5, () => anyText(generator));
      expect(splitWords(joinWords(words))).toEqual(words);
    });
  });

  test('any text is sections or told', () => {
    forAll(2_000, (generator) => {
      const text = generator
        .list(0, 8, () => generator.pick(['[A]', 'K=', 'K=v', anyText(generator)]))
        .join('\n');
      const told: number[] = [];
      const unit = parseUnitFile(text, 'f', ({ line }) => told.push(line));
      const lines = text.split('\n').length;
      for (const line of told) expect(line >= 1 && line <= lines).toBe(true);
      for (const { assignments } of unit) for (const { key } of assignments) expect(key).not.toBe('');
    });
  });

  test('any file of any kind makes a service or is told, and the one beside it is made', () => {
    forAll(150, (generator) => {
      const kind = generator.pick([...KINDS]);
      const keys = Object.keys(CONVERTERS[kind].rules);
      const value = () =>
        generator.pick(['yes', '5', '/a:/b', 'a=b', 'x.volume:/d', 'x.network', '%n', anyText(generator)]);
      const lines = generator.list(0, 12, () =>
        generator.maybe(0.1)
          ? anyText(generator)
          : `${generator.pick(keys)}=${value().replaceAll('\n', ' ')}`,
      );
      using folder = new Folder({
        [`odd.${kind}`]: `[${KIND[kind].section}]\n${lines.join('\n')}\n`,
        'good.container': '[Container]\nImage=x\n',
      });
      const { generated, names } = folder.generate();
      expect(names).toContain('good.service');
      const errors = generated.problems.filter(({ severity }) => severity === 'error');
      const made = names.length === 2;
      // Either, and never both.
      expect(errors.length > 0).toBe(!made);
      for (const { text } of generated.services) {
        for (const line of text.split('\n')) expect(line).toMatch(/^$|^#|^\[[^\]]+\]$|^[^=\s][^=]*=/);
      }
    });
  });
});
