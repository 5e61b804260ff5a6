// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the files' own
import { readBakeFiles } from '../../../lib/build/bake/files.ts';
import { applyOverrides } from '../../../lib/build/bake/overrides.ts';
import { planDocument } from '../../../lib/build/bake/print.ts';
import { resolveTargets } from '../../../lib/build/bake/resolve.ts';

interface Asked {
  targets?: string[];
  env?: Record<string, string>;
  set?: string[];
  dotenv?: Record<string, string>;
}

/** What `--print` shows of files; those without a name are HCL. */
async function plan(
  files: Record<string, string> | string,
  { targets = [], env = {}, set = [], dotenv = {} }: Asked = {},
) {
  const list = Object.entries(typeof files === 'string' ? { 'docker-bake.hcl': files } : files);
  const definition = await readBakeFiles(
    list.map(([name, text]) => ({ name, text })),
    { variables: env, platform: 'linux/amd64' },
    dotenv,
  );
  const resolved = resolveTargets(definition, targets);
  const changed = { ...resolved, targets: applyOverrides(resolved.targets, set) };
  return planDocument(changed) as {
    group: Record<string, { targets: string[] }>;
    target: Record<string, object>;
  };
}
const PLAIN = { context: '.', dockerfile: 'Dockerfile' };

test('a target alone has the defaults, and is the group default', async () => {
  expect(await plan('target "default" {}')).toEqual({
    group: { default: { targets: ['default'] } },
    target: { default: PLAIN },
  });
});

test('variables: defaults, the environment, other variables, attributes of the file', async () => {
  const file = `
    variable "TAG" { default = "latest" }
    variable "NAME" { default = "x/\${TAG}" }
    variable "DEBUG" { default = false }
    variable "COUNT" { default = 1 }
    variable "LIST" {
      type = list(string)
      default = ["a"]
    }
    variable "NONE" {}
    suffix = "-\${TAG}"
    target "default" {
      tags = ["\${NAME}\${suffix}", DEBUG ? "debug" : ""]
      args = { N = COUNT + 1, NONE = NONE, L = join("+", LIST) }
    }`;
  expect((await plan(file)).target.default).toEqual({
    ...PLAIN,
    tags: ['x/latest-latest'],
    args: { N: '2', L: 'a' },
  });
  const env = { TAG: 'v1', DEBUG: '1', COUNT: '5', LIST: 'p,"q,r"', NONE: 'some' };
  expect((await plan(file, { env })).target.default).toEqual({
    ...PLAIN,
    tags: ['x/v1-v1', 'debug'],
    args: { N: '6', L: 'p+q,r', NONE: 'some' },
  });
});

test('functions with parameters, and with more of them', async () => {
  const file = `
    function "increment" {
      params = [number]
      result = number + 1
    }
    function "tags" {
      params = [name]
      variadic_params = more
      result = concat([name], [for m in more : "\${name}:\${m}"])
    }
    target "default" {
      args = { A = increment(increment(1)) }
      tags = tags("x", "a", "b")
    }`;
  expect((await plan(file)).target.default).toEqual({
    ...PLAIN,
    args: { A: '3' },
    tags: ['x', 'x:a', 'x:b'],
  });
});

test('inheritance: the last one counts, maps are merged, groups stand for their targets', async () => {
  const file = `
    target "a" {
      args = { X = 1, Y = 1 }
      tags = ["a"]
      dockerfile = "a.Dockerfile"
    }
    target "b" { args = { Y = 2 } }
    target "app" {
      inherits = ["a", "b"]
      args = { Z = 3 }
      platforms = ["linux/amd64", "linux/arm64"]
    }`;
  expect(await plan(file, { targets: ['app'] })).toEqual({
    group: { default: { targets: ['app'] } },
    target: {
      app: {
        context: '.',
        dockerfile: 'a.Dockerfile',
        args: { X: '1', Y: '2', Z: '3' },
        tags: ['a'],
        platforms: ['linux/amd64', 'linux/arm64'],
      },
    },
  });
});

test('a matrix makes a group of variants, over all axes', async () => {
  const file = `
    target "app" {
      name = "app-\${tgt}-\${replace(item.v, ".", "-")}"
      matrix = {
        tgt = ["lint", "test"]
        item = [{ v = "1.0" }, { v = "2.0" }]
      }
      target = tgt
      args = { V = item.v }
    }`;
  const { group, target } = await plan(file, { targets: ['app'] });
  expect(group).toEqual({
    app: { targets: ['app-lint-1-0', 'app-lint-2-0', 'app-test-1-0', 'app-test-2-0'] },
    default: { targets: ['app'] },
  });
  expect(target['app-test-2-0']).toEqual({ ...PLAIN, args: { V: '2.0' }, target: 'test' });
});

