// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { BuildArgs } from '../../../lib/build/dockerfile/args.ts';
import type { ArgInstruction } from '../../../lib/build/dockerfile/ast.ts';
import { parseDockerfile, parseInstruction } from '../../../lib/build/dockerfile/parse.ts';
import { formatPlatform, hostPlatform } from '../../../lib/oci/model/platform.ts';

function argsOf(text: string, given: Record<string, string> = {}, target = '') {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  const dockerfile = parseDockerfile(`${text}\nFROM scratch`, 'Dockerfile');
  return new BuildArgs(dockerfile, new Map(Object.entries(given)), platform, target);
}

/** What `ARG text` makes known in a stage that has these variables. */
function declare(args: BuildArgs, text: string, env: Record<string, string> = {}) {
  const known = new Map<string, string | undefined>();
  const variables = () => new Map([...known, ...Object.entries(env)] as [string, string][]);
  const instruction = parseInstruction(`ARG ${text}`) as ArgInstruction;
  for (const [name, value] of args.declared(instruction, variables, {})) known.set(name, value);
  return known;
}

test.each<[string, Record<string, string>, Record<string, string | undefined>]>([
  ['ARG A=1', {}, { A: '1' }],
  ['ARG A=1', { A: '2' }, { A: '2' }],
  ['ARG A', {}, { A: undefined }],
  ['ARG A', { A: '2' }, { A: '2' }],
  ['ARG A=', {}, { A: '' }],
  ['ARG A=1\nARG B=${A}2', {}, { B: '12' }],
  ['ARG A=1 B=${A}2', { A: 'x' }, { B: 'x2' }],
  ['ARG A="a b"', {}, { A: 'a b' }],
  ['ARG A=$NOPE', {}, { A: '' }],
  ['ARG A=1\nARG A=2', {}, { A: '2' }],
  ['ARG A=$TARGETARCH', {}, { A: 'arm' }],
  ['', { UNDECLARED: '1' }, { UNDECLARED: undefined }],
  ['ARG TARGETARCH=mine', {}, { TARGETARCH: 'mine' }],
  ['', { TARGETARCH: 'mine' }, { TARGETARCH: 'mine' }],
])('before FROM: %j given %j', (text, given, expected) => {
  const { global } = argsOf(text, given);
  for (const [name, value] of Object.entries(expected)) expect(global.get(name)).toBe(value);
});

test('platforms', () => {
  const { global } = argsOf('', {}, 'Final');
  expect(Object.fromEntries(global)).toEqual({
    BUILDPLATFORM: formatPlatform(hostPlatform()),
    BUILDOS: 'linux',
    BUILDOSVERSION: '',
    BUILDARCH: hostPlatform().architecture,
    BUILDVARIANT: hostPlatform().variant ?? '',
    TARGETPLATFORM: 'linux/arm/v7',
    TARGETOS: 'linux',
    TARGETOSVERSION: '',
    TARGETARCH: 'arm',
    TARGETVARIANT: 'v7',
    TARGETSTAGE: 'Final',
  });
  expect(argsOf('').global.get('TARGETSTAGE')).toBe('default');
});

test.each<[string, string | undefined, Record<string, string>, string | undefined]>([
  ['A', undefined, {}, 'global'],
  ['A', 'own', {}, 'own'],
  ['A', 'own', { A: 'given' }, 'given'],
  ['A', undefined, { A: 'given' }, 'given'],
  ['B', undefined, {}, undefined],
  ['B', '', {}, ''],
  ['TARGETOS', undefined, {}, 'linux'],
  ['TARGETOS', 'own', {}, 'own'],
  ['HTTP_PROXY', undefined, { HTTP_PROXY: 'p' }, 'p'],
])('ARG %s=%s in a stage, given %j', (name, value, given, expected) => {
  const text = value === undefined ? name : `${name}=${value}`;
  expect(declare(argsOf('ARG A=global', given), text).get(name)).toBe(expected);
});

test('a default sees the arguments before it, and is not read when it is not needed', () => {
  expect(Object.fromEntries(declare(argsOf(''), 'A=1 B=${A}2 C="${B}$X" D$X=3', { X: 'x' }))).toEqual({
    A: '1',
    B: '12',
    C: '12x',
    Dx: '3',
  });
  expect(declare(argsOf('', { A: '1' }), 'A=${B:?}').get('A')).toBe('1');
  expect(() => declare(argsOf(''), 'A=${B:?}')).toThrow(/B: is not allowed to be unset/);
});

test('what no ARG asked for', () => {
  const args = argsOf('ARG A', {
    A: '1',
    B: '2',
    C: '3',
    http_proxy: 'p',
    NO_PROXY: 'n',
    BUILDKIT_INLINE_CACHE: '1',
    SOURCE_DATE_EPOCH: '0',
  });
  declare(args, 'B');
  expect(args.unused).toEqual(['C']);
  expect(Object.fromEntries(args.proxies)).toEqual({ http_proxy: 'p', NO_PROXY: 'n' });
});

test('a variable that must be set', () => {
  expect(() => argsOf('\nARG A="${B:?is needed}"')).toThrow(/^Dockerfile:2: ARG: B: is needed$/);
});
