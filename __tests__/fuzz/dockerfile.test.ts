// Dockerfiles, words and patterns with anything in them: read as what they say, or refused with file and line.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { expandFrom, expandInstruction } from '../../lib/build/dockerfile/expand.ts';
import { expandWord } from '../../lib/build/dockerfile/expand-word.ts';
import { lint } from '../../lib/build/dockerfile/lint/lint.ts';
import { parseDockerfile } from '../../lib/build/dockerfile/parse.ts';
import { parseRunMount } from '../../lib/build/dockerfile/run-mount.ts';
import { matchFile } from '../../lib/build/file-match.ts';
import { IgnoreRules } from '../../lib/build/ignore.ts';
import { forAll, type Generator, outcome, SEED } from './generator.ts';

const KEYWORDS = [
  ...[
    'ADD',
    'ARG',
    'CMD',
    'COPY',
    'ENTRYPOINT',
    'ENV',
    'EXPOSE',
    'FROM',
    'HEALTHCHECK',
    'LABEL',
    'MAINTAINER',
  ],
  ...[
    'ONBUILD',
    'RUN',
    'SHELL',
    'STOPSIGNAL',
    'USER',
    'VOLUME',
    'WORKDIR',
    'from',
    'Nonsense',
    '#',
    '# escape=`',
  ],
];
const PIECES = [
  ...[
    '--from=',
    '--from=0',
    '--mount=',
    'type=cache,',
    'target=/x',
    '--chown=$X',
    '--link',
    '--exclude=a',
    '--',
    '--x',
  ],
  ...[
    '["a", "b"]',
    '[',
    ']',
    '<<EOF',
    '<<-"E O"',
    '\nEOF\n',
    '\\\n',
    '`\n',
    '\r\n',
    '\n',
    '\n# c\n',
    '$X',
    '${X',
    '${X:-',
    '}',
  ],
  ...[
    '${X/a/b}',
    '${X#*}',
    '${X:?}',
    '=',
    'a=b',
    '"',
    "'",
    '\\',
    ' AS ',
    'base',
    'scratch',
    'NONE',
    'CMD',
    '80/tcp',
    '--interval=5s',
  ],
];
const ODD = 'aZ09 \t\\"\'`=[]#;%$:,.-/@{}<>!*?é😀\x01\x7f\u2028';
const CODES = ['DOCKERFILE_SYNTAX', 'STAGE_NOT_FOUND', 'STAGE_CYCLE', 'INVALID_CHECK', 'INVALID_PATTERN'];
const ENV = new Map([
  ['X', 'value with "quotes" $ and blanks'],
  ['E', ''],
]);

function anyLine(generator: Generator): string {
  const rest = generator.list(0, 5, () =>
    generator.maybe(0.7) ? generator.pick(PIECES) : generator.text(ODD, 0, 8),
  );
  return `${generator.pick(KEYWORDS)} ${rest.join(generator.pick(['', ' ']))}`;
}

