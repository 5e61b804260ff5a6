// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's
import { type LintInput, lint } from '../../../../lib/build/dockerfile/lint/lint.ts';
import { LINT_RULES, type LintRuleName, lintRuleUrl } from '../../../../lib/build/dockerfile/lint/rules.ts';
import { parseDockerfile } from '../../../../lib/build/dockerfile/parse.ts';

type Options = Partial<Omit<LintInput, 'dockerfile' | 'buildArgs'>> & { buildArgs?: Record<string, string> };

function check(text: string, { buildArgs = {}, ...options }: Options = {}) {
  return lint({
    dockerfile: parseDockerfile(text, 'Dockerfile'),
    platform: { os: 'linux', architecture: 'amd64' },
    buildArgs: new Map(Object.entries(buildArgs)),
    contexts: new Set(),
    ignore: [],
    ...options,
  });
}
/** `RULE LINE` of each warning. */
const found = (text: string, options?: Options) =>
  check(text, options).warnings.map(({ rule, lines }) => `${rule} ${lines.first}`);

test.each<[string, string[]]>([
  // StageNameCasing
  ['FROM scratch AS Base', ['StageNameCasing 1']],
  ['FROM scratch AS base', []],
  // FromAsCasing
  ['FROM scratch as base', ['FromAsCasing 1']],
  ['from scratch AS base', ['FromAsCasing 1']],
  ['from scratch as base', []],
  ['From scratch As base', ['ConsistentInstructionCasing 1']],
  // NoEmptyContinuation
  ['FROM scratch\nLABEL a=b \\\n\n\n c=d', ['NoEmptyContinuation 3']],
  ['FROM scratch\nLABEL a=b \\\n# c\n c=d', []],
  // ConsistentInstructionCasing
  ['FROM scratch\nLABEL a=b\nlabel c=d', ['ConsistentInstructionCasing 3']],
  ['from scratch\nlabel a=b\nLABEL c=d', ['ConsistentInstructionCasing 3']],
  ['FROM scratch\nlabel c=d', ['ConsistentInstructionCasing 2']],
  ['FROM scratch\nLabel c=d', ['ConsistentInstructionCasing 2']],
  // DuplicateStageName, ReservedStageName
  ['FROM scratch AS a\nFROM scratch AS a', ['DuplicateStageName 2']],
  ['FROM scratch AS scratch', ['ReservedStageName 1']],
  ['FROM scratch AS context', ['ReservedStageName 1']],
  // JSONArgsRecommended
  ['FROM scratch\nCMD x', ['JSONArgsRecommended 2']],
  ['FROM scratch\nENTRYPOINT x', ['JSONArgsRecommended 2']],
  ['FROM scratch\nCMD ["x"]\nENTRYPOINT ["y"]', []],
  ['FROM scratch\nSHELL ["/bin/bash", "-c"]\nCMD x', []],
  ['FROM scratch AS a\nSHELL ["/bin/bash", "-c"]\nFROM a\nCMD x', []],
  ['FROM scratch\nHEALTHCHECK CMD x\nRUN x', []],
  // MaintainerDeprecated
  ['FROM scratch\nMAINTAINER x', ['MaintainerDeprecated 2']],
  // UndefinedArgInFrom
  ['FROM node:${VERSION:-1}', []],
  ['FROM node:22$VERSION', ['UndefinedArgInFrom 1']],
  ['ARG VERSION\nFROM node:22$VERSION', []],
  ['FROM --platform=$BUILDPLATFORM node', []],
  ['FROM --platform=${BULIDPLATFORM}linux/amd64 node', ['UndefinedArgInFrom 1']],
  // WorkdirRelativePath
  ['FROM scratch\nWORKDIR a', ['WorkdirRelativePath 2']],
  ['FROM scratch\nWORKDIR a\nWORKDIR b', ['WorkdirRelativePath 2']],
  ['FROM scratch\nWORKDIR /a\nWORKDIR b', []],
  ['FROM scratch AS a\nWORKDIR /a\nFROM a\nWORKDIR b', []],
  ['FROM scratch\nARG D=/x\nWORKDIR $D', []],
  ['FROM unknown\nWORKDIR $HOME', []],
  // UndefinedVar
  ['FROM scratch\nCOPY $x /', ['UndefinedVar 2']],
  ['FROM scratch\nARG x\nCOPY $x /', []],
  ['FROM scratch\nENV x=1\nCOPY $x /', []],
  ['FROM scratch\nENV x=1 y=$x', ['UndefinedVar 2']],
  ['FROM scratch\nCOPY ${x:-a} ${y+b} /', []],
  ['FROM scratch\nENV PATH=$PATH:/x', []],
  ['FROM scratch\nRUN echo $x\nCMD ["$x"]', []],
  ['FROM scratch\nCOPY <<E /x\n$x\nE', ['UndefinedVar 2']],
  ['FROM scratch\nCOPY <<"E" /x\n$x\nE', []],
  ["FROM scratch\nLABEL a='$x' b=\\$x", []],
  ['ARG x=1\nFROM scratch\nLABEL a=$x', ['UndefinedVar 3']],
  ['FROM scratch AS a\nENV x=1\nARG y=1\nFROM a\nLABEL a=$x b=$y', ['UndefinedVar 5']],
  ['FROM unknown\nLABEL a=$x', []],
  ['FROM unknown AS u\nFROM u\nLABEL a=$x', []],
  // MultipleInstructionsDisallowed
  ['FROM scratch\nCMD ["a"]\nCMD ["b"]', ['MultipleInstructionsDisallowed 2']],
  [
    'FROM scratch\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\nENTRYPOINT ["c"]',
    ['MultipleInstructionsDisallowed 2', 'MultipleInstructionsDisallowed 3'],
  ],
  ['FROM scratch\nHEALTHCHECK NONE\nHEALTHCHECK NONE', ['MultipleInstructionsDisallowed 2']],
  ['FROM scratch AS a\nCMD ["a"]\nFROM a\nCMD ["b"]', []],
  // LegacyKeyValueFormat
  ['FROM scratch\nENV a b', ['LegacyKeyValueFormat 2']],
  ['FROM scratch\nLABEL a b', ['LegacyKeyValueFormat 2']],
  // RedundantTargetPlatform
  ['FROM --platform=$TARGETPLATFORM scratch', ['RedundantTargetPlatform 1']],
  ['FROM --platform=${TARGETPLATFORM} scratch', ['RedundantTargetPlatform 1']],
  ['FROM --platform=$TARGETOS/$TARGETARCH scratch', []],
  // SecretsUsedInArgOrEnv
  ['FROM scratch\nARG GITHUB_TOKEN', ['SecretsUsedInArgOrEnv 2']],
  ['FROM scratch\nENV api_key=x', ['SecretsUsedInArgOrEnv 2']],
  ['FROM scratch\nENV MY_SECRET_x=1 PASSWORD=2', ['SecretsUsedInArgOrEnv 2', 'SecretsUsedInArgOrEnv 2']],
  ['FROM scratch\nENV TOKENS=x KEYBOARD=y PUBLIC_KEY=z PASSWORD_FILE=f', []],
  // InvalidDefaultArgInFrom
  ['ARG TAG\nFROM busybox:${TAG}', ['InvalidDefaultArgInFrom 2']],
  ['ARG NAME\nFROM $NAME', ['InvalidDefaultArgInFrom 2']],
  ['ARG TAG\nFROM busybox:${TAG:-1}', []],
  ['ARG TAG=1\nFROM busybox:${TAG}', []],
  // FromPlatformFlagConstDisallowed
  ['FROM --platform=linux/amd64 scratch', ['FromPlatformFlagConstDisallowed 1']],
  ['FROM --platform=linux/amd64 scratch AS build_amd64', []],
  ['FROM --platform=linux/amd64 scratch AS linux-tools', []],
  // ExposeProtoCasing, ExposeInvalidFormat
  ['FROM scratch\nEXPOSE 80/TCP 81/udp', ['ExposeProtoCasing 2']],
  ['FROM scratch\nEXPOSE 127.0.0.1:80:81 80:80 90', ['ExposeInvalidFormat 2', 'ExposeInvalidFormat 2']],
])('%j', (text, expected) => expect(found(text)).toEqual(expected));

