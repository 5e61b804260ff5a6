// The build cache: what is the same step, what is not, what keeps it, and what lets it go.
import { chmodSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root'], (machine) => {
  let folder = '';

  beforeEach(async () => {
    folder = await machine.makeFolder('context');
    rmSync(folder, { recursive: true });
    await machine.makeFolder('context');
    writeFileSync(`${folder}/file`, 'one\n');
    mkdirSync(`${folder}/sub`);
    writeFileSync(`${folder}/sub/deep`, 'deep\n');
  });

  /** Builds, and says of each step whether it came from the cache (`c`) or was done (`d`); FROM is left out. */
  async function steps(lines: string[], ...options: string[]): Promise<string> {
    writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\n${lines.join('\n')}\n`);
    const { code, err } = await machine.proa(
      ...['build', '--network=none', '--progress=plain', '-t', 'made', ...options, folder],
    );
    if (code !== 0) throw new Error(err);
    const names = new Map(
      [...err.matchAll(/^#(\d+) \[[^\]]*\d+\/\d+\] (?!FROM)(.*)$/gm)].map(([, id, name]) => [id, name]),
    );
    return [...names.keys()].map((id) => (new RegExp(`^#${id} CACHED$`, 'm').test(err) ? 'c' : 'd')).join('');
  }
  const id = () => machine.ok('image', 'inspect', '--format', '{{.Id}}', 'made');

  test('content counts, not times, tags or what only changes the configuration', async () => {
    const lines = [
      'ENV A=1',
      'COPY file /f',
      'RUN cat /f > /g',
      'LABEL a=1',
      'COPY sub /sub',
      'RUN date > /date',
    ];
    expect(await steps(lines)).toBe('dddd');
    const first = await id();
    expect(await steps(lines)).toBe('cccc');
    expect(await id()).toBe(first);
    utimesSync(`${folder}/file`, 1, 1);
    writeFileSync(`${folder}/unused`, 'x');
    expect(await steps(lines)).toBe('cccc');
    expect(await steps(lines.map((line) => line.replace('LABEL a=1', 'LABEL a=2')))).toBe('cccc');
    expect(await id()).not.toBe(first);
    // A variable is what RUN sees, and COPY does not; that one is new only when the layer below it is.
    expect(await steps(lines.map((line) => line.replace('ENV A=1', 'ENV A=2')))).toMatch(/^cd[cd]d$/);
    writeFileSync(`${folder}/sub/deep`, 'other\n');
    expect(await steps(lines)).toBe('ccdd');
    chmodSync(`${folder}/file`, 0o755);
    expect(await steps(lines)).toBe('dddd');
    // The name may go, and with it the image: its steps are known all the same.
    await machine.ok('rmi', 'made');
    expect(await steps(lines)).toBe('cccc');
    expect(await steps(lines, '--no-cache')).toBe('dddd');
  });

  test('build arguments, users, folders, mounts and secrets', async () => {
    const lines = ['ARG v', 'ARG unused', 'RUN echo $v > /v', 'USER app', 'RUN id > /tmp/../dev/null'];
    expect(await steps(lines, '--build-arg', 'v=1')).toBe('dd');
    expect(await steps(lines, '--build-arg', 'v=1')).toBe('cc');
    expect(await steps(lines, '--build-arg', 'v=2')).toBe('dd');
    // Proxies are the machine's matter.
    expect(await steps(lines, '--build-arg', 'v=2', '--build-arg', 'HTTP_PROXY=http://127.0.0.1:9')).toBe(
      'cc',
    );
    const bound = ['RUN --mount=target=/ctx cat /ctx/file > /copy'];
    expect(await steps(bound)).toBe('d');
    expect(await steps(bound)).toBe('c');
    writeFileSync(`${folder}/file`, 'two\n');
    expect(await steps(bound)).toBe('d');
    const secrets = await machine.makeFolder('secrets');
    const secret = ['RUN --mount=type=secret,id=s wc -c < /run/secrets/s > /length'];
    for (const [text, how] of [
      ['first', 'd'],
      ['another', 'c'],
    ] as const) {
      writeFileSync(`${secrets}/s`, text);
      chmodSync(`${secrets}/s`, 0o644);
      expect(await steps(secret, '--secret', `id=s,src=${secrets}/s`)).toBe(how);
    }
  });

  test('files of a stage: the same content is the same step, however it came about', async () => {
    const lines = (comment: string) => [
      `RUN echo "${comment}" > /other; echo same > /out`,
      `FROM ${IMAGE}`,
      'COPY --from=0 /out /in',
      'RUN cat /in',
    ];
    expect(await steps(lines('a'))).toBe('ddd');
    expect(await steps(lines('a'))).toBe('ccc');
    expect([...(await steps(lines('b')))].sort().join('')).toBe('ccd');
    // What lies beside the other layers does not depend on them.
    const linked = (text: string) => [`RUN echo ${text} > /below`, 'COPY --link file /linked'];
    expect(await steps(linked('a'))).toBe('dd');
    expect(await steps(linked('b'))).toBe('dc');
  });

  test('the same input gives the same digest, with --timestamp', async () => {
    const lines = ['COPY sub /sub', 'RUN mkdir /d; echo x > /d/f; ln -s f /d/l', 'WORKDIR /w'];
    const ids = [];
    for (let i = 0; i < 2; i++) {
      await steps(lines, '--no-cache', '--timestamp', '1000000000');
      ids.push(await id());
    }
    expect(ids[0]).toBe(ids[1]);
    expect(await machine.ok('image', 'inspect', '--format', '{{.Created}}', 'made')).toMatch(
      /^2001-09-09T01:46:40/,
    );
  });

  test('a layer in the cache stays until it is pruned, and damage to the cache costs a step', async () => {
    expect(await steps(['RUN echo kept > /kept'])).toBe('d');
    await machine.ok('rmi', 'made');
    await machine.ok('image', 'prune', '-af');
    await machine.ok('import', '--change', 'CMD ["sh"]', machine.imageTar, IMAGE);
    expect(await steps(['RUN echo kept > /kept'])).toBe('c');
    const records = `${machine.root}/build-cache/records`;
    for (const name of readdirSync(records)) writeFileSync(`${records}/${name}`, '{"version":');
    expect(await steps(['RUN echo kept > /kept'])).toBe('d');
  });
});
