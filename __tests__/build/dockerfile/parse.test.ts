// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import type { Instruction } from '../../../lib/build/dockerfile/ast.ts';
import { parseDockerfile, parseInstruction, parseTrigger } from '../../../lib/build/dockerfile/parse.ts';
import type { ProaError } from '../../../lib/core/error.ts';

const parse = (text: string) => parseDockerfile(text, 'Dockerfile');

/** What an instruction says, without where it stands. */
function own({ lines, text, keyword, comments, ...rest }: Instruction) {
  return rest;
}
const one = (text: string) => own(parse(`FROM scratch\n${text}`).stages[0]!.instructions[0]!);
const texts = (text: string) =>
  parse(`FROM scratch\n${text}`).stages[0]!.instructions.map((each) => each.text);

const RUN = { kind: 'RUN', heredocs: [], mounts: [], devices: [] };
const COPY = { kind: 'COPY', heredocs: [], link: false, parents: false, exclude: [], keepGitDir: false };
const shell = (line: string) => ({ form: 'shell', line });
const exec = (...words: string[]) => ({ form: 'exec', words });

test.each<[string, object]>([
  ['RUN make all', { ...RUN, command: shell('make all') }],
  ['run   make  all  ', { ...RUN, command: shell('make  all') }],
  ['RUN', { ...RUN, command: shell('') }],
  ['RUN ["make", "a b"]', { ...RUN, command: exec('make', 'a b') }],
  ['RUN [ -f /x ] && y', { ...RUN, command: shell('[ -f /x ] && y') }],
  ["RUN ['make']", { ...RUN, command: shell("['make']") }],
  ['RUN ["make",]', { ...RUN, command: shell('["make",]') }],
  ['RUN ["a"] b', { ...RUN, command: shell('["a"] b') }],
  ['RUN []', { ...RUN, command: exec() }],
  ['RUN ["a\\\\b", "\\u0041"]', { ...RUN, command: exec('a\\b', 'A') }],
  ['RUN echo \\$HOME "$X"', { ...RUN, command: shell('echo \\$HOME "$X"') }],
  [
    'RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t --network=none --security=insecure make',
    {
      ...RUN,
      command: shell('make'),
      mounts: ['type=cache,target=/c', 'type=tmpfs,target=/t'],
      network: 'none',
      security: 'insecure',
    },
  ],
  [
    'RUN --device=vendor.com/a=b,required ["x"]',
    { ...RUN, command: exec('x'), devices: ['vendor.com/a=b,required'] },
  ],
  ['RUN --mount="target=/x,source=a b" x', { ...RUN, command: shell('x'), mounts: ['target=/x,source=a b'] }],
  ['RUN -- --x', { ...RUN, command: shell('--x') }],
  ['RUN -x --y', { ...RUN, command: shell('-x --y') }],
  ['CMD a b', { kind: 'CMD', command: shell('a b') }],
  ['CMD ["a"]', { kind: 'CMD', command: exec('a') }],
  ['CMD', { kind: 'CMD', command: shell('') }],
  ['CMD []', { kind: 'CMD', command: exec() }],
  ['ENTRYPOINT ["/x", "$A"]', { kind: 'ENTRYPOINT', command: exec('/x', '$A') }],
  ['ENV A=1', { kind: 'ENV', old: false, pairs: [{ name: 'A', value: '1' }] }],
  [
    'ENV A=1 B="x y" C=a\\ b D=\'q\' E= F=a=b',
    {
      kind: 'ENV',
      old: false,
      pairs: [
        { name: 'A', value: '1' },
        { name: 'B', value: '"x y"' },
        { name: 'C', value: 'a\\ b' },
        { name: 'D', value: "'q'" },
        { name: 'E', value: '' },
        { name: 'F', value: 'a=b' },
      ],
    },
  ],
  ['ENV A the rest = "x"', { kind: 'ENV', old: true, pairs: [{ name: 'A', value: 'the rest = "x"' }] }],
  ['ENV A  b', { kind: 'ENV', old: true, pairs: [{ name: 'A', value: 'b' }] }],
  ['LABEL "a b"="c d"', { kind: 'LABEL', old: false, pairs: [{ name: '"a b"', value: '"c d"' }] }],
  ['LABEL a b', { kind: 'LABEL', old: true, pairs: [{ name: 'a', value: 'b' }] }],
  ['ARG A', { kind: 'ARG', args: [{ name: 'A' }] }],
  ['ARG A=', { kind: 'ARG', args: [{ name: 'A', value: '' }] }],
  [
    'ARG A=1 B C="x y"',
    { kind: 'ARG', args: [{ name: 'A', value: '1' }, { name: 'B' }, { name: 'C', value: '"x y"' }] },
  ],
  ['EXPOSE 80 443/tcp $P', { kind: 'EXPOSE', words: ['80', '443/tcp', '$P'] }],
  ['VOLUME /a /b', { kind: 'VOLUME', words: ['/a', '/b'] }],
  ['VOLUME ["/a b", " /c "]', { kind: 'VOLUME', words: ['/a b', '/c'] }],
  ['USER a:b', { kind: 'USER', word: 'a:b' }],
  ['USER a b', { kind: 'USER', word: 'a b' }],
  ['WORKDIR /a b', { kind: 'WORKDIR', word: '/a b' }],
  ['STOPSIGNAL SIGINT', { kind: 'STOPSIGNAL', word: 'SIGINT' }],
  ['MAINTAINER A B <a@b>', { kind: 'MAINTAINER', word: 'A B <a@b>' }],
  ['SHELL ["/bin/bash", "-c"]', { kind: 'SHELL', words: ['/bin/bash', '-c'] }],
  ['ONBUILD RUN x', { kind: 'ONBUILD', trigger: 'RUN x' }],
  ['onbuild  copy --chown=1 a b', { kind: 'ONBUILD', trigger: 'copy --chown=1 a b' }],
  ['ONBUILD NOTHING x', { kind: 'ONBUILD', trigger: 'NOTHING x' }],
  ['HEALTHCHECK NONE', { kind: 'HEALTHCHECK', test: ['NONE'] }],
  ['HEALTHCHECK none', { kind: 'HEALTHCHECK', test: ['NONE'] }],
  ['HEALTHCHECK CMD a b', { kind: 'HEALTHCHECK', test: ['CMD-SHELL', 'a b'] }],
  [
    'HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=0 --start-interval=5s --retries=3 cmd ["a", "b"]',
    {
      kind: 'HEALTHCHECK',
      test: ['CMD', 'a', 'b'],
      interval: 90e9,
      timeout: 5e8,
      startInterval: 5e9,
      retries: 3,
    },
  ],
  ['COPY a b', { ...COPY, sources: ['a'], destination: 'b' }],
  ['COPY a\tb  c', { ...COPY, sources: ['a', 'b'], destination: 'c' }],
  ['COPY ["a b", "c"]', { ...COPY, sources: ['a b'], destination: 'c' }],
  ['COPY "a b" c', { ...COPY, sources: ['"a', 'b"'], destination: 'c' }],
  [
    'COPY --from=base --chown=1:2 --chmod=755 --link --parents=false --exclude=*.a --exclude=b a /b/',
    {
      ...COPY,
      sources: ['a'],
      destination: '/b/',
      from: 'base',
      chown: '1:2',
      chmod: '755',
      link: true,
      exclude: ['*.a', 'b'],
    },
  ],
  [
    'ADD --checksum=sha256:aa --keep-git-dir --unpack=FALSE https://x/y /z',
    {
      ...COPY,
      kind: 'ADD',
      sources: ['https://x/y'],
      destination: '/z',
      checksum: 'sha256:aa',
      keepGitDir: true,
      unpack: false,
    },
  ],
])('%s', (text, expected) => expect(one(text)).toEqual(expected));