test('experimental rules are asked by name', () => {
  const text =
    '# some words\nFROM scratch AS base\n# A is it\nARG A\n# nothing\nARG B\n# far\n\nARG C\nCOPY secret x /';
  const ignore = ['secret', '*.log'];
  const all = ['InvalidDefinitionDescription 2', 'InvalidDefinitionDescription 6', 'CopyIgnoredFile 10'];
  expect(found(text, { ignore })).toEqual([]);
  expect(found(text, { ignore, experimental: 'all' })).toEqual(all);
  expect(found(text, { ignore, experimental: 'CopyIgnoredFile' })).toEqual(all.slice(2));
  expect(
    found(`# check=experimental=all\n${text.replace('# some words\n', '\n# some words\n')}`, { ignore }),
  ).toEqual(['InvalidDefinitionDescription 4', 'InvalidDefinitionDescription 8', 'CopyIgnoredFile 12']);
});

test('what .dockerignore leaves out, as far as names tell', () => {
  const ignored = (source: string, ignore: string[]) =>
    found(`FROM scratch\nCOPY ${source} /`, { ignore, experimental: 'all' }).length === 1;
  expect(ignored('./dir/a', ['dir'])).toBe(true);
  expect(ignored('/dir/', ['dir'])).toBe(true);
  expect(ignored('*.log', ['*.log'])).toBe(true);
  expect(ignored('other', ['dir'])).toBe(false);
  expect(ignored('dir', ['dir', '!dir/a'])).toBe(false);
  expect(ignored('--from=x dir', ['dir'])).toBe(false);
  expect(found('FROM scratch\nADD https://x/dir /', { ignore: ['**'], experimental: 'all' })).toEqual([]);
});

