import type { Invocation, OptionTable } from '../../lib/cli/command.ts';
import { defineCommand } from '../../lib/cli/command.ts';
import { parseFlags } from '../../lib/cli/flags.ts';
import type { ProaError } from '../../lib/core/error.ts';

const RUN = {
  interactive: { short: 'i', type: 'bool', summary: 'Keep STDIN open' },
  tty: { short: 't', type: 'bool', summary: 'Allocate a pseudo-TTY' },
  detach: { short: 'd', type: 'bool', summary: 'Run in background' },
  rm: { type: 'bool', summary: 'Remove on exit' },
  'sig-proxy': { type: 'bool', summary: 'Proxy signals', default: true },
  name: { type: 'string', summary: 'Name' },
  network: { type: 'string', summary: 'Network', default: 'bridge', aliases: ['net'] },
  env: { short: 'e', type: 'list', summary: 'Environment' },
  publish: { short: 'p', type: 'list', summary: 'Ports' },
  dns: { type: 'list', summary: 'DNS', default: ['1.1.1.1'] },
  memory: { short: 'm', type: 'bytes', summary: 'Memory' },
  'stop-timeout': { type: 'int', summary: 'Seconds' },
  'health-interval': { type: 'duration', summary: 'Interval' },
  'tls-verify': { type: 'tristate', summary: 'TLS' },
  hostname: { short: 'h', type: 'string', summary: 'Host name' },
  systemd: { type: 'string', summary: 'systemd mode', optionalValue: 'true' },
  latest: { short: 'l', type: 'string', summary: 'optional short', optionalValue: 'yes' },
  pull: { type: 'string', summary: 'Pull', choices: ['always', 'missing', 'never'] },
  restart: { type: 'string', summary: 'Restart', choices: ['no', 'on-failure', 'on-failure:', 'always'] },
  secret: { type: 'string', summary: 'Not shown', hidden: true },
} as const satisfies OptionTable;

const run = (...argv: string[]) => parseFlags(argv, RUN, { interspersed: false, command: 'proa run' });
const ps = (...argv: string[]) => parseFlags(argv, RUN, { command: 'proa ps' });

function failure(call: () => unknown): ProaError {
  try {
    call();
  } catch (error) {
    return error as ProaError;
  }
  throw new Error('nothing was thrown');
}

describe('forms of an option', () => {
  test.each([
    [['--name', 'a'], { name: 'a' }],
    [['--name=a'], { name: 'a' }],
    [['--name='], { name: '' }],
    [['--name=a=b'], { name: 'a=b' }],
    [['--name', '--rm'], { name: '--rm', rm: false }],
    [['--name', '--'], { name: '--' }],
    [['--net', 'host'], { network: 'host' }],
    [['-m', '1g'], { memory: 1024 ** 3 }],
    [['-m1g'], { memory: 1024 ** 3 }],
    [['-m=1g'], { memory: 1024 ** 3 }],
    [['-it'], { interactive: true, tty: true }],
    [['-itp80:80'], { interactive: true, tty: true, publish: ['80:80'] }],
    [['-itp', '80:80'], { interactive: true, tty: true, publish: ['80:80'] }],
    [['-it=false'], { interactive: true, tty: false }],
    [['-ePATH=x'], { env: ['PATH=x'] }],
    [['-e=A=b'], { env: ['A=b'] }],
    [['-e='], { env: ['='] }],
    [['-eA', '-e', 'B', '--env=C', '--env', 'D,E'], { env: ['A', 'B', 'C', 'D,E'] }],
    [['-e', '-x'], { env: ['-x'] }],
    [['--rm=false'], { rm: false }],
    [['--rm=1'], { rm: true }],
    [['--rm=T'], { rm: true }],
    [['--rm', '--rm=0'], { rm: false }],
    [['--sig-proxy=false'], { 'sig-proxy': false }],
    [['--name=a', '--name=b'], { name: 'b' }],
    [['--stop-timeout=-1'], { 'stop-timeout': -1 }],
    [['--stop-timeout', '0x10'], { 'stop-timeout': 16 }],
    [['--health-interval', '1m30s'], { 'health-interval': 90 }],
    [['--health-interval', '5'], { 'health-interval': 5 }],
    [['--tls-verify'], { 'tls-verify': true }],
    [['--tls-verify=false'], { 'tls-verify': false }],
    [['--systemd'], { systemd: 'true' }],
    [['--systemd=always'], { systemd: 'always' }],
    [['-lt'], { latest: 'yes', tty: true }],
    [['-l=no'], { latest: 'no' }],
    [['-h', 'box'], { hostname: 'box' }],
    [['--pull=never'], { pull: 'never' }],
    [['--restart=on-failure:3'], { restart: 'on-failure:3' }],
  ] as const)('%j', (argv, expected) => {
    expect(run(...argv).options).toMatchObject(expected);
  });

  test('defaults fill in what was not given', () => {
    const { options, given } = run();
    expect(options).toMatchObject({
      rm: false,
      'sig-proxy': true,
      network: 'bridge',
      env: [],
      dns: ['1.1.1.1'],
    });
    expect(options.name).toBeUndefined();
    expect(options['tls-verify']).toBeUndefined();
    expect(given.size).toBe(0);
  });

  test('a list given replaces its default and leaves the table alone', () => {
    expect(run('--dns=9.9.9.9').options.dns).toEqual(['9.9.9.9']);
    run().options.dns.push('changed');
    expect(run().options.dns).toEqual(['1.1.1.1']);
  });

  test('given has the long names, whatever was typed', () => {
    expect([...run('-it', '--net=host', '--rm=false').given]).toEqual([
      'interactive',
      'tty',
      'network',
      'rm',
    ]);
  });
});