describe('lines', () => {
  test.each([
    ['RUN a \\\n  b', ['RUN a   b']],
    ['RUN a\\\nb', ['RUN ab']],
    ['RUN a \\  \t\nb', ['RUN a b']],
    ['RUN a \\\n# comment\nb', ['RUN a b']],
    ['RUN a \\\n   # comment \\\nb', ['RUN a b']],
    ['RUN a \\\n\n\nb', ['RUN a b']],
    ['RUN a # no comment', ['RUN a # no comment']],
    ['RUN a \\\n b # no comment \\\n c', ['RUN a  b # no comment  c']],
    ['RUN dir c:\\\\\nRUN x', ['RUN dir c:\\\\', 'RUN x']],
    ['   RUN a\n\tRUN b', ['RUN a', 'RUN b']],
    ['RUN a \\', ['RUN a']],
    ['\\\nRUN a', ['RUN a']],
    ['RUN \\\n a', ['RUN  a']],
    ['RUN a\r\nRUN b \\\r\n c\r\n', ['RUN a', 'RUN b  c']],
    ['# comment \\\nRUN a', ['RUN a']],
    ['RUN echo "\\\n   hello\\\n   world"', ['RUN echo "   hello   world"']],
    ['RUN a\n\n\n#x\n  #y\nRUN b', ['RUN a', 'RUN b']],
  ])('%j', (text, expected) => expect(texts(text)).toEqual(expected));

  test('are counted, with all that belongs to an instruction', () => {
    const { stages, source } = parse(
      '# c\n\nFROM scratch\nRUN a \\\n # x\n b\nCOPY <<E /x\ntext\nE\nUSER u\n',
    );
    expect(stages[0]!.from.lines).toEqual({ first: 3, last: 3 });
    expect(stages[0]!.instructions.map(({ lines }) => [lines.first, lines.last])).toEqual([
      [4, 6],
      [7, 9],
      [10, 10],
    ]);
    expect(source).toHaveLength(10);
    expect(source[6]).toBe('COPY <<E /x');
  });

  test('a byte order mark is no part of the first word', () => {
    expect(parse('\uFEFFFROM scratch').stages).toHaveLength(1);
    expect(parse('\uFEFF# escape=`\nFROM scratch').directives.escape).toBe('`');
  });

  test('comments right above an instruction, and its keyword as written', () => {
    const { stages } = parse('# far\n\n# near\n#  more \nfrom scratch\n# x\n#\nRun a');
    expect(stages[0]!.from).toMatchObject({ comments: ['near', 'more'], keyword: 'from' });
    expect(stages[0]!.instructions[0]).toMatchObject({ comments: [], keyword: 'Run' });
  });

  test('empty lines within an instruction are remembered', () => {
    expect(parse('FROM scratch\nRUN a \\\n\n # c\n  \n b').emptyContinuations).toEqual([3, 5]);
  });
});

