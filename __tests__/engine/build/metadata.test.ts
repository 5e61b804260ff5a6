import { parseDockerfile } from '../../../lib/build/dockerfile/parse.ts';
import { applyMetadata, type MetadataInstruction } from '../../../lib/engine/build/metadata.ts';
import { datedHistory, StageState } from '../../../lib/engine/build/stage-state.ts';

const platform = { os: 'linux', architecture: 'amd64' };
function stateAfter(text: string, config = {}) {
  const state = new StageState({ diffIds: [], config, history: [], platform });
  for (const instruction of parseDockerfile(`FROM scratch\n${text}\n`, 'Dockerfile').stages[0]!.instructions)
    applyMetadata(state, instruction as MetadataInstruction);
  return state;
}
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test.each([
  ['ENV a=1 b=2\nENV a=3', {}, { Env: [PATH, 'a=3', 'b=2'] }],
  ['ENV PATH=/x', { Env: ['PATH=/base', 'z=1'] }, { Env: ['PATH=/x', 'z=1'] }],
  ['LABEL a=1 b=2', { Labels: { a: '0', c: '3' } }, { Labels: { a: '1', b: '2', c: '3' } }],
  [
    'EXPOSE 80 53/UDP 8000-8001/tcp',
    {},
    { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
  ],
  ['VOLUME /a ["/b"]', {}, { Volumes: { '/a': {}, '["/b"]': {} } }],
  ['VOLUME ["/a", "/b c"]', {}, { Volumes: { '/a': {}, '/b c': {} } }],
  ['USER app:staff', {}, { User: 'app:staff' }],
  ['STOPSIGNAL SIGRTMIN+3', {}, { StopSignal: 'SIGRTMIN+3' }],
  ['CMD echo $HOME', {}, { Cmd: ['/bin/sh', '-c', 'echo $HOME'] }],
  ['SHELL ["/bin/bash", "-c"]\nCMD x', {}, { Shell: ['/bin/bash', '-c'], Cmd: ['/bin/bash', '-c', 'x'] }],
  ['CMD ["a", "b"]', {}, { Cmd: ['a', 'b'] }],
  // ENTRYPOINT takes the base's CMD away, but not one of its own stage.
  ['ENTRYPOINT ["e"]', { Cmd: ['base'] }, { Entrypoint: ['e'], Cmd: undefined }],
  ['CMD ["c"]\nENTRYPOINT ["e"]', { Cmd: ['base'] }, { Entrypoint: ['e'], Cmd: ['c'] }],
  [
    'HEALTHCHECK --interval=5s --retries=2 CMD true',
    {},
    { Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5e9, Retries: 2 } },
  ],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['CMD', 'x'] } }, { Healthcheck: { Test: ['NONE'] } }],
  ['ONBUILD RUN make', {}, { OnBuild: ['RUN make'] }],
])('%s', (text, base, expected) => {
  expect(stateAfter(text, base).config).toMatchObject(expected);
});

test.each(['EXPOSE http', 'EXPOSE 70000', 'EXPOSE 90-80', 'STOPSIGNAL NOPE'])('%s is refused', (text) => {
  expect(() => stateAfter(text)).toThrow(new RegExp(text.split(' ')[1]!));
});

test('the author is in all that comes after MAINTAINER; entries without files say so', () => {
  const { history, author } = stateAfter('ENV a=1\nMAINTAINER me\nLABEL b=2');
  expect(author).toBe('me');
  expect(history).toEqual([
    { created_by: 'ENV a=1', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    { created_by: 'MAINTAINER me', author: 'me', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    { created_by: 'LABEL b=2', author: 'me', comment: 'buildkit.dockerfile.v0', empty_layer: true },
  ]);
});

test('history is as old as the layer that comes next, and at its end as the image', () => {
  const entries = [{ created: '2020' }, { created_by: 'ENV' }, { created: '2021' }, { created_by: 'CMD' }];
  expect(datedHistory(entries, '2022').map(({ created }) => created)).toEqual([
    '2020',
    '2021',
    '2021',
    '2022',
  ]);
});
