import type { BuildCase } from './case.ts';

/** Each case has a cache of its own, by its ENV. */
const from = (...lines: string[]): string => `FROM @{base}\nENV CASE=@{case}\n${lines.join('\n')}\n`;
/** Writes what is different each time it is done. */
const MARK = (n = 1): string => `RUN cat /proc/sys/kernel/random/uuid > /id${n}`;
const FILES = { a: '1', 'p/x': '2', 'p/y': '3' };

/** What is taken from the cache: `/idN` tells when each step was really done. */
export const CACHES: readonly BuildCase[] = [
  { name: 'nothing changed', dockerfile: from(MARK()), again: [{}, {}] },
  { name: '--no-cache', dockerfile: from(MARK()), again: [{ options: ['--no-cache'] }] },
  {
    name: 'another command',
    dockerfile: from(MARK(1), MARK(2)),
    again: [{ dockerfile: from(MARK(1), MARK(2).replace('> ', '>')) }],
  },
  {
    name: 'a step in between',
    dockerfile: from(MARK(1), MARK(2)),
    again: [{ dockerfile: from(MARK(1), 'RUN true', MARK(2)) }],
    but: ['since'],
    why: 'a step that changes nothing makes no layer, and the next one begins with the same files',
  },
  {
    name: 'another order',
    dockerfile: from(MARK(1), MARK(2)),
    again: [{ dockerfile: from(MARK(2), MARK(1)) }],
  },
  {
    name: 'back to what it was',
    dockerfile: from('ENV A=1', MARK()),
    again: [{ dockerfile: from('ENV A=2', MARK()) }, {}],
  },
  {
    name: 'a copied file is new',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ files: { a: '9' } }],
  },
  {
    name: 'a file that is not copied is new',
    files: FILES,
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { a: '9' } }],
  },
  {
    name: 'a file within a copied folder is new',
    files: FILES,
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { 'p/y': '9' } }],
  },
  {
    name: 'one more file within a copied folder',
    files: FILES,
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { 'p/z': '9' } }],
  },
  {
    name: 'one file less',
    files: FILES,
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { 'p/y': null } }],
  },
  {
    name: 'a renamed file',
    files: FILES,
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { 'p/y': null, 'p/z': '3' } }],
  },
  {
    name: 'the same text again',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ files: { a: '1' } }],
  },
  {
    name: 'only times are new',
    files: FILES,
    dockerfile: from('COPY . /d', MARK()),
    again: [{ touch: true }],
    but: ['mtime'],
    why: 'whose times are kept is said elsewhere',
  },
  {
    name: 'another mode',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ files: { a: { text: '1', mode: 0o755 } } }],
  },
  {
    name: 'another owner in the context',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ files: { a: { text: '1', owner: [5, 6] } } }],
  },
  {
    name: 'another target of a link',
    files: { l: { link: 'x' }, 'p/l': { link: 'y' } },
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { 'p/l': null } }, { files: { 'p/l': { link: 'z' } } }],
    but: ['since', '/p/l'],
    why: 'the classic builder does not look where links lead',
  },
  {
    name: 'an ignored file is new',
    files: { ...FILES, '.dockerignore': 'a\n' },
    dockerfile: from('COPY p /p', MARK()),
    again: [{ files: { a: '9' } }],
  },
  {
    name: 'another destination',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ dockerfile: from('COPY a /b', MARK()) }],
  },
  {
    name: 'another --chown',
    files: FILES,
    dockerfile: from('COPY a /', MARK()),
    again: [{ dockerfile: from('COPY --chown=1:1 a /', MARK()) }],
  },
  {
    name: 'a wildcard that matches more',
    files: FILES,
    dockerfile: from('COPY a* /d/', MARK()),
    again: [{ files: { ab: 'x' } }],
  },
  {
    name: 'the archive of an ADD is new',
    files: { 't.tar': { tar: { by: 'cat', items: { x: '1' } } } },
    dockerfile: from('ADD t.tar /t', MARK()),
    again: [{ files: { 't.tar': { tar: { by: 'cat', items: { x: '2' } } } } }],
  },
  {
    name: 'an ARG that is used by RUN',
    dockerfile: from('ARG A=1', MARK()),
    again: [{ options: ['--build-arg', 'A=2'] }],
  },
  {
    name: 'an ARG that comes after',
    dockerfile: from(MARK(1), 'ARG A=1', MARK(2)),
    again: [{ options: ['--build-arg', 'A=2'] }],
  },
  {
    name: 'the same value for an ARG, said',
    dockerfile: from('ARG A=1', MARK()),
    options: ['--build-arg', 'A=1'],
    again: [{ options: ['--build-arg', 'A=1'] }],
  },
  {
    name: 'a proxy does not count',
    dockerfile: from(MARK()),
    again: [{ options: ['--build-arg', 'http_proxy=http://127.0.0.1:9'] }],
    but: ['since'],
    why: 'by the reference it does not count; it does there',
  },
  {
    name: 'ENV before RUN',
    dockerfile: from('ENV A=1', MARK()),
    again: [{ dockerfile: from('ENV A=2', MARK()) }],
  },
  {
    name: 'USER before RUN',
    dockerfile: from('RUN chmod 777 /', MARK()),
    again: [{ dockerfile: from('RUN chmod 777 /', 'USER app', MARK()) }],
  },
  {
    name: 'WORKDIR before RUN',
    dockerfile: from('WORKDIR /a', MARK()),
    again: [{ dockerfile: from('WORKDIR /b', MARK()) }],
  },
  {
    name: 'SHELL before RUN',
    dockerfile: from(MARK()),
    again: [{ dockerfile: from('SHELL ["/bin/sh", "-ec"]', MARK()) }],
  },
  {
    name: 'comments and empty lines do not count',
    dockerfile: from(MARK()),
    again: [{ dockerfile: from('# new', '', MARK()) }],
  },
  {
    name: 'a stage that is copied from, unchanged',
    files: FILES,
    dockerfile: `FROM @{base} AS s\nENV CASE=@{case}\n${MARK(9)}\nRUN mv /id9 /o\n${from('COPY --from=s /o /id2', MARK())}`,
    again: [{}],
  },
  {
    name: 'a stage that is copied from, changed',
    files: FILES,
    dockerfile: `FROM @{base} AS s\nENV CASE=@{case}\nCOPY a /o\n${from('COPY --from=s /o /o', MARK())}`,
    again: [{ files: { a: '9' } }],
  },
  {
    name: 'a stage is done again with the same result',
    files: FILES,
    dockerfile: `FROM @{base} AS s\nENV CASE=@{case}\nCOPY a /a\nRUN echo same > /o\n${from('COPY --from=s /o /o', MARK())}`,
    again: [{ files: { a: '9' } }],
  },
  {
    name: 'a label by option at the end',
    dockerfile: from(MARK()),
    again: [{ options: ['--label', 'a=b'] }],
  },
  {
    name: 'the target of before',
    dockerfile: `FROM @{base} AS one\nENV CASE=@{case}\n${MARK()}\nFROM one\nRUN echo x > /x\n`,
    again: [{ options: ['--target', 'one'] }],
  },
];