describe('directives', () => {
  test.each<[string, object]>([
    ['#syntax=docker/dockerfile:1\n# ESCAPE = `\n', { syntax: 'docker/dockerfile:1', escape: '`' }],
    ['#\t  check=skip=A,B;error=true  \n', { check: 'skip=A,B;error=true', escape: '\\' }],
    ['# a comment\n# escape=`\n', { escape: '\\' }],
    ['\n# escape=`\n', { escape: '\\' }],
    ['# unknown=x\n# escape=`\n', { escape: '\\' }],
    ['# escape=\\\n', { escape: '\\' }],
    ['# syntax=x\r\n# escape=`\r\n', { syntax: 'x', escape: '`' }],
  ])('%j', (text, directives) => expect(parse(`${text}FROM scratch`).directives).toEqual(directives));

  test('after an instruction they are comments', () => {
    expect(parse('FROM scratch\n# escape=`\n# escape=x').directives).toEqual({ escape: '\\' });
  });

  test('the escape character continues lines and escapes in words', () => {
    const { stages } = parse('# escape=`\nFROM scratch\nCOPY a c:\\\nRUN a `\n  b\nENV A=a` b C=d\\ E=f');
    const [copy, run, env] = stages[0]!.instructions;
    expect(copy).toMatchObject({ destination: 'c:\\' });
    expect(run).toMatchObject({ command: shell('a   b') });
    expect(env).toMatchObject({
      pairs: [
        { name: 'A', value: 'a` b' },
        { name: 'C', value: 'd\\' },
        { name: 'E', value: 'f' },
      ],
    });
  });
});

describe('stages', () => {
  test('with names, platforms and arguments before them', () => {
    const { globalArgs, stages } = parse(
      'ARG A=1\nARG B C=2\nFROM --platform=$BUILDPLATFORM img:$A AS Base\nRUN x\nfrom base as b.2-_\nFROM scratch',
    );
    expect(globalArgs.flatMap(({ args }) => args.map(({ name }) => name))).toEqual(['A', 'B', 'C']);
    expect(stages.map(({ index, name, from }) => [index, name, from.image, from.platform])).toEqual([
      [0, 'base', 'img:$A', '$BUILDPLATFORM'],
      [1, 'b.2-_', 'base', undefined],
      [2, undefined, 'scratch', undefined],
    ]);
    expect(stages[0]!.from).toMatchObject({ as: 'Base', asKeyword: 'AS' });
    expect(stages[1]!.from.asKeyword).toBe('as');
    expect(stages.map(({ instructions }) => instructions.length)).toEqual([1, 0, 0]);
  });
});