describe(`seed ${SEED}`, () => {
  test('any Dockerfile is read or refused, and so are its variables and its checks', () => {
    forAll(700, (generator) => {
      const text = `${generator.maybe(0.8) ? 'FROM a\n' : ''}${generator.list(0, 8, () => anyLine(generator)).join('\n')}`;
      const read = outcome(CODES, () => parseDockerfile(text, 'D'));
      if ('code' in read) return;
      const dockerfile = read.result;
      const rules = { escape: dockerfile.directives.escape };
      let last = 0;
      for (const { from, instructions } of dockerfile.stages) {
        outcome(CODES, () => expandFrom(from, ENV, rules));
        for (const instruction of [from, ...instructions]) {
          expect(instruction.lines.first).toBeGreaterThan(last);
          expect(instruction.lines.last).toBeGreaterThanOrEqual(instruction.lines.first);
          last = instruction.lines.last;
        }
        for (const instruction of instructions)
          outcome(CODES, () => expandInstruction(instruction, ENV, rules));
      }
      expect(last).toBeLessThanOrEqual(dockerfile.source.length);
      const platform = { os: 'linux', architecture: 'amd64' };
      const ignore = generator.list(0, 2, () => generator.text(ODD, 0, 6));
      const checks = {
        dockerfile,
        platform,
        buildArgs: ENV,
        contexts: new Set<string>(),
        ignore,
        experimental: 'all',
      };
      outcome(CODES, () => lint(checks));
    });
  });

  test('what is quoted comes back', () => {
    forAll(500, (generator) => {
      const text = generator.text(`${ODD}\n`, 0, 20);
      const double = `"${text.replace(/["\\$]/g, '\\$&')}"`;
      const single = `'${text.replaceAll("'", `'"'"'`)}'`;
      const escaped = text.replace(/[^a-z]/gu, '\\$&');
      for (const word of [double, single, escaped]) expect(expandWord(word, ENV).text).toBe(text);
      expect(expandWord(`\${E:-${double}}`, ENV).text).toBe(text);
    });
  });

  test('any word is replaced or refused, and its words are in it', () => {
    forAll(1_500, (generator) => {
      const word = generator.list(0, 8, () => generator.pick([...PIECES, ...ODD])).join('');
      const found = outcome(CODES, () => expandWord(word, ENV));
      if ('code' in found) return;
      let rest = found.result.text;
      for (const part of found.result.words) {
        expect(rest).toContain(part);
        rest = rest.slice(rest.indexOf(part) + part.length);
      }
    });
  });

  test('any mount is understood or refused', () => {
    forAll(500, (generator) => {
      const keys = [
        'type=bind',
        'type=cache',
        'type=secret',
        'type=ssh',
        'target=/a',
        'id=i',
        'ro',
        'mode=7',
        'uid=-1',
        'size=1k',
      ];
      const field = () => (generator.maybe(0.8) ? generator.pick(keys) : generator.text(ODD, 0, 6));
      outcome(CODES, () => parseRunMount(generator.list(1, 5, field).join(',')));
    });
  });

  test('file patterns match as the plainest reading of them says', () => {
    forAll(1_500, (generator) => {
      const pattern = generator
        .list(0, 6, () => generator.pick(['a', 'b', '/', '*', '?', '[ab]', '[^a/]', '\\*']))
        .join('');
      const name = generator.text('ab/*', 0, 6);
      expect([pattern, name, matchFile(pattern, name)]).toEqual([pattern, name, plainMatch(pattern, name)]);
    });
  });

  test('any ignore file is understood or refused, and answers for any path', () => {
    forAll(500, (generator) => {
      const line = () =>
        generator.list(0, 4, () => generator.pick(['a', '/', '*', '**', '?', '!', '[a-b]', ...ODD])).join('');
      const rules = outcome(CODES, () => new IgnoreRules(generator.list(0, 5, line)));
      if ('code' in rules) return;
      for (const path of ['a', 'a/b', 'a/b/c', 'é/😀', ' ']) {
        const folder = path.split('/')[0]!;
        if (!rules.result.isIgnored(path)) expect(rules.result.mayContainKept(folder)).toBe(true);
      }
    });
  });
});

/** Tries every way in which a star can end. */
function plainMatch(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*') {
    if (plainMatch(pattern.slice(1), name)) return true;
    return name !== '' && name[0] !== '/' && plainMatch(pattern, name.slice(1));
  }
  if (name === '') return false;
  const [token = ''] = /^(\[[^\]]*\]|\\.|.)/.exec(pattern)!;
  const fits: Record<string, (character: string) => boolean> = {
    '?': (character) => character !== '/',
    '[ab]': (character) => 'ab'.includes(character),
    '[^a/]': (character) => !'a/'.includes(character),
    '\\*': (character) => character === '*',
  };
  const fit = fits[token] ?? ((character: string) => character === token);
  return fit(name[0]!) && plainMatch(pattern.slice(token.length), name.slice(1));
}
