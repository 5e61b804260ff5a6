import { spawnSync } from 'node:child_process';
import { asMap, compileTemplate } from '../../../lib/cli/template/compile.ts';
import type { ProaError } from '../../../lib/core/error.ts';
import { GO_CASES } from './go-cases.ts';

const render = (template: string, value: unknown = {}) => compileTemplate(template)(value);

function failure(template: string, value: unknown = {}): ProaError {
  try {
    render(template, value);
  } catch (error) {
    return error as ProaError;
  }
  throw new Error(`nothing was thrown for ${template}`);
}

test.each(GO_CASES)('%s', (template, output) => expect(render(template)).toBe(output));

// A user's podman starts a process that stays.
const podman = process.geteuid!() === 0 && spawnSync('podman', ['--version']).status === 0;

// Go's own text/template sits in podman, and `version` needs neither network nor store.
(podman ? test : test.skip)('the expected texts are what Go makes of them (needs root and podman)', () => {
  const wrap = GO_CASES.map(([template], at) => `{{define "case${at}"}}${template}{{end}}`);
  // A case that defines templates itself cannot stand inside a define.
  const nested = GO_CASES.flatMap(([template], at) => (/\{\{(define|block)/.test(template) ? [] : [at]));
  const calls = nested.map((at) => `{{template "case${at}" .}}\x1e`);
  const format = [...nested.map((at) => wrap[at]), ...calls].join('');
  const go = spawnSync('podman', ['version', '--format', format], { encoding: 'utf8' });
  expect(go.stderr).toBe('');
  expect(go.stdout.split('\x1e').slice(0, -1)).toEqual(nested.map((at) => GO_CASES[at]![1]));
});

describe('values', () => {
  class Container {
    constructor(readonly ID: string) {}
    Label(name: string): string {
      return `${this.ID}/${name}`;
    }
    get Short(): string {
      return this.ID.slice(0, 2);
    }
  }
  const inspect = {
    Id: 'abcdef',
    Names: ['web', 'www'],
    Config: { Labels: { b: '2', a: '1', 'com.x.y': 'dotted' }, Env: null as string[] | null },
    State: { Running: true, ExitCode: 0, Health: null },
    Volumes: null,
    Size: 1234567,
    Ratio: 0.5,
    Big: 2n ** 60n,
    Created: new Date('2024-01-02T03:04:05.600Z'),
    Map: new Map<string, number>([
      ['z', 1],
      ['y', 2],
    ]),
    Nested: asMap({ k: { deep: [1, 2] } }),
  };

  test.each([
    ['{{.Id}} {{.ID}} {{.Config.Labels.a}} {{$.Id}}', 'abcdef abcdef 1 abcdef'],
    ['{{.Names}} {{.Config.Labels}} {{.State}}', '[web www] map[a:1 b:2 com.x.y:dotted] {true 0 <nil>}'],
    ['{{printf "%+v" .State}}', '{Running:true ExitCode:0 Health:<nil>}'],
    [
      '{{.Size}} {{.Ratio}} {{.Big}} {{.Created}}',
      '1234567 0.5 1152921504606846976 2024-01-02 03:04:05.6 +0000 UTC',
    ],
    ['{{.Config.Env}} {{.Volumes}} {{.State.Health}} {{.Config.Labels.none}}', '[] map[] <nil> <no value>'],
    [
      '{{json .Config.Env}} {{json .Volumes}} {{len .Config.Env}} {{json .State}}',
      'null null 0 {"Running":true,"ExitCode":0,"Health":null}',
    ],
    ['{{range .Volumes}}x{{else}}none{{end}} {{if .Config.Env}}x{{end}}', 'none '],
    ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}},{{end}}', 'a=1,b=2,com.x.y=dotted,'],
    ['{{range .Map}}{{.}}{{end}} {{.Map}} {{index .Map "z"}}', '21 map[y:2 z:1] 1'],
    ['{{range .Config.Env}}x{{else}}none{{end}}', 'none'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['[{{index .Config.Labels "com.x.y"}}] [{{index .Config.Labels "none"}}]', '[dotted] []'],
    ['{{if .State.Running}}up{{end}} {{if .State.ExitCode}}bad{{else}}good{{end}}', 'up good'],
    ['{{if .State}}a struct is true{{end}}', 'a struct is true'],
    ['{{(index .Names 0)}} {{(index .Nested "k").deep}} {{.Nested.k.deep}}', 'web [1 2] [1 2]'],
    ['{{with .State}}{{.ExitCode}} {{$.Id}}{{end}}', '0 abcdef'],
    ['{{with .Config.Env}}x{{else with .Id}}{{.}}{{end}}', 'abcdef'],
    ['{{range .Names}}{{$.Id}}:{{.}} {{end}}', 'abcdef:web abcdef:www '],
    ['{{json .Config}}', '{"Labels":{"a":"1","b":"2","com.x.y":"dotted"},"Env":null}'],
    [
      '{{json .State}} {{json .Map}} {{json .Created}}',
      '{"Running":true,"ExitCode":0,"Health":null} {"y":2,"z":1} "2024-01-02T03:04:05.600Z"',
    ],
    ['{{join .Names ","}} {{len .Names}} {{len .Map}} {{eq .Id "abcdef"}}', 'web,www 2 2 true'],
    ['{{.}}|{{.Id | upper | printf "%s-%s" "x"}}', null],
  ])('%s', (template, output) => {
    if (output === null) expect(render(template, inspect)).toMatch(/^\{abcdef \[web www\].*\}\|x-ABCDEF$/);
    else expect(render(template, inspect)).toBe(output);
  });

  test('methods and getters are fields', () => {
    const container = new Container('abcd');
    expect(
      render('{{.ID}} {{.Short}} {{.Label "x"}} {{"y" | .Label}} {{(.Label "z") | len}}', container),
    ).toBe('abcd ab abcd/x abcd/y 6');
    expect(render('{{.C.Label "x"}} {{$c := .C}}{{$c.Label "y"}}', { C: container })).toBe('abcd/x abcd/y');
  });

  test('functions of the caller join the built-in ones and win over them', () => {
    const compiled = compileTemplate('{{shout .A}} {{lower "X"}}');
    const functions = { shout: (text: string) => `${text}!`, lower: () => 'mine' };
    expect(compiled({ A: 'hey' }, functions)).toBe('hey! mine');
    expect(() => compiled({ A: 'hey' })).toThrow(/function "shout" not defined/);
  });

  test('call calls a function that is a value', () => {
    expect(render('{{call .f 1 2}}', asMap({ f: (a: number, b: number) => a + b }))).toBe('3');
  });

  test('a compiled template keeps nothing between two runs', () => {
    const compiled = compileTemplate('{{$x := .}}{{range .}}{{$x = .}}{{end}}{{$x}}');
    expect([compiled(['a', 'b']), compiled([])]).toEqual(['b', '[]']);
  });

  test('what every JavaScript object has is no field', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(failure(`{{.${name}}}`, { A: 1 }).code).toBe('TEMPLATE_FIELD');
    }
  });
});

