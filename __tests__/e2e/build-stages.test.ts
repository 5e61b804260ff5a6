// Stages side by side, those that nobody needs, circles among them, and what is told of arguments.
import { writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root'], (machine) => {
  let folder = '';

  beforeAll(async () => {
    folder = await machine.makeFolder('context');
  });

  async function build(lines: string[], ...options: string[]) {
    writeFileSync(`${folder}/Dockerfile`, `${lines.join('\n')}\n`);
    return await machine.proa('build', '--network=none', '--progress=plain', ...options, folder);
  }

  test('stages that are needed run at the same time, the others not at all', async () => {
    const { code, err } = await build(
      [
        `FROM ${IMAGE} AS one`,
        // Each waits for the other to have begun: one after the other they would wait for ever.
        'RUN --mount=type=cache,target=/both touch /both/one; until test -e /both/two; do sleep 0.05; done',
        `FROM ${IMAGE} AS unused`,
        'RUN exit 7',
        'FROM scratch AS target',
        'COPY --from=One /etc/passwd /1',
        'COPY --from=later /etc/passwd /2',
        `FROM ${IMAGE} AS later`,
        'RUN --mount=type=cache,target=/both touch /both/two; until test -e /both/one; do sleep 0.05; done',
      ],
      '--target=TARGET',
      '--build-arg=misspelt=1',
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(err).not.toMatch(/exit 7/);
    expect(err).toMatch(/no ARG asks for these build arguments: misspelt/);
  });

  test.each([
    [
      ['FROM scratch AS a', 'COPY --from=b / /', 'FROM a AS b'],
      [],
      'stages need each other: stage 0 (a) → stage 1 (b) → stage 0 (a)',
    ],
    [
      ['FROM scratch AS first', 'COPY --from=0 / /'],
      [],
      'stages need each other: stage 0 (first) → stage 0 (first)',
    ],
    [['FROM scratch AS first', 'COPY --from=3 / /'], [], 'there is no stage 3: they are 0 to 0'],
    [['FROM scratch AS first'], ['--target=frist'], 'did you mean first?'],
    [['FROM scratch', 'RNU x'], [], 'did you mean RUN?'],
    [['FROM scratch', 'COPY <<EOF /x', 'text'], [], 'Dockerfile:2: the heredoc <<EOF does not end'],
  ])('%j %j: %s', async (lines, options, message) => {
    const { code, err } = await build(lines, ...options);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});