describe('heredocs', () => {
  const heredocs = (text: string) => (one(text) as { heredocs?: unknown[] }).heredocs;

  test.each<[string, object[]]>([
    ['RUN <<EOF\na\nb\nEOF', [{ name: 'EOF', content: 'a\nb\n', expand: true, chomp: false }]],
    ['RUN <<EOF\nEOF', [{ name: 'EOF', content: '', expand: true, chomp: false }]],
    ['RUN <<"EOF"\n$a\nEOF', [{ name: 'EOF', content: '$a\n', expand: false, chomp: false }]],
    ["RUN <<'E O'\n$a\nE O", [{ name: 'E O', content: '$a\n', expand: false, chomp: false }]],
    ['RUN <<E"O"F\n$a\nEOF', [{ name: 'EOF', content: '$a\n', expand: false, chomp: false }]],
    [
      'RUN <<-EOF\n\ta\n\t\tb\n c\n\tEOF',
      [{ name: 'EOF', content: 'a\nb\n c\n', expand: true, chomp: true }],
    ],
    ['RUN cat 3<<EOF\nx\nEOF', [{ name: 'EOF', content: 'x\n', expand: true, chomp: false }]],
    ['RUN cat << EOF\nx\nEOF', [{ name: 'EOF', content: 'x\n', expand: true, chomp: false }]],
    ['RUN <<$EOF\nx\n$EOF', [{ name: '$EOF', content: 'x\n', expand: true, chomp: false }]],
    ['RUN <<EOF\r\na\r\nEOF\r\n', [{ name: 'EOF', content: 'a\r\n', expand: true, chomp: false }]],
    [
      'RUN <<EOF\n# no comment \\\n\nEOF',
      [{ name: 'EOF', content: '# no comment \\\n\n', expand: true, chomp: false }],
    ],
    ['RUN <<EOF\n EOF\nEOF ', []],
    [
      'RUN <<A cat <<B\na\nA\nb\nB',
      [
        { name: 'A', content: 'a\n', expand: true, chomp: false },
        { name: 'B', content: 'b\n', expand: true, chomp: false },
      ],
    ],
    [
      'COPY <<a <<b x /dir/\n1\na\n2\nb',
      [
        { name: 'a', content: '1\n', expand: true, chomp: false },
        { name: 'b', content: '2\n', expand: true, chomp: false },
      ],
    ],
    ['RUN echo "<<EOF"', []],
    ['RUN echo \\<<EOF', []],
    ['RUN echo $((1<<2)) $(( 1 << 2 )) a<<b', []],
    ['RUN cat <<<word', []],
    ['RUN ["sh", "-c", "<<EOF"]', []],
  ])('%j', (text, expected) => {
    if (text.endsWith('EOF ')) expect(() => one(text)).toThrow(/<<EOF does not end/);
    else expect(heredocs(text)).toEqual(expected);
  });

  test('are sources among the files of COPY and ADD', () => {
    expect(one('ADD --chmod=1 a <<b c /d\nx\nb')).toMatchObject({
      sources: ['a', 'c'],
      destination: '/d',
      heredocs: [{ name: 'b' }],
    });
  });

  test('of an ONBUILD trigger are part of its text', () => {
    const trigger = 'RUN <<A <<B\n1\nA\n2\nB';
    expect(one(`ONBUILD ${trigger}`)).toEqual({ kind: 'ONBUILD', trigger });
    expect(parseTrigger(trigger)).toMatchObject({ heredocs: [{ content: '1\n' }, { content: '2\n' }] });
  });

  test('other instructions have none', () => {
    expect(texts('ENV a=<<b\nUSER <<c')).toEqual(['ENV a=<<b', 'USER <<c']);
  });
});