test.each([
  [
    '{{.Foo}}',
    { Bar: 1 },
    `template parsing error: template: :1:2: executing "" at <.Foo>: can't evaluate field Foo in type struct`,
  ],
  [
    'x\n  {{.A.Foo}}',
    { A: { Bar: 1 } },
    `template parsing error: template: :2:6: executing "" at <.A.Foo>: can't evaluate field Foo in type struct`,
  ],
  ['{{.A.Foo}}', { A: 'text' }, `can't evaluate field Foo in type string`],
  ['{{range .L}}{{.Foo}}{{end}}', { L: [1] }, `can't evaluate field Foo in type int`],
  ['{{.A.Status}}', { A: null }, 'nil pointer evaluating Status'],
])('%s names the field that is missing', (template, value, message) => {
  const error = failure(template, value);
  expect(error).toMatchObject({ name: 'ProaError', code: 'TEMPLATE_FIELD', exitCode: 1 });
  expect(error.message).toContain(message);
});

test('a missing field comes with the nearest one, or with all', () => {
  expect(failure('{{.Naems}}', { Names: '', ID: '' }).hint).toBe('Did you mean .Names?');
  expect(failure('{{.Qwertz}}', { Names: '', ID: '' }).hint).toBe('It has .Names .ID');
});

test.each([
  ['{{foo}}', 'template parsing error: template: :1: function "foo" not defined'],
  ['{{if false}}{{foo}}{{end}}', 'function "foo" not defined'],
  ['{{if}}', 'missing value for if'],
  ['{{}}', 'missing value for command'],
  ['a\n{{"b}}', ':2: unterminated quoted string'],
  ['{{`a}}', 'unterminated raw quoted string'],
  ['{{range .}}', 'unexpected EOF'],
  ['{{end}}', 'unexpected {{end}}'],
  ['{{else}}', 'unexpected {{else}}'],
  ['{{if .}}{{else}}{{else}}{{end}}', 'unexpected {{else}}'],
  ['{{$x}}', 'undefined variable "$x"'],
  ['{{if true}}{{$x := 1}}{{end}}{{$x}}', 'undefined variable "$x"'],
  ['{{$x = 1}}', 'undefined variable "$x"'],
  ['{{range $x := .}}{{end}}{{$x}}', 'undefined variable "$x"'],
  ['{{$a, $b := .}}', 'too many declarations in command'],
  ['{{1 | 2}}', 'non executable command in pipeline stage 2'],
  ['{{break}}', '{{break}} outside {{range}}'],
  ['{{range .}}{{define "x"}}{{end}}{{end}}', 'unexpected {{define}}'],
  ['{{.A(1)}}', 'unexpected "(" in operand'],
  ['{{/* a', 'unclosed comment'],
  ['{{/* a */ b}}', 'comment ends before closing delimiter'],
  ['{{.A |}}', 'missing value for command'],
  ['{{3a}}', 'bad number syntax: "3a"'],
  ['{{(3 }}', 'unexpected "}}" in parenthesized pipeline'],
  ['{{3) }}', 'unexpected ")" in command'],
  ['{{"a""b"}}', 'unexpected "\\"b\\"" in operand'],
  ['{{.A', 'unclosed action'],
  ['{{', 'unclosed action'],
  ["{{'ab'}}", 'malformed character constant'],
  ['{{"\\q"}}', 'invalid escape'],
  ['{{.A : 1}}', 'expected :='],
  ['{{.A # 1}}', 'unexpected "#" in action'],
  ['{{"a".B}}', 'unexpected . after term'],
  ['{{template x}}', 'unexpected "x" in template clause'],
])('%s is a syntax error', (template, message) => {
  const error = failure(template, []);
  expect(error).toMatchObject({ name: 'ProaError', code: 'TEMPLATE_SYNTAX', exitCode: 64 });
  expect(error.message).toContain(message);
});

