import { parseChallenges } from '../../../lib/oci/registry/challenge.ts';

test.each([
  ['', []],
  ['Basic realm="x"', [['basic', { realm: 'x' }]]],
  ['BASIC Realm=x', [['basic', { realm: 'x' }]]],
  ['Basic', [['basic', {}]]],
  [
    'Bearer realm="https://auth.example/token?a=b,c",service="registry",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        { realm: 'https://auth.example/token?a=b,c', service: 'registry', scope: 'repository:a/b:pull,push' },
      ],
    ],
  ],
  ['Bearer realm = "a" , service = b', [['bearer', { realm: 'a', service: 'b' }]]],
  ['Basic realm="a \\"quoted\\" \\\\ name"', [['basic', { realm: 'a "quoted" \\ name' }]]],
  [
    'Negotiate, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  [
    'Negotiate dG9rZW4=, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  [
    'Basic realm="x", Bearer realm="y", service="z"',
    [
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', service: 'z' }],
    ],
  ],
  [', ,Basic realm="x",,', [['basic', { realm: 'x' }]]],
  ['Basic realm="unfinished', [['basic', {}]]],
  ['realm="no scheme"', []],
  ['"', []],
])('%s', (header, expected) => {
  expect(parseChallenges(header).map((c) => [c.scheme, c.parameters])).toEqual(expected);
});

test('a long hostile header ends quickly', () => {
  const started = performance.now();
  parseChallenges('Basic a="\\'.repeat(20_000));
  parseChallenges(`${' ,'.repeat(100_000)}`);
  expect(performance.now() - started).toBeLessThan(500);
});