const ERRORS: [text: string, message: string, hint?: string][] = [
  ['', 'Dockerfile has no instructions'],
  ['# x\n\n', 'Dockerfile has no instructions'],
  ['ARG a', 'Dockerfile has no FROM'],
  ['RUN x\nFROM y', 'Dockerfile:1: RUN stands before the first FROM'],
  ['FROM', 'Dockerfile:1: FROM: it needs an image, a stage or scratch'],
  ['FROM a b', 'Dockerfile:1: FROM: a b is not understood'],
  ['FROM a as', 'Dockerfile:1: FROM: a as is not understood'],
  ['FROM a as b c', 'Dockerfile:1: FROM: a as b c is not understood'],
  ['FROM a as 1x', 'Dockerfile:1: FROM: invalid stage name "1x"'],
  ['FROM a as x/y', 'Dockerfile:1: FROM: invalid stage name "x/y"'],
  ['FROM --platfrom=x a', 'Dockerfile:1: FROM: unknown flag --platfrom', 'did you mean --platform?'],
  ['FROM a\nRUM x', 'Dockerfile:2: unknown instruction RUM', 'did you mean RUN?'],
  ['FROM a\nentrypiont x', 'Dockerfile:2: unknown instruction entrypiont', 'did you mean ENTRYPOINT?'],
  ['FROM a\n\nRUN x \\\n y\nWROKDIR /', 'Dockerfile:5: unknown instruction WROKDIR', 'did you mean WORKDIR?'],
  ['FROM a\ntoString x', 'Dockerfile:2: unknown instruction toString'],
  ['FROM a\n\\', 'Dockerfile:2: the line goes on, but nothing follows'],
  ['FROM a\nCOPY x', 'Dockerfile:2: COPY: it needs at least one source and a destination'],
  ['FROM a\nCOPY --form=b x y', 'Dockerfile:2: COPY: unknown flag --form', 'did you mean --from?'],
  ['FROM a\nCOPY --from x y', 'Dockerfile:2: COPY: the flag --from needs a value: --from=…'],
  ['FROM a\nCOPY --from=a --from=b x y', 'Dockerfile:2: COPY: the flag --from stands there twice'],
  ['FROM a\nCOPY --link=maybe x y', 'Dockerfile:2: COPY: the flag --link is true or false, not "maybe"'],
  ['FROM a\nCOPY --link= x y', 'Dockerfile:2: COPY: the flag --link is true or false, not ""'],
  ['FROM a\nCOPY --from=$X x y', 'Dockerfile:2: COPY: --from=$X: variables are not replaced there'],
  ['FROM a\nCOPY --checksum=x x y', 'Dockerfile:2: COPY: unknown flag --checksum'],
  ['FROM a\nADD --from=x x y', 'Dockerfile:2: ADD: unknown flag --from'],
  ['FROM a\nCOPY x <<E\nE', 'Dockerfile:2: COPY: a heredoc cannot be the destination'],
  ['FROM a\nUSER --x a', 'Dockerfile:2: USER: unknown flag --x: this instruction has none'],
  ['FROM a\nCMD ["a", 1]', 'Dockerfile:2: CMD: the JSON list ["a", 1] holds more than strings'],
  [
    'FROM a\nRUN --mount=from=$X,target=/x x',
    'Dockerfile:2: RUN: --mount=from=$X,target=/x: variables are not replaced in from',
  ],
  [
    'FROM a\nRUN --mount=type=cahce,target=/x x',
    'Dockerfile:2: RUN: unknown mount type cahce',
    'did you mean cache?',
  ],
  ['FROM a\nRUN --network=nome x', 'Dockerfile:2: RUN: unknown network mode nome', 'did you mean none?'],
  ['FROM a\nRUN --security=x x', 'Dockerfile:2: RUN: unknown security mode x', 'it takes sandbox, insecure'],
  ['FROM a\nENV', 'Dockerfile:2: ENV: it needs at least one NAME=VALUE'],
  ['FROM a\nENV a', 'Dockerfile:2: ENV: a has no value'],
  ['FROM a\nENV a=1 b', 'Dockerfile:2: ENV: b is not NAME=VALUE'],
  ['FROM a\nENV =1', 'Dockerfile:2: ENV: =1 has no name before its ='],
  ['FROM a\nLABEL a=1 =b', 'Dockerfile:2: LABEL: =b has no name before its ='],
  ['FROM a\nARG', 'Dockerfile:2: ARG: it needs at least one name'],
  ['FROM a\nARG =1', 'Dockerfile:2: ARG: =1 has no name before its ='],
  ['FROM a\nEXPOSE', 'Dockerfile:2: EXPOSE: it needs at least one argument'],
  ['FROM a\nVOLUME', 'Dockerfile:2: VOLUME: it needs at least one argument'],
  ['FROM a\nVOLUME [" "]', 'Dockerfile:2: VOLUME: a volume is an empty string'],
  ['FROM a\nWORKDIR', 'Dockerfile:2: WORKDIR: it needs an argument'],
  ['FROM a\nSHELL /bin/sh', 'Dockerfile:2: SHELL: it takes a JSON list of words'],
  ['FROM a\nSHELL []', 'Dockerfile:2: SHELL: it takes a JSON list of words'],
  ['FROM a\nONBUILD', 'Dockerfile:2: ONBUILD: it needs an instruction'],
  ['FROM a\nONBUILD FROM x', "Dockerfile:2: ONBUILD: FROM cannot be put off to the image's children"],
  [
    'FROM a\nONBUILD onbuild RUN x',
    "Dockerfile:2: ONBUILD: ONBUILD cannot be put off to the image's children",
  ],
  [
    'FROM a\nONBUILD MAINTAINER x',
    "Dockerfile:2: ONBUILD: MAINTAINER cannot be put off to the image's children",
  ],
  ['FROM a\nONBUILD ENV x', 'Dockerfile:2: ONBUILD: x has no value'],
  ['FROM a\nHEALTHCHECK', 'Dockerfile:2: HEALTHCHECK: it needs NONE, or CMD and a command'],
  ['FROM a\nHEALTHCHECK NONE x', 'Dockerfile:2: HEALTHCHECK: NONE takes nothing else'],
  ['FROM a\nHEALTHCHECK CMD', 'Dockerfile:2: HEALTHCHECK: CMD needs a command'],
  ['FROM a\nHEALTHCHECK CMD []', 'Dockerfile:2: HEALTHCHECK: CMD needs a command'],
  ['FROM a\nHEALTHCHECK RUN x', 'Dockerfile:2: HEALTHCHECK: unknown form RUN'],
  ['FROM a\nHEALTHCHECK --interval=1us CMD x', 'Dockerfile:2: HEALTHCHECK: --interval=1us is less than 1ms'],
  ['FROM a\nHEALTHCHECK --interval=-1s CMD x', 'Dockerfile:2: HEALTHCHECK: --interval=-1s is less than 1ms'],
  ['FROM a\nHEALTHCHECK --timeout=5 CMD x', 'Dockerfile:2: HEALTHCHECK: --timeout=5 is no duration'],
  ['FROM a\nHEALTHCHECK --retries=x CMD x', 'Dockerfile:2: HEALTHCHECK: --retries=x is no number'],
  ['FROM a\nHEALTHCHECK --retries=-1 CMD x', 'Dockerfile:2: HEALTHCHECK: --retries=-1 is out of range'],
  ['FROM a\nRUN <<EOF\nx', 'Dockerfile:2: the heredoc <<EOF does not end', 'add a line that is EOF alone'],
  ['# escape=x\nFROM a', 'Dockerfile:1: invalid escape character x'],
  ['# escape=`\n#Escape=`\nFROM a', 'Dockerfile:2: the directive escape stands there twice'],
];