test.each([
  ['{{nil}}', 'nil is not a command'],
  ['{{"a" "b"}}', `can't give argument to non-function "a"`],
  ['{{.A 3}}', 'A has arguments but cannot be invoked as function'],
  ['{{template "x"}}', 'template "x" not defined'],
  ['{{define "r"}}{{template "r"}}{{end}}{{template "r"}}', 'exceeded maximum template depth'],
  ['{{index (split "a" ",") 3}}', 'error calling index: index out of range: 3'],
  ['{{index .A 1 2}}', "error calling index: can't index item of type int"],
  ['{{index .M 1}}', 'value has type int; should be string'],
  ['é{{index .A 1 2}}', ':1:4: executing "" at <index .A 1 2>'],
  ['{{lower 1 2}}', 'at <lower>: wrong number'],
  ['{{slice "abc" 2 1}}', 'invalid slice index: 2 > 1'],
  ['{{slice "abc" 9}}', 'index out of range: 9'],
  ['{{lower 3}}', 'error calling lower: expected string; found int'],
  ['{{join "a" ","}}', 'error calling join: expected a list; found string'],
  ['{{lower}}', 'wrong number of args for lower: want 1 got 0'],
  ['{{len}}', 'wrong number of args for len: want 1 got 0'],
  ['{{index}}', 'wrong number of args for index: want at least 1 got 0'],
  ['{{and}}', 'wrong number of args for and: want at least 1 got 0'],
  ['{{eq 1}}', 'missing argument for comparison'],
  ['{{eq 1 "a"}}', 'incompatible types for comparison'],
  ['{{eq . .}}', 'non-comparable type'],
  ['{{lt true false}}', 'invalid type for comparison'],
  ['{{lt 1 "a"}}', 'incompatible types for comparison'],
  ['{{range .}}{{end}}', "range can't iterate over {"],
  ['{{len 3}}', 'len of type int'],
  ['{{call 3}}', 'non-function of type int'],
])('%s fails when it runs', (template, message) => {
  const error = failure(template, { A: 'text', M: asMap({}) });
  expect(error).toMatchObject({ name: 'ProaError', code: 'TEMPLATE_EXEC', exitCode: 1 });
  expect(error.message).toContain(message);
});
