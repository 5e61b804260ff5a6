// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { applyChanges } from '../../../lib/engine/image/changes.ts';

const change = (...changes: string[]) => applyChanges({}, changes);

test.each([
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }],
  ['CMD echo "$HOME"', { Cmd: ['/bin/sh', '-c', 'echo "$HOME"'] }],
  ['CMD [ -f /x ] && y', { Cmd: ['/bin/sh', '-c', '[ -f /x ] && y'] }],
  ['CMD=/bin/sh', { Cmd: ['/bin/sh', '-c', '/bin/sh'] }],
  ['entrypoint ["/init"]', { Entrypoint: ['/init'] }],
  ['ENV A=1 B="x y" C=d\\ e F=\'"\'', { Env: ['A=1', 'B=x y', 'C=d e', 'F="'] }],
  ['ENV NAME the rest = this', { Env: ['NAME=the rest = this'] }],
  [
    'EXPOSE 80 53/udp 8000-8001',
    { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
  ],
  ['LABEL a=b "c d"="e f"', { Labels: { a: 'b', 'c d': 'e f' } }],
  ['ONBUILD RUN x', { OnBuild: ['RUN x'] }],
  ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
  ['USER 1000:1000', { User: '1000:1000' }],
  ['VOLUME ["/a", "/b"]', { Volumes: { '/a': {}, '/b': {} } }],
  ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
  ['WORKDIR /a//b/', { WorkingDir: '/a/b' }],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl -f x',
    { Healthcheck: { Test: ['CMD-SHELL', 'curl -f x'], Interval: 90e9, Timeout: 5e8, Retries: 3 } },
  ],
  ['HEALTHCHECK CMD ["true"]', { Healthcheck: { Test: ['CMD', 'true'] } }],
])('%s', (text, defaults) => {
  expect(change(text)).toEqual(defaults);
});

test('changes apply in their order, each on what is there', () => {
  expect(
    change(
      'SHELL ["/bin/ash", "-ec"]',
      'CMD x',
      'ENV A=1 B=2',
      'ENV A=3',
      'WORKDIR /a',
      'WORKDIR b',
      'WORKDIR ../c',
    ),
  ).toEqual({
    Shell: ['/bin/ash', '-ec'],
    Cmd: ['/bin/ash', '-ec', 'x'],
    Env: ['A=3', 'B=2'],
    WorkingDir: '/a/c',
  });
});

test.each([
  'RUN x',
  'CMD',
  'nonsense',
  'ENV A',
  'ENV A="x',
  'EXPOSE http',
  'EXPOSE 90000',
  'EXPOSE 9-8',
  'USER',
  'SHELL sh',
  'HEALTHCHECK',
  'HEALTHCHECK --often=1s CMD x',
  'HEALTHCHECK --interval=soon CMD x',
  'constructor x',
])('%s is refused, by its own text', (text) => {
  expect(() => change(text)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CHANGE',
      message: expect.stringContaining(JSON.stringify(text)),
    }),
  );
});

test('variables are those of the image, and of the changes before', () => {
  expect(applyChanges({ Env: ['A=1'] }, ['ENV B=$A C=$B', 'LABEL x=${B}-$C-\\$A', 'CMD echo $A'])).toEqual({
    Env: ['A=1', 'B=1', 'C='],
    Labels: { x: '1--$A' },
    Cmd: ['/bin/sh', '-c', 'echo $A'],
  });
});

test('ENTRYPOINT takes a CMD away that is not from a change too', () => {
  const image = { Cmd: ['old'], Entrypoint: ['/old'] };
  expect(applyChanges(image, ['ENTRYPOINT ["/new"]'])).toEqual({ Entrypoint: ['/new'] });
  expect(applyChanges(image, ['CMD ["arg"]', 'ENTRYPOINT ["/new"]'])).toEqual({
    Cmd: ['arg'],
    Entrypoint: ['/new'],
  });
});
