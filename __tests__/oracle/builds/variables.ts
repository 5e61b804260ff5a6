// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's own
import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\n${lines.join('\n')}\n`;
const OUT = 'RUN env | grep -v -e ^HOSTNAME -e ^container -e ^_= -e ^SHLVL -e ^OLDPWD | sort > /env';

/** ARG and ENV: which scope, which wins, what is kept. */
export const ARGS: readonly BuildCase[] = [
  { name: 'a default', dockerfile: from('ARG A=1', OUT) },
  { name: 'given', dockerfile: from('ARG A=1', OUT), options: ['--build-arg', 'A=2'] },
  { name: 'given as empty', dockerfile: from('ARG A=1', OUT), options: ['--build-arg', 'A='] },
  {
    name: "given from the caller's environment",
    dockerfile: from('ARG A=1', OUT),
    options: ['--build-arg', 'A'],
    env: { A: 'outside' },
  },
  {
    name: "not in the caller's environment either",
    dockerfile: from('ARG A=1', OUT),
    options: ['--build-arg', 'A_THAT_IS_NOT'],
  },
  { name: 'without a default', dockerfile: from('ARG A', 'ARG B', OUT), options: ['--build-arg', 'B=b'] },
  {
    name: 'not known before its line',
    dockerfile: from('RUN echo "<$A>" > /x', 'ARG A=1', 'RUN echo "<$A>" > /y'),
  },
  {
    name: 'given, but not known before its line',
    dockerfile: from('USER ${A:-root}', 'ARG A', 'LABEL a=$A'),
    options: ['--build-arg', 'A=app'],
  },
  {
    name: 'that nobody asked for',
    dockerfile: from('RUN echo "<$A>" > /x'),
    options: ['--build-arg', 'A=1'],
  },
  { name: 'a later one wins', dockerfile: from('ARG A=1', 'ARG A=2', OUT) },
  { name: 'a later one without a value', dockerfile: from('ARG A=1', 'ARG A', OUT) },
  { name: 'of another one', dockerfile: from('ARG A=1', 'ARG B=${A}2', OUT) },
  {
    name: 'ENV wins over ARG',
    dockerfile: from('ARG A=arg', 'ENV A=env', OUT, 'LABEL a=$A'),
    options: ['--build-arg', 'A=given'],
  },
  { name: 'ENV wins over a later ARG', dockerfile: from('ENV A=env', 'ARG A=arg', OUT, 'LABEL a=$A') },
  {
    name: 'ENV of an ARG',
    dockerfile: from('ARG A', 'ENV A=${A:-v1.0.0}', OUT),
    options: ['--build-arg', 'A=v2'],
  },
  {
    name: 'ends with the stage',
    dockerfile: `FROM @{base} AS one\nARG A=1\nRUN echo "$A" > /x\n${from('RUN echo "<$A>" > /y')}`,
  },
  {
    name: 'again in the next stage',
    dockerfile: `FROM @{base} AS one\nARG A=1\n${from('ARG A', OUT)}`,
    options: ['--build-arg', 'A=2'],
  },
  {
    name: 'is not known to a stage that is made of it',
    dockerfile: 'FROM @{base} AS one\nARG A=1\nENV B=$A\nFROM one\nRUN echo "<$A><$B>" > /x\n',
  },
  { name: 'before FROM, in FROM', dockerfile: 'ARG I=@{base}\nFROM $I\nRUN echo "<$I>" > /x\n' },
  { name: 'before FROM, with a default in FROM', dockerfile: 'ARG I\nFROM ${I:-@{base}}\nRUN echo x > /x\n' },
  {
    name: 'before FROM, given',
    dockerfile: 'ARG I=nothing-such\nFROM $I\nRUN echo x > /x\n',
    options: ['--build-arg', 'I=@{base}'],
  },
  { name: 'before FROM, named again in the stage', dockerfile: `ARG V=7\n${from('ARG V', OUT)}` },
  { name: 'before FROM, named again with another default', dockerfile: `ARG V=7\n${from('ARG V=8', OUT)}` },
  { name: 'before FROM, not named again', dockerfile: `ARG V=7\n${from('RUN echo "<$V>" > /x')}` },
  { name: 'before FROM, of another one', dockerfile: 'ARG A=@{base}\nARG B=$A\nFROM $B\nRUN echo x > /x\n' },
  {
    name: 'proxies need no ARG',
    dockerfile: from('RUN echo "<$HTTP_PROXY><$no_proxy>" > /x'),
    options: ['--build-arg', 'HTTP_PROXY=http://127.0.0.1:9', '--build-arg', 'no_proxy=x'],
  },
  { name: 'quotes', dockerfile: from('ARG A="a b"', "ARG B='c $A'", 'ARG C=d\\ e', OUT) },
  {
    name: 'in USER, WORKDIR, EXPOSE, VOLUME, STOPSIGNAL, LABEL',
    dockerfile: from(
      'ARG A=1',
      'USER $A',
      'WORKDIR /w$A',
      'EXPOSE 8$A',
      'VOLUME /v$A',
      'STOPSIGNAL SIG${A:+TERM}',
      'LABEL a="x$A"',
    ),
  },
  {
    name: 'not in CMD and ENTRYPOINT',
    dockerfile: from('ARG A=1', 'ENTRYPOINT ["echo", "$A"]', 'CMD echo $A'),
  },
  { name: 'two in one line', dockerfile: from('ARG A=1 B=2', OUT) },
  { name: 'no name', dockerfile: from('ARG'), fails: true },
  { name: 'an empty name', dockerfile: from('ARG =x'), fails: true },
  { name: 'the first line is neither ARG nor FROM', dockerfile: 'ENV A=1\nFROM @{base}\n', fails: true },
];

export const ENVS: readonly BuildCase[] = [
  { name: 'name=value', dockerfile: from('ENV A=1', OUT) },
  { name: 'several', dockerfile: from('ENV A=1 B="two words" C=three\\ words D=\'$A\'', OUT) },
  { name: 'the old form', dockerfile: from('ENV A the rest of   the line', OUT) },
  { name: 'the old form with quotes', dockerfile: from('ENV A "quoted" text', OUT) },
  { name: 'the old form with an equals sign', dockerfile: from('ENV A B=c D=e', OUT) },
  {
    name: 'values of one line are those from before it',
    dockerfile: from('ENV abc=hello', 'ENV abc=bye def=$abc', 'ENV ghi=$abc', OUT),
  },
  { name: 'over several lines', dockerfile: from('ENV A=1 \\', '    B=2 \\', '    C=3', OUT) },
  { name: 'again', dockerfile: from('ENV A=1 B=2', 'ENV A=3', OUT) },
  { name: 'empty', dockerfile: from('ENV A=', 'ENV B=""', OUT) },
  {
    name: 'stays in images made of it',
    others: { other: 'FROM @{base}\nENV A=1 B=2\n' },
    dockerfile: 'FROM @{other}\nENV B=3\nRUN env | grep ^[AB]= | sort > /env\n',
  },
  { name: 'PATH extended', dockerfile: from('ENV PATH=/my/bin:$PATH', OUT) },
  { name: 'PATH extended by itself not known', dockerfile: from('ENV P=/x:$NOT_THERE', OUT) },
  {
    name: 'HOME follows USER in RUN',
    dockerfile: from('RUN echo $HOME > /a', 'RUN chmod 1777 /tmp', 'USER app', 'RUN echo $HOME > /tmp/b'),
  },
  {
    name: 'HOME by ENV',
    dockerfile: from('ENV HOME=/mine', 'RUN chmod 1777 /tmp', 'USER app', 'RUN echo $HOME > /tmp/b'),
  },
  { name: 'no value', dockerfile: from('ENV A'), fails: true },
  { name: 'an empty name', dockerfile: from('ENV =x'), fails: true },
  { name: 'an unfinished quote', dockerfile: from('ENV A="x'), fails: true },
];

const E = 'ENV V=value E= P=/a/b/c.tar.gz';
const label = (text: string, more: Partial<BuildCase> = {}): BuildCase => ({
  name: text,
  dockerfile: from(E, `LABEL l=${text}`),
  ...more,
});

/** Expansion of variables, as labels show it. */
export const EXPANSIONS: readonly BuildCase[] = [
  label('$V'),
  label('${V}'),
  label('x${V}y'),
  label('"$V y"'),
  label("'$V y'"),
  label('\\$V'),
  label('\\\\$V'),
  label('"\\$V"'),
  label("'\\$V'"),
  label('$U'),
  label('${U}'),
  label('${U:-default}'),
  label('${E:-default}'),
  label('${V:-default}'),
  label('${U:-$V}'),
  label('${U:-${V}x}'),
  label('"${U:-a b}"'),
  label('${V:+word}'),
  label('${E:+word}'),
  label('${U:+word}'),
  label('${V:?why}'),
  label('${U:?why}', { fails: true }),
  label('${E:?why}', { fails: true }),
  label('$V$V'),
  label('$V-$V'),
  label('${V', { fails: true }),
  label('${V:~x}', { fails: true }),
  label('$1'),
  label('a$'),
  label('"a\\nb"'),
  label('"a\\"b"'),
  label("'a\"b'"),
  label('a\\ b'),
  label('"x"y\'z\''),
];
