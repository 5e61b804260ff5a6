import { parseSecretOption } from '../../../lib/engine/secret/request.ts';

const file = { source: 's', type: 'mount', target: '/run/secrets/s', uid: 0, gid: 0, mode: 0o444 };

test.each([
  ['s', file],
  ['source=s', file],
  ['s,type=mount,mode=0400,uid=5,gid=6', { ...file, mode: 0o400, uid: 5, gid: 6 }],
  ['s,target=a/./b', { ...file, target: '/run/secrets/a/b' }],
  ['s,target=/etc//x', { ...file, target: '/etc/x' }],
  ['s,type=env', { source: 's', type: 'env', variable: 's' }],
  ['s,type=env,target=NAME', { source: 's', type: 'env', variable: 'NAME' }],
])('--secret %s', (text, expected) => {
  expect(parseSecretOption(text)).toEqual(expected);
});

test.each([
  ['', 'no source'],
  ['type=env', 'no source'],
  ['type=env,s', 'option s must be in form option=value'],
  ['s,foo=1', 'option foo=1 invalid'],
  ['s,type=x', 'type x is invalid'],
  ['s,mode=8', 'mode 8 invalid'],
  ['s,uid=-1', 'uid -1 invalid'],
  ['s,type=env,gid=1', 'cannot be set with secret type env'],
  ['s,type=env,target=a=b', "cannot be a variable's name"],
  ['s,target=..', 'leads out of /run/secrets'],
  ['s,target=a/../../b', 'leads out of /run/secrets'],
  ['s,target=/', 'is no file'],
])('--secret %j is refused: %s', (text, why) => {
  expect(() => parseSecretOption(text)).toThrow(why);
});
