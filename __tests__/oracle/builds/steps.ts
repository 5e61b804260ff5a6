// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's own
import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\n${lines.join('\n')}\n`;
const built = (name: string, ...lines: string[]): BuildCase => ({ name, dockerfile: from(...lines) });
const refused = (name: string, ...lines: string[]): BuildCase => ({ ...built(name, ...lines), fails: true });

export const RUNS: readonly BuildCase[] = [
  built(
    'makes, changes and removes',
    'RUN echo x > /x && rm /etc/group && chmod 700 /etc && mkdir -p /p/q && ln -s x /l',
  ),
  built('changes nothing', 'RUN true'),
  built('makes and removes again', 'RUN echo x > /tmp/x', 'RUN rm /tmp/x'),
  built('a folder made anew', 'RUN mkdir /d && touch /d/a', 'RUN rm -r /d && mkdir /d && touch /d/b'),
  built('a folder becomes a file', 'RUN mkdir /d && touch /d/a', 'RUN rm -r /d && echo x > /d'),
  built('a file becomes a folder', 'RUN echo x > /d', 'RUN rm /d && mkdir /d && touch /d/a'),
  built('a folder renamed', 'RUN mkdir /d && touch /d/a', 'RUN mv /d /e'),
  built('owners and modes', 'RUN touch /x && chown 5:6 /x && chmod 4711 /x', 'RUN chown 7 /x'),
  built('hard links', 'RUN echo x > /x && ln /x /y', 'RUN ln /x /z'),
  built('a fifo', 'RUN mkfifo /f'),
  built('the exec form', 'RUN ["touch", "/a b", "/$HOME"]'),
  built('the exec form with a shell', 'RUN ["/bin/sh", "-c", "echo $HOME > /x"]'),
  built('standard input is empty', 'RUN wc -c > /x'),
  built('is no terminal', 'RUN if [ -t 1 ]; then echo y; else echo n; fi > /x'),
  built('working folder', 'WORKDIR /w', 'RUN echo x > x'),
  built('process id', 'RUN echo $$ > /x'),
  built('/proc and /sys are not kept', 'RUN ls -d /proc/1 /sys/kernel > /x'),
  built(
    '/etc/hosts and /etc/resolv.conf are not kept',
    'RUN echo more >> /etc/hosts && echo more >> /etc/resolv.conf',
  ),
  built('/dev/shm is not kept', 'RUN echo x > /dev/shm/x && ls /dev/shm > /list'),
  { ...built('fails', 'RUN exit 7'), fails: true },
  { ...built('is not found', 'RUN /no/such/program'), fails: true },
  {
    ...built('is not found, exec form', 'RUN ["/no/such/program"]'),
    fails: true,
    but: ['code'],
    why: 'the classic builder answers 1 for an error of the daemon',
  },
  { ...built('a signal', "RUN sh -c 'kill -9 $$'; exit $?"), fails: true },
  built('quotes and dollars are the shell’s', 'ENV A="x y"', 'RUN echo "$A" \'$A\' \\$A "${A#x}" > /x'),
  built('over lines', 'RUN echo a > /x && \\', '    echo b >> /x && \\', '    echo c >> /x'),
  { ...built('limits', 'RUN ulimit -n > /x'), options: ['--ulimit', 'nofile=100:200'] },
  {
    ...built('more hosts', 'RUN grep example /etc/hosts | wc -l > /x'),
    options: ['--add-host', 'example:10.1.2.3'],
  },
];

export const STAGES: readonly BuildCase[] = [
  {
    name: '--target',
    dockerfile: 'FROM @{base} AS a\nRUN echo a > /a\nFROM @{base} AS b\nRUN echo b > /b\n',
    options: ['--target', 'a'],
  },
  {
    name: '--target in other letters',
    dockerfile: 'FROM @{base} AS a\nRUN echo a > /a\nFROM @{base} AS b\n',
    options: ['--target', 'A'],
  },
  {
    name: '--target that is not there',
    dockerfile: 'FROM @{base} AS a\n',
    options: ['--target', 'b'],
    fails: true,
  },
  {
    name: 'a stage after the target is not built',
    dockerfile: 'FROM @{base} AS a\nRUN echo a > /a\nFROM @{base}\nRUN false\n',
    options: ['--target', 'a'],
  },
  {
    name: 'a failing stage that is needed',
    dockerfile: 'FROM @{base} AS a\nRUN false\nFROM @{base}\nCOPY --from=a /x /x\n',
    fails: true,
  },
  { name: 'AS in small letters', dockerfile: 'from @{base} as one\nrun echo x > /x\nfrom one\n' },
  {
    name: 'a name with what names may have',
    dockerfile: 'FROM @{base} AS a-b_c.d1\nRUN echo x > /x\nFROM a-b_c.d1\n',
  },
  { name: 'a name that is none', dockerfile: 'FROM @{base} AS 1a\n', fails: true },
  { name: 'AS without a name', dockerfile: 'FROM @{base} AS\n', fails: true },
  { name: 'FROM with too much', dockerfile: 'FROM @{base} x y z\n', fails: true },
  { name: 'FROM of nothing', dockerfile: 'FROM\n', fails: true },
  { name: 'FROM of what is not there', dockerfile: 'FROM localhost:9/no/such\n', fails: true },
  {
    name: 'metadata of a stage goes on',
    dockerfile: 'FROM @{base} AS a\nENV A=1\nWORKDIR /w\nUSER app\nCMD ["x"]\nEXPOSE 1\nFROM a\nLABEL l=$A\n',
  },
  {
    name: 'metadata of a stage that is only copied from does not',
    dockerfile: 'FROM @{base} AS a\nENV A=1\nCMD ["x"]\nFROM @{base}\nCOPY --from=a /etc/passwd /p\n',
  },
  {
    name: 'a stage with the name of the image',
    dockerfile: 'FROM @{base} AS same\nRUN echo x > /x\nFROM same AS other\nRUN cat /x > /y\n',
  },
];

export const SYNTAX: readonly BuildCase[] = [
  built('comments', '# one', '  # two', 'RUN echo x > /x', '#three'),
  built('a comment within a line is none', 'RUN echo a # b > /c', 'LABEL a=b#c'),
  built('a comment between continued lines', 'RUN echo a \\', '# no', '  b \\', '   # nor this', '  > /x'),
  built('empty lines between continued lines', 'RUN echo a \\', '', '  b > /x'),
  built('a backslash and spaces', 'RUN echo a \\  ', '  b > /x'),
  { name: 'CRLF', dockerfile: 'FROM @{base}\r\nRUN echo a \\\r\n  b > /x\r\nLABEL a="b"\r\n' },
  { name: 'no newline at the end', dockerfile: 'FROM @{base}\nLABEL a=b' },
  { name: 'a backslash at the end', dockerfile: 'FROM @{base}\nLABEL a=b \\' },
  { name: 'a byte order mark', dockerfile: '\ufeffFROM @{base}\nLABEL a=b\n' },
  {
    name: '# escape=`',
    dockerfile: '# escape=`\nFROM @{base}\nRUN echo a `\n  b\\c > /x\nLABEL a=`$x b=c\\d\n',
  },
  { name: '#ESCAPE = \\', dockerfile: '#ESCAPE = \\\nFROM @{base}\nRUN echo a \\\n b > /x\n' },
  {
    name: 'a directive after a comment is a comment',
    dockerfile: '# hello\n# escape=`\nFROM @{base}\nRUN echo a \\\n b > /x\n',
  },
  {
    name: 'a directive after an empty line is a comment',
    dockerfile: '\n# escape=`\nFROM @{base}\nRUN echo a \\\n b > /x\n',
  },
  { name: 'an unknown directive', dockerfile: '# what=ever\nFROM @{base}\nLABEL a=b\n' },
  { name: 'a directive twice', dockerfile: '# escape=\\\n# escape=`\nFROM @{base}\n', fails: true },
  { name: 'a wrong escape', dockerfile: '# escape=x\nFROM @{base}\n', fails: true },
  { name: 'small letters', dockerfile: 'from @{base}\nenv a=b\nrun echo $a > /x\ncmd ["x"]\n' },
  { name: 'tabs', dockerfile: 'FROM\t@{base}\n\tRUN\techo\tx\t>\t/x\n' },
  { name: 'spaces before instructions', dockerfile: '  FROM @{base}\n   LABEL a=b\n' },
  { name: 'empty', dockerfile: '', fails: true },
  { name: 'comments alone', dockerfile: '# nothing\n', fails: true },
  { name: 'an unknown instruction', dockerfile: from('RUNN echo'), fails: true },
  refused('COPY of nothing', 'COPY'),
  {
    name: 'another file',
    file: 'sub.Dockerfile',
    dockerfile: from('COPY . /d'),
    options: ['-f', '@{folder}/context/sub.Dockerfile'],
    files: { a: '1' },
  },
  {
    name: 'another file in a folder',
    file: 'd/Other',
    files: { 'd/x': 'x' },
    dockerfile: from('COPY d/x /x'),
    options: ['-f', '@{folder}/context/d/Other'],
  },
  { name: 'the Dockerfile is in the context too', dockerfile: from('COPY Dockerfile /x') },
  { name: 'the Dockerfile from standard input', stdin: 'dockerfile', dockerfile: from('RUN echo x > /x') },
  {
    name: 'a tar from standard input',
    stdin: 'tar',
    files: { 'p/x': 'x', l: { link: 'p' } },
    dockerfile: from('COPY p /d', 'COPY l/x /y'),
  },
  {
    name: 'a gzipped tar from standard input',
    stdin: 'tar.gz',
    files: { 'p/x': 'x' },
    dockerfile: from('COPY . /d'),
  },
];
