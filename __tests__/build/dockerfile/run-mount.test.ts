import { parseRunMount } from '../../../lib/build/dockerfile/run-mount.ts';

const BIND = { type: 'bind', readOnly: true, source: '/' };
const CACHE = {
  type: 'cache',
  readOnly: false,
  source: '/',
  sharing: 'shared',
  mode: 0o755,
  uid: 0,
  gid: 0,
};
const SECRET = { type: 'secret', required: false, mode: 0o400, uid: 0, gid: 0 };
const SSH = { type: 'ssh', id: 'default', required: false, mode: 0o600, uid: 0, gid: 0 };

test.each<[string, object]>([
  ['target=/a', { ...BIND, target: '/a' }],
  ['type=bind,dst=a', { ...BIND, target: 'a' }],
  ['type=BIND,destination=/a,src=b,from=c', { ...BIND, target: '/a', source: 'b', from: 'c' }],
  ['TARGET=/a,rw', { ...BIND, target: '/a', readOnly: false }],
  ['target=/a,readwrite=true', { ...BIND, target: '/a', readOnly: false }],
  ['target=/a,rw=false', { ...BIND, target: '/a' }],
  ['target=/a,ro=0', { ...BIND, target: '/a', readOnly: false }],
  ['target=/a,rw,ro', { ...BIND, target: '/a' }],
  ['target=/a,ro,rw', { ...BIND, target: '/a', readOnly: false }],
  ['target=/a,target=/b', { ...BIND, target: '/b' }],
  ['target=/a,from=', { ...BIND, target: '/a' }],
  ['"target=/a,b","source=c"', { ...BIND, target: '/a,b', source: 'c' }],
  ['target=/a,z', { ...BIND, target: '/a', relabel: 'shared' }],
  ['target=/a,Z', { ...BIND, target: '/a', relabel: 'private' }],
  ['target=/a,relabel=shared', { ...BIND, target: '/a', relabel: 'shared' }],
  ['target=/a,id=x', { ...BIND, target: '/a' }],
  ['type=cache,target=/c/', { ...CACHE, target: '/c/', id: '/c/' }],
  ['type=cache,target=/c/../d', { ...CACHE, target: '/c/../d', id: '/d' }],
  [
    'type=cache,id=i,target=/c,sharing=Locked,mode=0700,uid=1,gid=2,from=x,source=/y,ro',
    {
      ...CACHE,
      id: 'i',
      target: '/c',
      sharing: 'locked',
      mode: 0o700,
      uid: 1,
      gid: 2,
      from: 'x',
      source: '/y',
      readOnly: true,
    },
  ],
  ['target=/c,mode=1777,type=cache', { ...CACHE, target: '/c', id: '/c', mode: 0o1777 }],
  ['type=tmpfs,target=/t', { type: 'tmpfs', target: '/t', readOnly: false }],
  ['type=tmpfs,target=/t,size=64m', { type: 'tmpfs', target: '/t', readOnly: false, size: 64 * 2 ** 20 }],
  ['type=secret,id=s', { ...SECRET, id: 's', target: '/run/secrets/s' }],
  ['type=secret,id=a/s', { ...SECRET, id: 'a/s', target: '/run/secrets/s' }],
  ['type=secret,source=s', { ...SECRET, id: 's', target: '/run/secrets/s' }],
  ['type=secret,target=/x/key', { ...SECRET, id: 'key', target: '/x/key' }],
  ['type=secret,id=s,env=S', { ...SECRET, id: 's', env: 'S' }],
  ['type=secret,id=s,env=S,target=/x', { ...SECRET, id: 's', env: 'S', target: '/x' }],
  [
    'required,type=secret,id=s,mode=444,uid=5,gid=6',
    { ...SECRET, id: 's', target: '/run/secrets/s', required: true, mode: 0o444, uid: 5, gid: 6 },
  ],
  ['type=secret,id=s,required=false', { ...SECRET, id: 's', target: '/run/secrets/s' }],
  ['type=ssh', SSH],
  [
    'type=ssh,id=k,target=/s,required=true,mode=0666',
    { ...SSH, id: 'k', target: '/s', required: true, mode: 0o666 },
  ],
])('%s', (text, mount) => expect(parseRunMount(text)).toEqual(mount as never));

test.each([
  ['type=bund,target=/a', /unknown mount type bund/, 'did you mean bind?'],
  ['typo=bind,target=/a', /unknown option of --mount: typo/, 'did you mean type?'],
  ['type=cache,traget=/a', /unknown option of --mount: traget/, 'did you mean target?'],
  ['type=bind', /where to\?/, 'add target=/PATH'],
  ['type=cache,target=', /where to\?/, ''],
  ['type=tmpfs,target=/', /the target cannot be \//, ''],
  ['type=bind,target=/x/..', /the target cannot be \//, ''],
  ['type=bind,target', /target needs a value/, ''],
  [
    'type=bind,target=/a,mode=700',
    /mode is not for type=bind/,
    'it is for type=cache or type=secret or type=ssh',
  ],
  ['type=tmpfs,target=/a,uid=1', /uid is not for type=tmpfs/, ''],
  ['type=cache,target=/a,required', /required is not for type=cache/, ''],
  ['type=cache,target=/a,size=1', /size is not for type=cache/, 'it is for type=tmpfs'],
  ['type=bind,target=/a,sharing=locked', /sharing is not for type=bind/, ''],
  ['type=cache,target=/a,env=X', /env is not for type=cache/, ''],
  ['type=cache,target=/a,sharing=lock', /unknown sharing lock/, 'did you mean locked?'],
  ['type=cache,target=/a,mode=8', /mode=8 is no octal number/, ''],
  ['type=cache,target=/a,uid=root', /uid=root is no number/, ''],
  ['type=cache,target=/a,uid=4294967296', /uid=4294967296 is no number/, ''],
  ['type=bind,target=/a,ro=maybe', /readonly=maybe is neither true nor false/, ''],
  ['type=tmpfs,target=/a,size=big', /size=big is no size/, ''],
  ['type=secret', /which secret\?/, 'add id=NAME'],
  ['type=secret,id=a,source=b', /source and id are the same/, ''],
  ['type=secret,id=a,from=b', /leave out from/, ''],
  ['"type=bind,target=/a', /do not pair/, ''],
  ['type=bind"x",target=/a', /do not pair/, ''],
  ['', /unknown option of --mount/, ''],
])('%j: %s', (text, message, hint) => {
  let error: unknown;
  try {
    parseRunMount(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toHaveProperty('code', 'DOCKERFILE_SYNTAX');
  expect((error as Error).message).toMatch(message);
  if (hint !== '') expect(error).toHaveProperty('hint', hint);
});