describe('arguments', () => {
  test('a boolean never eats the next word', () => {
    expect(run('--rm', 'true').args).toEqual(['true']);
    expect(run('-t', 'false').options.tty).toBe(true);
  });
  test('options end at the first argument when the command says so', () => {
    const { options, args } = run('-i', 'alpine', '-t', '--rm', '--', 'x');
    expect(args).toEqual(['alpine', '-t', '--rm', '--', 'x']);
    expect(options).toMatchObject({ interactive: true, tty: false, rm: false });
  });
  test('otherwise options and arguments mix', () => {
    const { options, args } = ps('a', '-i', 'b', '--name', 'c', 'd');
    expect(args).toEqual(['a', 'b', 'd']);
    expect(options).toMatchObject({ interactive: true, name: 'c' });
  });
  test('-- ends the options', () => {
    expect(ps('-i', '--', '-t', '--name').args).toEqual(['-t', '--name']);
    expect(run('--', 'alpine', '--').args).toEqual(['alpine', '--']);
  });
  test('a lone dash and the empty word are arguments', () => {
    expect(ps('-', '').args).toEqual(['-', '']);
  });
  test('very many arguments', () => {
    expect(run('alpine', ...Array(100_000).fill('x')).args).toHaveLength(100_001);
  });
});

describe('help', () => {
  test('--help stops the reading, even of nonsense', () => {
    expect(run('-i', '--help', '--nonsense').help).toBe(true);
  });
  test('-h is help only where no option has it', () => {
    expect(run('-h', 'x').help).toBe(false);
    expect(parseFlags(['-h'], { all: { type: 'bool', summary: '' } }).help).toBe(true);
  });
  test("the container's --help is not ours", () => {
    expect(run('alpine', '--help')).toMatchObject({ help: false, args: ['alpine', '--help'] });
  });
});

describe('options of the program after the verb', () => {
  const inherited = { 'log-level': { short: 'l', type: 'string', summary: '' } } as const;
  test('are taken by their long name only', () => {
    const parsed = parseFlags(['--log-level=debug', '-l'], RUN, { inherited });
    expect(parsed.inherited).toEqual({ 'log-level': 'debug' });
    expect(parsed.options).not.toHaveProperty('log-level');
    expect(parsed.options.latest).toBe('yes');
  });
});

