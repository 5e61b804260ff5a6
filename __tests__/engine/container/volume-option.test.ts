import { parseTmpfsOption, parseVolumeOption } from '../../../lib/engine/container/volume-option.ts';

const parse = (text: string) => {
  const { type, source, destination, options } = parseVolumeOption(text, '/here');
  return [type, source, destination, options.join()];
};

describe('-v', () => {
  test.each([
    ['/data', ['volume', '', '/data', '']],
    ['name:/data', ['volume', 'name', '/data', '']],
    ['/srv/a/../b/:/data:ro,Z', ['bind', '/srv/b', '/data', 'ro,Z']],
    ['./a:/data', ['bind', '/here/a', '/data', '']],
    ['.:/data', ['bind', '/here', '/data', '']],
    ['../a:/data', ['bind', '/a', '/data', '']],
    ['/:/host', ['bind', '/', '/host', '']],
    ['~/a:/data', ['bind', `${process.env.HOME}/a`, '/data', '']],
    ['/a:/b/../../c/./d//', ['bind', '/a', '/c/d', '']],
    ['name:/data:nocopy,U,noexec,idmap', ['volume', 'name', '/data', 'nocopy,U,noexec,idmap']],
    ['/a:/b:bind,rslave,nosuid,dev,cached', ['bind', '/a', '/b', 'bind,rslave,nosuid,dev,cached']],
    ['/a:/b:O,upperdir=up,workdir=/w', ['bind', '/a', '/b', 'O,upperdir=/here/up,workdir=/w']],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  // The words are Docker's, for those who look for them.
  test.each([
    ['', 'invalid empty volume spec'],
    [':/b', 'invalid spec: :/b: empty section between colons'],
    ['/a:', 'invalid spec: /a:: empty section between colons'],
    ['/a:/b:', 'invalid spec: /a:/b:: empty section between colons'],
    ['a:/b:ro:x', "invalid volume specification: 'a:/b:ro:x'"],
    [
      '/a:b',
      `invalid volume specification: '/a:b': ${config('bind')}: invalid mount path: 'b' mount path must be absolute`,
    ],
    [
      'a:/',
      `invalid volume specification: 'a:/': ${config('volume')}: invalid specification: destination can't be '/'`,
    ],
    ['/a:/b:nonsense', 'invalid mode: nonsense'],
    ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
    ['/a:/b:ro,ro', 'invalid mode: ro,ro'],
    ['/a:/b:z,Z', 'invalid mode: z,Z'],
    ['/a:/b:rprivate,slave', 'invalid mode: rprivate,slave'],
    [
      '/a:/b:nocopy',
      `invalid volume specification: '/a:/b:nocopy': ${config('bind')}: field VolumeOptions must not be specified`,
    ],
    [
      'v:/b:rshared',
      `invalid volume specification: 'v:/b:rshared': ${config('volume')}: field BindOptions must not be specified`,
    ],
    ['/a:/b:O,ro', "can't use 'O' with other options (ro)"],
    ['/a:/b:upperdir=/u,workdir=/w', 'invalid mode: upperdir=/u,workdir=/w: upperdir and workdir are for O'],
    ['/a:/b:O,upperdir=/u', 'invalid mode: O,upperdir=/u: upperdir and workdir go together'],
  ])('%j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT', message }));
  });
});

test('--tmpfs keeps what was given', () => {
  expect(parseTmpfsOption('/t:size=1m,exec,notmpcopyup')).toMatchObject({
    type: 'tmpfs',
    destination: '/t',
    options: ['size=1m', 'exec', 'notmpcopyup'],
  });
  expect(() => parseTmpfsOption('/t:foo')).toThrow('invalid tmpfs option ["foo"]');
  expect(() => parseTmpfsOption('t')).toThrow('must be absolute');
});

function config(type: string): string {
  return `invalid mount config for type "${type}"`;
}