test.each(ERRORS.map(([text, message, hint = '']) => [text, message, hint]))(
  '%j: %s',
  (text, message, hint) => {
    let error: ProaError | undefined;
    try {
      parse(text);
    } catch (thrown) {
      error = thrown as ProaError;
    }
    expect(error?.message).toBe(message);
    expect(error?.code).toBe('DOCKERFILE_SYNTAX');
    if (hint !== '') expect(error?.hint).toBe(hint);
  },
);

test('one instruction by itself', () => {
  expect(parseInstruction('ENV A=1')).toMatchObject({ kind: 'ENV' });
  expect(() => parseInstruction('')).toThrow(/one instruction/);
  expect(() => parseInstruction('ENV A=1\nENV B=2')).toThrow(/one instruction/);
  expect(() => parseInstruction('FROM x')).toThrow(/FROM cannot stand there/);
  expect(() => parseTrigger('ONBUILD RUN x')).toThrow(/ONBUILD cannot be put off/);
  expect(() => parseTrigger('MAINTAINER x')).toThrow(/MAINTAINER cannot be put off/);
});

test('of a very long line the beginning is shown', () => {
  expect(() => parse(`FROM a\nCMD [1, "${'x'.repeat(100_000)}"]`)).toThrow(
    /^Dockerfile:2: CMD: the JSON list \[1, "x{200,300}…$/,
  );
});