test('the directive and the build argument choose', () => {
  const text = 'FROM scratch\nCMD x\nMAINTAINER y';
  const both = ['JSONArgsRecommended 3', 'MaintainerDeprecated 4'];
  expect(found(`# check=\n${text}`)).toEqual(both);
  expect(found(`# check=skip=JSONArgsRecommended\n${text}`)).toEqual(both.slice(1));
  expect(found(`# check=skip=JSONArgsRecommended, MaintainerDeprecated\n${text}`)).toEqual([]);
  expect(found(`# check=skip=all\n${text}`)).toEqual([]);
  expect(check(`# check=error=true\n${text}`).isError).toBe(true);
  expect(check(`# check=skip=all;error=true\n${text}`).isError).toBe(false);
  expect(check(text).isError).toBe(false);
  const buildArgs = { BUILDKIT_DOCKERFILE_CHECK: 'error=true' };
  expect(check(`# check=skip=all\n${text}`, { buildArgs })).toMatchObject({
    isError: true,
    warnings: { length: 2 },
  });
  for (const wrong of ['skip', 'nothing=x', 'error=maybe', '=x']) {
    expect(() => check(`# check=${wrong}\n${text}`)).toThrow(
      expect.objectContaining({ code: 'INVALID_CHECK' }),
    );
  }
});

test('a target is followed alone, words are checked everywhere', () => {
  const text = 'FROM scratch AS a\nCMD x\nFROM scratch AS B\nCMD y\nFROM a AS c\nWORKDIR z';
  expect(found(text)).toEqual([
    'JSONArgsRecommended 2',
    'StageNameCasing 3',
    'JSONArgsRecommended 4',
    'WorkdirRelativePath 6',
  ]);
  expect(found(text, { target: 'c' })).toEqual([
    'JSONArgsRecommended 2',
    'StageNameCasing 3',
    'WorkdirRelativePath 6',
  ]);
  expect(() => found(text, { target: 'd' })).toThrow(expect.objectContaining({ code: 'STAGE_NOT_FOUND' }));
});

test("a base image's variables count where they are known", () => {
  const imageEnv = (image: string) => (image === 'java:1' ? new Map([['JAVA_HOME', '/j']]) : undefined);
  expect(found('ARG V=1\nFROM java:$V\nWORKDIR $JAVA_HOME\nLABEL a=$JAVA_HOMES', { imageEnv })).toEqual([
    'UndefinedVar 4',
  ]);
});

test('a warning says the rule, its subject, where it is explained, and the nearest name', () => {
  const [warning] = check('FROM scratch\nENV VERSION=1\nLABEL v=$VERSON').warnings;
  expect(warning).toEqual({
    rule: 'UndefinedVar',
    detail: '$VERSON is not defined (did you mean $VERSION?)',
    description: LINT_RULES.UndefinedVar.description,
    url: 'https://docs.docker.com/go/dockerfile/rule/undefined-var/',
    lines: { first: 3, last: 3 },
  });
  expect(lintRuleUrl('JSONArgsRecommended')).toMatch(/\/json-args-recommended\/$/);
  expect(lintRuleUrl('SecretsUsedInArgOrEnv')).toMatch(/\/secrets-used-in-arg-or-env\/$/);
});

test('every rule is reported by some test above', () => {
  const used = new Set<string>();
  const samples = [
    'FROM scratch AS Base\nFROM scratch as Base\nFROM scratch AS scratch\nLABEL a b\nlabel c=\\\n\nd e=$f',
    'FROM scratch\nMAINTAINER x\nCMD x\nCMD y\nWORKDIR a\nARG KEY\nEXPOSE 80/TCP 1:2\nCOPY x /\n# y\nARG z',
    'FROM --platform=$TARGETPLATFORM a:$b\nFROM --platform=linux/amd64 a',
  ];
  for (const text of samples) {
    for (const { rule } of check(text, { ignore: ['x'], experimental: 'all' }).warnings) used.add(rule);
  }
  expect([...used].sort()).toEqual((Object.keys(LINT_RULES) as LintRuleName[]).sort());
});

test('what the build would fail with is an error of the check, with its line', () => {
  expect(() => check('FROM scratch\nLABEL a="${b"')).toThrow(/^Dockerfile:2: /);
  expect(() => check('FROM scratch\nCOPY --from=7 a b')).toThrow(
    expect.objectContaining({ code: 'STAGE_NOT_FOUND' }),
  );
});