test('groups of groups, a group with the name of a target, attributes of other targets', async () => {
  const file = `
    group "default" { targets = ["all"] }
    group "all" { targets = ["a", "b"] }
    target "a" { tags = ["a:1"] }
    target "b" { tags = ["\${target.a.tags[0]}-b"] }
    target "all" { tags = ["never"] }`;
  const { group, target } = await plan(file);
  expect(group).toEqual({ all: { targets: ['a', 'b'] }, default: { targets: ['all'] } });
  expect(target).toEqual({ a: { ...PLAIN, tags: ['a:1'] }, b: { ...PLAIN, tags: ['a:1-b'] } });
});

test('a target that is a context of another comes with it', async () => {
  const file = `
    target "base" { dockerfile = "base.Dockerfile" }
    target "app" { contexts = { base = "target:base" } }`;
  expect(Object.keys((await plan(file, { targets: ['app'] })).target)).toEqual(['app', 'base']);
});

test('lists of fields: as text, as objects, as one word', async () => {
  const file = `
    target "default" {
      cache-from = ["user/app:cache", { type = "local", src = "dir" }]
      cache-to = ["type=inline"]
      output = ["type=oci,dest=a.tar", "out"]
      secret = ["type=env,id=TOKEN", { id = "f", src = "/f" }]
      ssh = ["default", { id = "k", paths = "/k" }]
      attest = ["type=sbom", "type=provenance,mode=max"]
    }`;
  expect((await plan(file)).target.default).toEqual({
    ...PLAIN,
    attest: [{ type: 'sbom' }, { mode: 'max', type: 'provenance' }],
    'cache-from': [
      { ref: 'user/app:cache', type: 'registry' },
      { src: 'dir', type: 'local' },
    ],
    'cache-to': [{ type: 'inline' }],
    output: [
      { dest: 'a.tar', type: 'oci' },
      { dest: 'out', type: 'local' },
    ],
    secret: [
      { id: 'TOKEN', type: 'env' },
      { id: 'f', src: '/f' },
    ],
    ssh: [{ id: 'default' }, { id: 'k', paths: '/k' }],
  });
});

test('JSON, with templates and functions', async () => {
  const file = JSON.stringify({
    '//': 'a comment',
    variable: { TAG: { default: 'v1' } },
    function: { twice: { params: ['x'], result: '${x}${x}' } },
    group: { default: { targets: ['web'] } },
    target: { web: { tags: ['web:${TAG}', 'web:${twice("a")}'], args: { A: null, B: 1 } } },
  });
  expect((await plan({ 'docker-bake.json': file })).target.web).toEqual({
    ...PLAIN,
    args: { B: '1' },
    tags: ['web:v1', 'web:aa'],
  });
});

test('compose: services that are built, with interpolation, anchors, x-bake, secrets and named contexts', async () => {
  const file = `
services:
  web.app:
    image: reg/web:\${TAG:-latest}
    build: &build
      context: ./web
      dockerfile: Dockerfile.web
      args:
        - VERSION=\${VERSION:?needed}
        - FROM_ENV
        - NOT_SET
      cache_from: [reg/web:cache]
      additional_contexts:
        lib: ../lib
        base: service:db
      secrets: [token, {source: file, target: key}]
      ulimits: {nofile: {soft: 1, hard: 2}}
      x-bake:
        tags: [other:1]
        output: type=docker
        platforms: linux/arm64
  db:
    build: ./db
  other:
    image: busybox
secrets:
  token: {environment: TOKEN}
  file: {file: ./s}
`;
  const env = { VERSION: '7', FROM_ENV: 'e' };
  const { group, target } = await plan({ 'compose.yaml': file }, { env, dotenv: { TAG: 't', VERSION: '1' } });
  expect(group).toEqual({ default: { targets: ['db', 'web_app'] } });
  expect(target).toEqual({
    db: { context: './db', dockerfile: 'Dockerfile' },
    web_app: {
      context: './web',
      contexts: { base: 'target:db', lib: '../lib' },
      dockerfile: 'Dockerfile.web',
      args: { FROM_ENV: 'e', VERSION: '7' },
      tags: ['other:1'],
      'cache-from': [{ ref: 'reg/web:cache', type: 'registry' }],
      secret: [
        { env: 'TOKEN', id: 'token', type: 'env' },
        { id: 'key', src: './s' },
      ],
      platforms: ['linux/arm64'],
      output: [{ type: 'docker' }],
      ulimits: ['nofile=1:2'],
    },
  });
});