describe('mistakes', () => {
  test.each([
    [['--foo'], 'UNKNOWN_OPTION', 'unknown flag: --foo'],
    [['--foo=bar'], 'UNKNOWN_OPTION', 'unknown flag: --foo'],
    [['-zit'], 'UNKNOWN_OPTION', "unknown shorthand flag: 'z' in -zit"],
    [['-itz9'], 'UNKNOWN_OPTION', "unknown shorthand flag: 'z' in -z9"],
    [['-é'], 'UNKNOWN_OPTION', "unknown shorthand flag: 'é' in -é"],
    [['--=x'], 'UNKNOWN_OPTION', 'bad flag syntax: --=x'],
    [['---x'], 'UNKNOWN_OPTION', 'bad flag syntax: ---x'],
    [['--constructor'], 'UNKNOWN_OPTION', 'unknown flag: --constructor'],
    [['--name'], 'MISSING_OPTION_VALUE', 'flag needs an argument: --name'],
    [['-it', '-m'], 'MISSING_OPTION_VALUE', "flag needs an argument: 'm' in -m"],
    [['--rm=xx'], 'INVALID_OPTION_VALUE', 'invalid argument "xx" for "--rm" flag: '],
    [
      ['-m', 'abc'],
      'INVALID_OPTION_VALUE',
      'invalid argument "abc" for "-m, --memory" flag: invalid size: \'abc\'',
    ],
    [
      ['--stop-timeout=x'],
      'INVALID_OPTION_VALUE',
      'invalid argument "x" for "--stop-timeout" flag: not an integer',
    ],
    [['--stop-timeout=99999999999999999999'], 'INVALID_OPTION_VALUE', 'value out of range'],
    [
      ['--health-interval=1y'],
      'INVALID_OPTION_VALUE',
      'invalid argument "1y" for "--health-interval" flag: ',
    ],
    [['--pull=sometimes'], 'INVALID_OPTION_VALUE', 'must be one of always, missing, never'],
    [['--tls-verify='], 'INVALID_OPTION_VALUE', 'invalid argument "" for "--tls-verify" flag: '],
  ] as const)('%j', (argv, code, message) => {
    const error = failure(() => run(...argv));
    expect(error).toMatchObject({ name: 'ProaError', code, exitCode: 125 });
    expect(error.message).toContain(message);
    expect(error.hint).toContain("See 'proa run --help'");
  });

  test.each([
    ['--nmae', '--name'],
    ['--netwrok=x', '--network'],
    ['-name', '--name'],
    ['--interactiv', '--interactive'],
  ])('%s means %s', (typed, meant) => {
    const error = failure(() => parseFlags([typed], { ...RUN, interactive: { type: 'bool', summary: '' } }));
    expect(error.hint).toContain(`Did you mean ${meant}?`);
  });

  test('nothing near, nothing suggested; hidden options are not told', () => {
    expect(failure(() => run('--xyzzy')).hint).toBe("See 'proa run --help'");
    expect(failure(() => run('--secrt')).hint).not.toContain('secret');
  });
});

test('defineCommand gives each option its type', async () => {
  const command = defineCommand({
    names: ['t'],
    summary: '',
    usage: '',
    options: {
      rm: { type: 'bool', summary: '' },
      name: { type: 'string', summary: '' },
      network: { type: 'string', summary: '', default: 'bridge' },
      env: { type: 'list', summary: '' },
      memory: { type: 'bytes', summary: '' },
      last: { type: 'int', summary: '', default: -1 },
      tls: { type: 'tristate', summary: '' },
    },
    async run({ options }) {
      const rm: boolean = options.rm;
      const name: string | undefined = options.name;
      const network: string = options.network;
      const env: string[] = options.env;
      const memory: number | undefined = options.memory;
      const last: number = options.last;
      const tls: boolean | undefined = options.tls;
      // @ts-expect-error: no such option
      expect(options.missing).toBeUndefined();
      expect([rm, name, network, env, memory, last, tls]).toEqual([
        true,
        undefined,
        'bridge',
        [],
        undefined,
        -1,
        undefined,
      ]);
      return 3;
    },
  });
  const { options, given, args } = parseFlags(['--rm'], command.options);
  const call: Invocation<typeof command.options> = { options, given, args, name: 't' };
  expect(await command.run(call)).toBe(3);
});
