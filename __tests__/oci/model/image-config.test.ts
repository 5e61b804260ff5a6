import { parseImageConfig, serializeImageConfig } from '../../../lib/oci/model/image-config.ts';
import { hostPlatform } from '../../../lib/oci/model/platform.ts';

const DIFF_ID = `sha256:${'d'.repeat(64)}`;
const minimal = { rootfs: { type: 'layers', diff_ids: [DIFF_ID] } };
const parse = (value: unknown) => parseImageConfig(JSON.stringify(value));

const full = {
  created: '2024-01-02T03:04:05.678901234Z',
  author: 'a person',
  architecture: 'arm',
  os: 'linux',
  'os.version': '1',
  'os.features': ['f'],
  variant: 'v7',
  config: {
    User: '1000:1000',
    ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
    Env: ['PATH=/bin', 'A=b=c'],
    Entrypoint: ['/entry'],
    Cmd: ['a', 'b'],
    Volumes: { '/data': {} },
    WorkingDir: '/w',
    Labels: { z: '1', a: '2' },
    StopSignal: 'SIGQUIT',
    ArgsEscaped: true,
    Healthcheck: {
      Test: ['CMD', 'x'],
      Interval: 30_000_000_000,
      Timeout: 1,
      StartPeriod: 2,
      StartInterval: 3,
      Retries: 4,
    },
    Shell: ['/bin/bash', '-c'],
    OnBuild: ['RUN x'],
    other: { Hostname: 'h' },
  },
  rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
  history: [
    { created_by: 'RUN x', empty_layer: true },
    { comment: 'c', author: 'd', created: 'e' },
  ],
  other: { docker_version: '20.10', container_config: { Cmd: null } },
};
const { other, config, ...members } = full;
const { other: otherDefaults, ...defaults } = config;
const wire = { ...other, ...members, config: { ...otherDefaults, ...defaults } };

describe('parseImageConfig', () => {
  test('reads every member, and keeps those it does not know', () => {
    expect(parse(wire)).toEqual(full);
  });

  test('takes what old and odd builders leave out or write as null', () => {
    const expected = {
      os: 'linux',
      architecture: hostPlatform().architecture,
      config: {},
      history: [],
      rootfs: minimal.rootfs,
    };
    expect(parse(minimal)).toEqual(expected);
    expect(parse({ ...minimal, os: '', config: null, history: null, created: null })).toEqual(expected);
    expect(parse({ ...minimal, config: { Cmd: null, Labels: null, Env: null } }).config).toEqual({});
    expect(parse({ rootfs: { type: 'layers', diff_ids: null } }).rootfs.diff_ids).toEqual([]);
  });

  test('takes a lone string for a list of words, as Docker does', () => {
    expect(parse({ ...minimal, config: { Cmd: '/bin/sh', Entrypoint: 'x' } }).config).toEqual({
      Cmd: ['/bin/sh'],
      Entrypoint: ['x'],
    });
  });

  test('takes whatever Go decodes into an empty struct', () => {
    expect(parse({ ...minimal, config: { Volumes: { '/a': null, '/b': {} } } }).config.Volumes).toEqual({
      '/a': {},
      '/b': {},
    });
  });

  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['an artifact', '{}', 'rootfs: is missing, so this is not a container image'],
    ['another rootfs', { rootfs: { type: 'layers+base', diff_ids: [] } }, 'rootfs.type: must be "layers"'],
    [
      'a bad diff id',
      { rootfs: { type: 'layers', diff_ids: [DIFF_ID, 'x'] } },
      'rootfs.diff_ids[1]: invalid digest',
    ],
    ['Env that is a map', { ...minimal, config: { Env: {} } }, 'config.Env: must be a list'],
    ['Env of numbers', { ...minimal, config: { Env: [1] } }, 'config.Env[0]: must be a string'],
    ['Labels of numbers', { ...minimal, config: { Labels: { a: 1 } } }, 'config.Labels.a: must be a string'],
    ['a numeric user', { ...minimal, config: { User: 0 } }, 'config.User: must be a string'],
    [
      'a fractional interval',
      { ...minimal, config: { Healthcheck: { Interval: 0.5 } } },
      'config.Healthcheck.Interval',
    ],
    ['history that is text', { ...minimal, history: 'x' }, 'history: must be a list'],
    ['a config that is a list', { ...minimal, config: [] }, 'config: must be an object'],
  ])('refuses %s', (_, value, why) => {
    expect(() => parseImageConfig(typeof value === 'string' ? value : JSON.stringify(value))).toThrow(
      expect.objectContaining({ code: 'INVALID_IMAGE_CONFIG', message: expect.stringContaining(why) }),
    );
  });

  test('a label named __proto__ is a label', () => {
    const text = `{"rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"__proto__":"x"}}}`;
    expect(Object.entries(parseImageConfig(text).config.Labels ?? {})).toEqual([['__proto__', 'x']]);
  });
});

describe('serializeImageConfig', () => {
  const text = (value: Parameters<typeof serializeImageConfig>[0]) =>
    new TextDecoder().decode(serializeImageConfig(value));

  test('what it writes parses to the same', () => {
    expect(parseImageConfig(text(parse(wire)))).toEqual(full);
  });

  test('equal contents give equal bytes, whatever the order of members', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([k, v]) => [k, reversed(v)]),
      );
    };
    expect(text(reversed(full) as never)).toBe(text(parse(wire)));
  });

  test("the members come in the specification's order, maps sorted", () => {
    expect(
      text(
        parse({
          config: { Labels: { b: '1', a: '2' }, User: 'u' },
          ...minimal,
          architecture: 'amd64',
          os: 'linux',
        }),
      ),
    ).toBe(
      `{"architecture":"amd64","os":"linux","config":{"User":"u","Labels":{"a":"2","b":"1"}},` +
        `"rootfs":{"type":"layers","diff_ids":["${DIFF_ID}"]},"history":[]}`,
    );
  });
});
