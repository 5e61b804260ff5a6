import { parseMountOption } from '../../../lib/engine/container/mount-option.ts';

const parse = (text: string) => {
  const { type, source, destination, options } = parseMountOption(text, '/here');
  return [type, source, destination, options.join()];
};

test.each([
  ['type=bind,source=/a,target=/b', ['bind', '/a', '/b', '']],
  ['TYPE=Bind,SRC=/a,dst=/b,readonly', ['bind', '/a', '/b', 'ro']],
  ['type=bind,src=a,destination=/b,ro=false', ['bind', '/here/a', '/b', '']],
  [
    'type=bind,src=/a,dst=/b,bind-propagation=rshared,bind-nonrecursive',
    ['bind', '/a', '/b', 'rshared,bind'],
  ],
  ['type=bind,src=/a,dst=/b,bind-recursive=disabled,consistency=cached', ['bind', '/a', '/b', 'bind']],
  ['type=bind,src=/a,dst=/b,relabel=private,U,noexec', ['bind', '/a', '/b', 'Z,U,noexec']],
  [
    'type=bind,src=/a,dst=/b,idmap=uids=0-1-1;gids=0-1-1',
    ['bind', '/a', '/b', 'idmap=uids=0-1-1;gids=0-1-1'],
  ],
  ['src=v,dst=/b', ['volume', 'v', '/b', '']],
  ['dst=/b,volume-nocopy,chown=true', ['volume', '', '/b', 'nocopy,U']],
  ['src=v,dst=/b,volume-subpath=x/y,volume-driver=local,idmap', ['volume', 'v', '/b', 'subpath=x/y,idmap']],
  [
    'type=tmpfs,dst=/b,tmpfs-size=1.5k,tmpfs-mode=1770,ro',
    ['tmpfs', 'tmpfs', '/b', 'size=1536,mode=1770,ro'],
  ],
  ['type=tmpfs,dst=/b,tmpfs-size=50%,tmpcopyup,exec', ['tmpfs', 'tmpfs', '/b', 'size=50%,tmpcopyup,exec']],
  ['type=image,src=bb:1,dst=/b', ['image', 'bb:1', '/b', '']],
  ['type=image,src=bb,dst=/b,rw=true,subpath=etc', ['image', 'bb', '/b', 'rw,subpath=etc']],
  ['type=devpts,dst=/b,uid=3,gid=4,mode=620,max=9', ['devpts', 'devpts', '/b', 'uid=3,gid=4,mode=620,max=9']],
  ['type=ramfs,dst=/b,tmpfs-mode=700', ['ramfs', 'ramfs', '/b', 'mode=700']],
  ['type=glob,src=/a/*', ['glob', '/a/*', '', '']],
  ['"dst=/b,c","src=/a""q",type=bind', ['bind', '/a"q', '/b,c', '']],
])('--mount %s', (text, expected) => {
  expect(parse(text)).toEqual(expected);
});

test('labels are for a volume that is made', () => {
  expect(parseMountOption('dst=/b,volume-label=a=1=2,volume-label=b', '/').labels).toEqual({
    a: '1=2',
    b: '',
  });
});

// The words are Docker's: "invalid argument … for "--mount" flag: " and then
test.each([
  ['', 'EOF'],
  ['type=bind,src=/a', 'target is required'],
  ['type=bind,src=/a,dst=/b,foo=bar', "unexpected key 'foo' in 'foo=bar'"],
  ['type=bind,src=/a,dst=/b,foo', "invalid field 'foo' must be a key=value pair"],
  ['type=bind,src=/a,dst=/b,readonly=maybe', 'invalid value for readonly: maybe'],
  ['type=bind,src=/a,dst=/b,volume-nocopy', "cannot mix 'volume-*' options with mount type 'bind'"],
  ['src=v,dst=/b,bind-propagation=shared', "cannot mix 'bind-*' options with mount type 'volume'"],
  ['type=bind,src=/a,dst=/b,tmpfs-size=1', "cannot mix 'tmpfs-*' options with mount type 'bind'"],
  ['type=tmpfs,dst=/b,tmpfs-size=abc', 'invalid value for tmpfs-size: abc'],
  ['type=tmpfs,dst=/b,tmpfs-mode=9', 'invalid value for tmpfs-mode: 9'],
  ['type=bind,src=/a,dst=/b,relabel=foo', "relabel must be 'private' or 'shared'"],
  ['type=bind,src=/a,dst=/b,ro,rw=true,ro', 'invalid mode: ro,ro'],
])('--mount %j is refused: %s', (text, why) => {
  const message = `invalid argument ${JSON.stringify(text)} for "--mount" flag: ${why}`;
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT', message }));
});

// "invalid mount config for type … " and then
test.each([
  ['type=bind,dst=/b', '"bind": field Source must not be empty'],
  ['type=tmpfs,src=/a,dst=/b', '"tmpfs": field Source must not be specified'],
  ['type=npipe,src=a,dst=/b', '"npipe": mount type unknown'],
  ['type=bind,src=/a,dst=b', `"bind": invalid mount path: 'b' mount path must be absolute`],
  ['type=bind,src=/a,dst=/', `"bind": invalid specification: destination can't be '/'`],
  ['type=bind,src=/a,dst=/b,bind-propagation=x', '"bind": invalid propagation mode: x'],
])('--mount %j cannot be: %s', (text, why) => {
  expect(() => parse(text)).toThrow(`invalid mount config for type ${why}`);
});

test('what a volume is to be that is made now', () => {
  const driver = (text: string) => parseMountOption(text, '/here').driver;
  expect(driver('dst=/b,volume-driver=local')).toBeUndefined();
  expect(driver('dst=/b,volume-opt=type=tmpfs,"volume-opt=o=size=1m,uid=5"')).toEqual({
    name: 'local',
    options: { type: 'tmpfs', o: 'size=1m,uid=5' },
  });
  expect(driver('dst=/b,volume-driver=image,volume-opt=image=x')).toEqual({
    name: 'image',
    options: { image: 'x' },
  });
});

test('what Proa does not have is said', () => {
  expect(() => parse('dst=/b,volume-driver=nfs')).toThrow(
    'use volume driver nfs: Proa has "local" and "image"',
  );
  expect(() => parse('type=bind,src=/a,dst=/b,bind-recursive=readonly')).toThrow('the runtimes cannot');
});
