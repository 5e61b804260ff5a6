// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { expandFrom, expandInstruction } from '../../../lib/build/dockerfile/expand.ts';
import { parseDockerfile, parseInstruction } from '../../../lib/build/dockerfile/parse.ts';

const env = new Map([
  ['X', 'ex'],
  ['P', '80 443'],
  ['C', 'a,b'],
  ['Q', '"q"'],
]);
const expand = (text: string) => expandInstruction(parseInstruction(text), env);

test.each<[string, object]>([
  ['WORKDIR /$X', { word: '/ex' }],
  ['WORKDIR "/a b"', { word: '/a b' }],
  ['USER $X:${X}', { word: 'ex:ex' }],
  ['STOPSIGNAL ${NOPE:-9}', { word: '9' }],
  ['EXPOSE $P 1$X', { words: ['80', '443', '1ex'] }],
  ['EXPOSE $NOPE', { words: [] }],
  ['VOLUME $P', { words: ['80 443'] }],
  ['VOLUME ["/$X"]', { words: ['/ex'] }],
  [
    'ENV X=new Y=$X "$X z"=1',
    {
      pairs: [
        { name: 'X', value: 'new' },
        { name: 'Y', value: 'ex' },
        { name: 'ex z', value: '1' },
      ],
    },
  ],
  ['ENV A "$X" \\$X', { pairs: [{ name: 'A', value: 'ex $X' }] }],
  ['ENV A=$Q', { pairs: [{ name: 'A', value: '"q"' }] }],
  [
    'LABEL $X=\'$X\' b="$X\\""',
    {
      pairs: [
        { name: 'ex', value: '$X' },
        { name: 'b', value: 'ex"' },
      ],
    },
  ],
  ['ARG A$X=$X B', { args: [{ name: 'Aex', value: 'ex' }, { name: 'B' }] }],
  ['COPY $X $P \\$X', { sources: ['ex', '80 443'], destination: '$X' }],
  ['COPY ["$X", "/a b/$X"]', { sources: ['ex'], destination: '/a b/ex' }],
  ['COPY --chown=$X --chmod=$X --exclude=$X a b', { chown: 'ex', chmod: 'ex', exclude: ['ex'] }],
  ['ADD --checksum=$X a b', { checksum: 'ex' }],
  [
    'COPY <<E /x\n$X "$X" \'$X\' \\$X \\\\\nE',
    { heredocs: [{ name: 'E', content: 'ex "ex" \'ex\' $X \\\n' }] },
  ],
  ['COPY <<"E" /x\n$X \\$X\nE', { heredocs: [{ name: 'E', content: '$X \\$X\n' }] }],
  ['RUN <<E\n$X\nE', { heredocs: [{ name: 'E', content: '$X\n' }], command: { form: 'shell', line: '<<E' } }],
  [
    'RUN --mount=type=$X,target=/$C,required --mount="target=$X,""source=x,y""" $X',
    {
      mounts: ['type=ex,"target=/a,b",required', 'target=ex,source=x,y'],
      command: { form: 'shell', line: '$X' },
    },
  ],
  ['CMD $X', { command: { form: 'shell', line: '$X' } }],
  ['ENTRYPOINT ["$X"]', { command: { form: 'exec', words: ['$X'] } }],
  ['SHELL ["$X"]', { words: ['$X'] }],
  ['HEALTHCHECK CMD $X', { test: ['CMD-SHELL', '$X'] }],
  ['ONBUILD ENV A=$X', { trigger: 'ENV A=$X' }],
  ['MAINTAINER $X', { word: '$X' }],
])('%j', (text, expected) => expect(expand(text)).toMatchObject(expected));

test('FROM takes the arguments before it', () => {
  const { from } = parseDockerfile('FROM --platform=$P img:${T:-1} AS x', 'D').stages[0]!;
  expect(expandFrom(from, new Map([['P', 'linux/arm64']]))).toMatchObject({
    image: 'img:1',
    platform: 'linux/arm64',
    as: 'x',
  });
});

test("the Dockerfile's escape character; a heredoc keeps the backslash", () => {
  const instruction = parseInstruction('COPY <<E `$X\\y\n`$X\\$X\nE', '`');
  expect(expandInstruction(instruction, env, { escape: '`' })).toMatchObject({
    destination: '$X\\y',
    heredocs: [{ content: '`ex$X\n' }],
  });
});

test('tells what was unset', () => {
  const unset: string[] = [];
  expandInstruction(parseInstruction('COPY --chown=$A $B ${C:-c} <<E $D/\n$F\nE'), new Map(), {
    unset: (name) => unset.push(name),
  });
  expect(unset.sort()).toEqual(['A', 'B', 'D', 'F']);
});
