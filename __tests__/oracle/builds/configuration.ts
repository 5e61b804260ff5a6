// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's own
import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\n${lines.join('\n')}\n`;
const built = (name: string, ...lines: string[]): BuildCase => ({ name, dockerfile: from(...lines) });
const refused = (name: string, ...lines: string[]): BuildCase => ({ ...built(name, ...lines), fails: true });
const child = (name: string, parent: string[], own: string[], more: Partial<BuildCase> = {}): BuildCase => ({
  name,
  others: { on: from(...parent) },
  dockerfile: `FROM @{on}\n${own.join('\n')}\n`,
  ...more,
});

const OPEN = 'RUN chmod 1777 /tmp';
const ID = 'RUN id > /tmp/id.txt';

export const WORKDIRS: readonly BuildCase[] = [
  built('is made', 'WORKDIR /w/x/y'),
  built('is there already', 'WORKDIR /etc'),
  built('relative', 'WORKDIR /a', 'WORKDIR b', 'WORKDIR c', 'RUN pwd > /pwd'),
  built('relative to the root', 'WORKDIR a', 'RUN pwd > /pwd'),
  built('with ..', 'WORKDIR /a/b', 'WORKDIR ../c'),
  {
    ...built('with a slash at its end', 'WORKDIR /a/b/'),
    but: ['WorkingDir'],
    why: 'a slash at the end stays there',
  },
  {
    ...built('with variables', 'ENV D=/path', 'WORKDIR $D/$N', 'RUN pwd > /pwd'),
    but: ['WorkingDir'],
    why: 'a slash at the end stays there',
  },
  built('with a space', 'WORKDIR /a b', 'RUN pwd > /pwd'),
  built('with quotes', 'WORKDIR "/a b"'),
  built('is made before USER counts', 'USER app', 'WORKDIR /w'),
  built('through a link', 'RUN mkdir /real && ln -s /real /l', 'WORKDIR /l/in'),
  child('of the parent', ['WORKDIR /p'], ['WORKDIR c', 'RUN pwd > /pwd']),
  refused('is a file', 'WORKDIR /etc/passwd'),
  refused('no path', 'WORKDIR'),
];

export const USERS: readonly BuildCase[] = [
  built('by name', OPEN, 'USER app', ID),
  built('by id', OPEN, 'USER 1000', ID),
  built('by id that nobody has', OPEN, 'USER 4321', ID),
  built('with a group', OPEN, 'USER app:audio', ID),
  built('with a group by id', OPEN, 'USER 1:2', ID),
  built('back to root', OPEN, 'USER app', 'USER root', ID),
  built('with a variable', 'ENV U=app', 'USER ${U}:staff'),
  built('that RUN made', OPEN, 'RUN echo "new:x:77:78::/:/bin/sh" >> /etc/passwd', 'USER new', ID),
  refused('that is not there, in RUN', 'USER nothing', 'RUN true'),
  built('that is not there, without RUN', 'USER nothing'),
  refused('no name', 'USER'),
];

export const VOLUMES: readonly BuildCase[] = [
  built('one', 'VOLUME /v'),
  built('several', 'VOLUME /v /w'),
  built('JSON', 'VOLUME ["/v", "/w x"]'),
  built('with a variable', 'ENV D=/v', 'VOLUME $D/x'),
  built('added to earlier ones', 'VOLUME /a', 'VOLUME /b'),
  child("added to the parent's", ['VOLUME /a'], ['VOLUME /b']),
  {
    ...built('the folder is made or not', 'VOLUME /new', 'RUN true'),
    but: ['/new'],
    why: 'the classic builder makes it with the next container',
  },
  { ...built('what COPY puts into it stays', 'VOLUME /v', 'COPY x /v/'), files: { x: 'x' } },
  refused('empty', 'VOLUME []'),
  refused('none', 'VOLUME'),
];

export const COMMANDS: readonly BuildCase[] = [
  built('CMD, shell form', 'CMD echo "a b" $X'),
  built('CMD, exec form', 'CMD ["echo", "a b", "$X"]'),
  built('CMD, an empty list', 'CMD []'),
  built('CMD, single quotes are no JSON', "CMD ['echo', 'x']"),
  refused('CMD, JSON with a number', 'CMD ["echo", 1]'),
  built('the last CMD counts', 'CMD a', 'CMD b'),
  built('CMD in later lines', 'CMD ["a", \\', '  "b"]'),
  built('ENTRYPOINT, exec form', 'ENTRYPOINT ["a", "b"]'),
  built('ENTRYPOINT, shell form', 'ENTRYPOINT exec top -b'),
  built('ENTRYPOINT, an empty list', 'ENTRYPOINT []'),
  built('both', 'ENTRYPOINT ["a"]', 'CMD ["b"]'),
  built('CMD before ENTRYPOINT', 'CMD ["b"]', 'ENTRYPOINT ["a"]'),
  child("ENTRYPOINT takes the parent's CMD away", ['CMD ["parent"]'], ['ENTRYPOINT ["a"]']),
  child('ENTRYPOINT and CMD in the child', ['CMD ["parent"]'], ['CMD ["own"]', 'ENTRYPOINT ["a"]']),
  child("CMD keeps the parent's ENTRYPOINT", ['ENTRYPOINT ["e"]'], ['CMD ["c"]']),
  child('both from the parent', ['ENTRYPOINT ["e"]', 'CMD ["c"]'], ['LABEL x=y']),
  built('unicode and escapes in JSON', 'CMD ["\\u00e4", "a\\tb", "c\\"d"]'),
];

export const HEALTHCHECKS: readonly BuildCase[] = [
  built('a line', 'HEALTHCHECK CMD curl -f http://x || exit 1'),
  built('a list', 'HEALTHCHECK CMD ["a", "b"]'),
  built('all options', 'HEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --retries=7 CMD x'),
  built('parts of a second', 'HEALTHCHECK --interval=1500ms CMD x'),
  built('NONE', 'HEALTHCHECK NONE'),
  built('small letters', 'HEALTHCHECK cmd x'),
  child("NONE takes the parent's away", ['HEALTHCHECK CMD x'], ['HEALTHCHECK NONE']),
  child('from the parent', ['HEALTHCHECK --retries=2 CMD x'], ['LABEL a=b']),
  {
    ...child(
      "replaces the parent's, with its options",
      ['HEALTHCHECK --retries=2 CMD x'],
      ['HEALTHCHECK CMD y'],
    ),
    but: ['Healthcheck'],
    why: 'options that are not said are those of before there; BuildKit begins anew',
  },
  refused('an unknown option', 'HEALTHCHECK --nothing=1 CMD x'),
  refused('no number', 'HEALTHCHECK --retries=x CMD x'),
  refused('too short', 'HEALTHCHECK --interval=1us CMD x'),
  refused('no unit', 'HEALTHCHECK --interval=5 CMD x'),
  refused('NONE with more', 'HEALTHCHECK NONE x'),
  refused('an unknown kind', 'HEALTHCHECK WHAT x'),
  refused('no command', 'HEALTHCHECK CMD'),
];

export const SHELLS: readonly BuildCase[] = [
  built('for RUN', 'SHELL ["/bin/busybox", "sh", "-xc"]', 'RUN echo x > /x'),
  built('for CMD and ENTRYPOINT', 'SHELL ["/bin/sh", "-ec"]', 'ENTRYPOINT a', 'CMD b'),
  built('not for the exec form', 'SHELL ["/no/such"]', 'RUN ["/bin/sh", "-c", "echo x > /x"]'),
  built('again', 'SHELL ["/bin/sh", "-ec"]', 'CMD a', 'SHELL ["/bin/sh", "-xc"]'),
  child('from the parent', ['SHELL ["/bin/sh", "-ec"]'], ['CMD a']),
  built('for HEALTHCHECK', 'SHELL ["/bin/sh", "-ec"]', 'HEALTHCHECK CMD a'),
  refused('no JSON', 'SHELL /bin/sh -c'),
  refused('an empty list', 'SHELL []'),
];

export const LABELS: readonly BuildCase[] = [
  built('one', 'LABEL a=b'),
  built('several', 'LABEL a=b "c d"="e f" g=\'h i\''),
  built('the old form', 'LABEL a the rest'),
  built('over lines', 'LABEL a="x \\', 'y" \\', ' b=2'),
  built('again', 'LABEL a=1', 'LABEL a=2'),
  built('empty', 'LABEL a=""'),
  built('with dots and slashes', 'LABEL org.opencontainers.image.title=x com/y=z'),
  child("beside the parent's", ['LABEL a=1 b=2'], ['LABEL b=3']),
  { ...built('by option', OPEN, 'LABEL a=1 b=2'), options: ['--label', 'a=9', '--label', 'c=d e'] },
  { ...built('by option, without a value', OPEN, 'LABEL a=1'), options: ['--label', 'c'] },
  refused('no value', 'LABEL a'),
];

export const OTHERS: readonly BuildCase[] = [
  built('EXPOSE', 'EXPOSE 80'),
  built('EXPOSE with a protocol', 'EXPOSE 80/tcp 53/udp 9/sctp'),
  built('EXPOSE of a range', 'EXPOSE 8000-8003'),
  built('EXPOSE with a variable', 'ENV P=80', 'EXPOSE $P ${P}81/udp'),
  built('EXPOSE of several words in a variable', 'ENV P="80 81"', 'EXPOSE $P'),
  built('EXPOSE in other letters', 'EXPOSE 80/TCP'),
  child("EXPOSE beside the parent's", ['EXPOSE 1'], ['EXPOSE 2']),
  refused('EXPOSE of no port', 'EXPOSE x'),
  refused('EXPOSE of too high a port', 'EXPOSE 70000'),
  refused('EXPOSE of nothing', 'EXPOSE'),
  built('STOPSIGNAL by name', 'STOPSIGNAL SIGUSR1'),
  built('STOPSIGNAL by number', 'STOPSIGNAL 9'),
  built('STOPSIGNAL without SIG', 'STOPSIGNAL USR1'),
  refused('STOPSIGNAL that is none', 'STOPSIGNAL NOTHING'),
  built('MAINTAINER', 'MAINTAINER A Person <a person>'),
  child('MAINTAINER of the parent', ['MAINTAINER someone'], ['LABEL a=b'], {
    but: ['author'],
    why: 'BuildKit keeps it',
  }),
  { name: 'FROM alone', dockerfile: 'FROM @{base}\n' },
];

export const ONBUILDS: readonly BuildCase[] = [
  built('is noted', 'ONBUILD RUN echo x > /x', 'ONBUILD ENV A=b'),
  child('is done', ['ONBUILD RUN echo x > /x'], ['RUN cat /x > /y']),
  child('in order, before the rest', ['ONBUILD ENV A=1', 'ONBUILD ENV B=$A$A'], ['ENV C=$B$A']),
  child('COPY', ['WORKDIR /app', 'ONBUILD COPY . src/'], ['RUN ls src > /list'], {
    files: { a: '1', 'b/c': '2' },
  }),
  child('ADD of an archive', ['ONBUILD ADD a.tar /d/'], ['LABEL a=b'], {
    files: { 'a.tar': { tar: { by: 'cat', items: { x: 'x' } } } },
  }),
  child(
    'all that only say something',
    [
      'ONBUILD USER app',
      'ONBUILD WORKDIR /w',
      'ONBUILD EXPOSE 1',
      'ONBUILD VOLUME /v',
      'ONBUILD LABEL a=b',
      'ONBUILD STOPSIGNAL 9',
      'ONBUILD CMD ["x"]',
      'ONBUILD ENTRYPOINT ["y"]',
      'ONBUILD HEALTHCHECK NONE',
      'ONBUILD SHELL ["/bin/sh", "-ec"]',
    ],
    ['LABEL c=d'],
  ),
  child('ARG', ['ONBUILD ARG A=1', 'ONBUILD RUN echo $A > /x'], ['RUN echo "<$A>" > /y'], {
    options: ['--build-arg', 'A=2'],
  }),
  {
    name: 'not for grandchildren',
    others: { on: from('ONBUILD RUN echo $RANDOM >> /times; wc -l < /times > /n; rm /times') },
    dockerfile: 'FROM @{on} AS a\nFROM a\nRUN cat /n > /m\n',
  },
  child('is gone in the child', ['ONBUILD ENV A=1'], ['ONBUILD ENV B=2']),
  child('fails', ['ONBUILD COPY missing /'], ['LABEL a=b'], { fails: true }),
  {
    name: 'in every stage made of it',
    others: { on: from('ONBUILD ENV T=1') },
    dockerfile: 'FROM @{on} AS a\nRUN echo $T > /a\nFROM @{on}\nCOPY --from=a /a /b\n',
  },
  {
    name: 'of a stage is for the image, not for the stages made of it, or is',
    dockerfile: 'FROM @{base} AS a\nONBUILD ENV T=1\nFROM a\nRUN echo "<$T>" > /x\n',
  },
  refused('ONBUILD ONBUILD', 'ONBUILD ONBUILD RUN x'),
  refused('ONBUILD FROM', 'ONBUILD FROM x'),
  refused('ONBUILD MAINTAINER', 'ONBUILD MAINTAINER x'),
  refused('nothing', 'ONBUILD'),
  built('an unknown word is for the child to find', 'ONBUILD NOTHING x'),
  child('the child finds an unknown word', ['ONBUILD NOTHING x'], ['LABEL a=b'], { fails: true }),
];
