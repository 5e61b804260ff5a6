/** A reader of tar archives for the comparison, independent of Proa's own: POSIX pax(1) and GNU's long names. */

export interface Member {
  /** From `/`, without one at its end. */
  path: string;
  type: 'file' | 'folder' | 'symlink' | 'hard' | 'fifo' | 'char' | 'block';
  /** The lower twelve bits. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds. */
  mtime: number;
  /** Of a symbolic link its target as it stands, of a hard link a path from `/`. */
  link: string;
  content: Buffer;
  /** In hex. */
  xattrs: Map<string, string>;
}

const BLOCK = 512;
const XATTR = 'SCHILY.xattr.';
const TYPES: Readonly<Record<string, Member['type']>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hard',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'folder',
  '6': 'fifo',
};

export function readTar(archive: Buffer): Member[] {
  const members: Member[] = [];
  let extra = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const said = extra.get('size');
    const size = said === undefined ? number(header, 124, 12) : Number(`${said}`);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    const kind = String.fromCharCode(header[156]!);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === 'x') extra = new Map([...extra, ...records(content)]);
    else if (kind === 'L') extra.set('path', upToNul(content));
    else if (kind === 'K') extra.set('linkpath', upToNul(content));
    else if (kind !== 'g') {
      members.push(member(header, kind, extra, content));
      extra = new Map();
    }
  }
  return members;
}

function member(header: Buffer, kind: string, extra: Map<string, Buffer>, content: Buffer): Member {
  const type = TYPES[kind];
  if (type === undefined) throw new Error(`a tar member of type ${JSON.stringify(kind)}`);
  const prefix = `${header.subarray(257, 262)}` === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  const said = (key: string): string | undefined => extra.get(key)?.toString();
  const link = said('linkpath') ?? text(header, 157, 100);
  return {
    path: absolute(said('path') ?? (prefix === '' ? name : `${prefix}/${name}`)),
    type,
    mode: number(header, 100, 8) & 0o7777,
    uid: Number(said('uid') ?? number(header, 108, 8)),
    gid: Number(said('gid') ?? number(header, 116, 8)),
    mtime: Math.floor(Number(said('mtime') ?? number(header, 136, 12))),
    link: type === 'hard' ? absolute(link) : link,
    content: type === 'file' ? content : Buffer.alloc(0),
    xattrs: new Map(
      [...extra]
        .filter(([key]) => key.startsWith(XATTR))
        .map(([key, value]) => [key.slice(XATTR.length), value.toString('hex')]),
    ),
  };
}

/** `LENGTH KEY=VALUE\n`, one after the other. */
function records(bytes: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const end = at + Number(bytes.subarray(at, space).toString());
    const equals = bytes.indexOf('=', space);
    found.set(bytes.subarray(space + 1, equals).toString(), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return found;
}

/** Octal, or GNU's big-endian form for what does not fit. */
function number(header: Buffer, at: number, length: number): number {
  if (header[at]! & 0x80) return Number(header.readBigUInt64BE(at + length - 8));
  return Number.parseInt(text(header, at, length).trim() || '0', 8);
}

function text(header: Buffer, at: number, length: number): string {
  return upToNul(header.subarray(at, at + length)).toString();
}

function upToNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function absolute(path: string): string {
  return `/${path}`.replace(/\/(\.?\/)+/g, '/').replace(/(.)\/\.?$/, '$1');
}