test('several files: later ones over earlier ones', async () => {
  const files = {
    'compose.yaml': 'services: {web: {build: {context: ., tags: [c]}}}',
    'docker-bake.hcl': 'target "web" {\n tags = ["h"]\n args = { A = 1 }\n}\nvariable "V" { default = "1" }',
    'docker-bake.override.hcl': 'target "web" {\n args = { B = V }\n}\nvariable "V" { default = "2" }',
  };
  expect((await plan(files)).target.web).toEqual({ ...PLAIN, args: { A: '1', B: '2' }, tags: ['h'] });
});

test('--set', async () => {
  const file =
    'target "app" { tags = ["a"] }\ntarget "api" { tags = ["b"] }\ngroup "default" { targets = ["app", "api"] }';
  const set = [
    'a*.args.V=1=2',
    'app.tags=x',
    'app.tags=y',
    'api.tags+=z',
    '*.platform=linux/arm64',
    'app.no-cache=true',
    'api.output=type=local,dest=o',
    'app.push=true',
    'app.contexts.lib=../lib',
    'app.cache-from=r:c',
  ];
  expect((await plan(file, { set })).target).toEqual({
    app: {
      ...PLAIN,
      contexts: { lib: '../lib' },
      args: { V: '1=2' },
      tags: ['x', 'y'],
      'cache-from': [{ ref: 'r:c', type: 'registry' }],
      platforms: ['linux/arm64'],
      output: [{ push: 'true', type: 'image' }],
      'no-cache': true,
    },
    api: {
      ...PLAIN,
      args: { V: '1=2' },
      tags: ['b', 'z'],
      platforms: ['linux/arm64'],
      output: [{ dest: 'o', type: 'local' }],
    },
  });
});

test.each<[string, string, Asked, RegExp]>([
  ['an unknown target', 'target "app" {}', { targets: ['ap'] }, /failed to find target ap/],
  ['no default', 'target "app" {}', {}, /failed to find target default/],
  [
    'an unknown attribute',
    'target "a" {\n  tagz = []\n}',
    { targets: ['a'] },
    /docker-bake\.hcl:2: target a: unknown attribute tagz/,
  ],
  ['an unknown block', 'targ "a" {}', {}, /docker-bake\.hcl:1: unknown block targ/],
  [
    'a wrong type',
    'target "a" {\n tags = "x"\n}',
    {},
    /docker-bake\.hcl:2: target a: tags: a list is needed/,
  ],
  [
    'an unknown variable',
    'target "a" {\n tags = ["${X}"]\n}',
    {},
    /docker-bake\.hcl:2: there is no variable X/,
  ],
  [
    'a variable that needs itself',
    'variable "A" { default = B }\nvariable "B" { default = A }\ntarget "a" { args = { X = A } }',
    {},
    /needs itself/,
  ],
  [
    'inheritance in a circle',
    'target "a" { inherits = ["b"] }\ntarget "b" { inherits = ["a"] }',
    { targets: ['a'] },
    /inherits from itself: a → b → a/,
  ],
  [
    'a group in itself',
    'group "a" { targets = ["b"] }\ngroup "b" { targets = ["a"] }',
    { targets: ['a'] },
    /group a is in itself/,
  ],
  [
    'contexts in a circle',
    'target "a" { contexts = { x = "target:a" } }',
    { targets: ['a'] },
    /needs itself: a → a/,
  ],
  ['a matrix without a name', 'target "a" { matrix = { x = [1] } }', {}, /a matrix needs a name/],
  [
    'variants of one name',
    'target "a" {\n name = "x"\n matrix = { x = [1, 2] }\n}',
    {},
    /two variants have the name x/,
  ],
  [
    'a validation',
    'variable "A" {\n default = "x"\n validation {\n condition = A == "y"\n error_message = "must be y"\n }\n}\n',
    {},
    /variable A: "x": must be y/,
  ],
  [
    'a bool that is none',
    'variable "A" { default = true }\ntarget "a" {}',
    { env: { A: 'maybe' } },
    /variable A: true or false is needed, not "maybe"/,
  ],
  ['--set of nothing', 'target "default" {}', { set: ['nothing.tags=x'] }, /no target matches nothing/],
  ['--set of an unknown key', 'target "default" {}', { set: ['*.tagz=x'] }, /unknown key tagz/],
  ['--set without a key', 'target "default" {}', { set: ['default'] }, /expected TARGET\.KEY=VALUE/],
])('%s is refused', async (_, file, asked, why) => {
  await expect(plan(file, asked)).rejects.toThrow(why);
});

test('bad JSON and bad YAML name their file', async () => {
  await expect(plan({ 'a.json': '{' })).rejects.toThrow(/a\.json:1: this is no JSON/);
  await expect(plan({ 'c.yaml': 'services: [' })).rejects.toThrow(/^c\.yaml: /);
});
