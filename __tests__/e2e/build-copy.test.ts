// COPY and ADD in whole builds: stages, owners, what the cache makes of changes, and contexts of all kinds.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  let folder = '';
  const build = (dockerfile: string, ...options: string[]) => {
    writeFileSync(`${folder}/Dockerfile`, dockerfile);
    const { uid, gid } = machine.account;
    execFileSync('chown', ['-R', `${uid}:${gid}`, folder]);
    return machine.proa('build', '--network=none', '--progress=plain', '-t', 'built', ...options, folder);
  };
  const buildOk = async (dockerfile: string, ...options: string[]) => {
    const outcome = await build(dockerfile, ...options);
    if (outcome.code !== 0) throw new Error(outcome.err);
    return outcome;
  };
  const find = (path: string) =>
    machine.ok(
      'run',
      '--rm',
      '--network=none',
      'built',
      'sh',
      '-c',
      `cd ${path}; find . | sort | xargs stat -c '%n %a %u:%g'`,
    );
  const cached = (err: string) => err.split('\n').filter((line) => line.endsWith(' CACHED')).length;

  beforeAll(async () => {
    folder = await machine.makeFolder('context');
    mkdirSync(`${folder}/src/deep`, { recursive: true });
    for (const name of ['src/a', 'src/deep/b']) writeFileSync(`${folder}/${name}`, `${name}\n`);
    chmodSync(`${folder}/src/a`, 0o750);
  });

  test('files of the context, of a stage, of another image; owners, modes, heredocs, archives', async () => {
    execFileSync('tar', ['czf', `${folder}/x.tgz`, '--owner=3', '--group=4', '-C', `${folder}/src`, 'deep']);
    await buildOk(`FROM ${IMAGE} AS first
WORKDIR /made
COPY --chown=app src .
COPY <<one <<two texts/
1
one
2
two
FROM ${IMAGE}
COPY --from=first /made /w/stage
COPY --from=${IMAGE} /etc/passwd /w/image
COPY --link --chmod=u=rwX,go= src/deep /w/link
ADD --chown=7 x.tgz /w/archive/
`);
    expect((await find('/w')).split('\n')).toEqual([
      '. 755 0:0',
      './archive 755 7:7',
      './archive/deep 755 3:4',
      './archive/deep/b 644 3:4',
      './image 644 0:0',
      './link 755 0:0',
      './link/b 600 0:0',
      './stage 755 0:0',
      './stage/a 750 1000:50',
      './stage/deep 755 1000:50',
      './stage/deep/b 644 1000:50',
      './stage/texts 755 0:0',
      './stage/texts/one 644 0:0',
      './stage/texts/two 644 0:0',
    ]);
  });

  test('a step is done again when names, modes or content change; not for times, nor for what is ignored', async () => {
    // 5 GB that nobody reads: that would take longer than a test may.
    mkdirSync(`${folder}/big`);
    execFileSync('truncate', ['-s', '5G', `${folder}/big/file`]);
    writeFileSync(`${folder}/.dockerignore`, 'big\nDockerfile\n');
    const dockerfile = `FROM ${IMAGE}\nCOPY . /w/\nRUN cat /w/src/a > /seen\n`;
    expect(cached((await buildOk(dockerfile)).err)).toBe(0);
    utimesSync(`${folder}/src/a`, 5, 5);
    appendFileSync(`${folder}/big/file`, 'more');
    expect(cached((await buildOk(`${dockerfile}# a comment\n`)).err)).toBe(2);
    appendFileSync(`${folder}/src/a`, 'changed\n');
    expect(cached((await buildOk(dockerfile)).err)).toBe(0);
    chmodSync(`${folder}/src/deep/b`, 0o600);
    expect(cached((await buildOk(dockerfile)).err)).toBe(0);
    expect(await machine.ok('run', '--rm', '--network=none', 'built', 'cat', '/seen')).toBe('src/a\nchanged');
  });

  test('a source that is not there, or is ignored: the word, the context and the line; nothing is tagged', async () => {
    await machine.proa('rmi', '-f', 'built');
    const { code, err } = await build(`FROM ${IMAGE}\nCOPY src/nothing* /w/\n`);
    expect(code).toBe(1);
    expect(err).toContain('>>> COPY src/nothing* /w/');
    expect(err).toContain('find src/nothing* in the build context: nothing matches');
    const ignored = await build(`FROM ${IMAGE}\nCOPY big/file /w/\n`);
    expect(ignored.err).toContain('find big/file in the build context: it is excluded by .dockerignore');
    expect((await machine.proa('image', 'exists', 'built')).code).toBe(1);
  });

  test('a file that cannot be read is named', async () => {
    if (machine.who === 'root') return;
    writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\nCOPY src /w/\n`);
    chownSync(`${folder}/src/deep`, 0, 0);
    chmodSync(`${folder}/src/deep`, 0o700);
    const { code, err } = await machine.proa('build', '-q', folder);
    chmodSync(`${folder}/src/deep`, 0o755);
    expect(code).toBe(1);
    expect(err).toContain('read src/deep in the build context: permission denied');
  });

  test('the context as an archive on standard input, with the Dockerfile in it', async () => {
    writeFileSync(`${folder}/Own`, `FROM ${IMAGE}\nCOPY src /w\n`);
    execFileSync('tar', ['czf', `${folder}/../context.tgz`, '-C', folder, 'src', 'Own']);
    const stdin = readFileSync(`${folder}/../context.tgz`);
    const { code, err } = await machine.proaWith({ stdin }, 'build', '-q', '-t', 'built', '-f', 'Own', '-');
    expect([code, err]).toEqual([0, '']);
    expect(await machine.ok('run', '--rm', '--network=none', 'built', 'cat', '/w/a')).toBe('src/a\nchanged');
  });
});
