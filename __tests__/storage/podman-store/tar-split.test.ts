import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { replayTarSplit } from '../../../lib/storage/podman-store/tar-split.ts';
import { archive, file, folder as folderMember, symlink } from '../tar/support/archive.ts';
import { tarSplitOf } from './support/store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proa-split-'));
  mkdirSync(`${folder}/files`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function replay(lines: string | object[]): Buffer {
  const text = typeof lines === 'string' ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(`${folder}/record`, gzipSync(text));
  const parts: Buffer[] = [];
  for (const bytes of replayTarSplit(`${folder}/record`, `${folder}/files`)) parts.push(Buffer.from(bytes));
  return Buffer.concat(parts);
}

const refused = (work: () => unknown, code: string, message: RegExp) =>
  expect(work).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));

test('gives the archive back, small and large files, links and folders', () => {
  const large = Buffer.alloc(3_000_001, 'large ');
  const tar = archive(
    folderMember('etc'),
    file('etc/small', 'text'),
    file('large', large),
    symlink('link', 'etc'),
    file('empty', ''),
  );
  Bun.spawnSync(['tar', '-C', `${folder}/files`, '-xf', '-'], { stdin: tar });
  expect(replay(tarSplitOf(tar)).equals(tar)).toBe(true);
});

test('names that are no UTF-8, and a piece larger than a buffer', () => {
  const name = Buffer.from([0x66, 0xff, 0x6f]);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/files/`), name]), 'content');
  const padding = Buffer.alloc(3 << 20, 7);
  const bytes = replay([
    { type: 2, payload: Buffer.from('head').toString('base64') },
    { type: 1, name: 'f\ufffdo', name_raw: name.toString('base64'), size: 7 },
    { type: 2, payload: padding.toString('base64') },
  ]);
  expect(bytes.equals(Buffer.concat([Buffer.from('headcontent'), padding]))).toBe(true);
});

test('never leads out of the layer, nor to what is no file', () => {
  writeFileSync(`${folder}/secret`, 'secret');
  symlinkSync('../secret', `${folder}/files/up`);
  symlinkSync(folder, `${folder}/files/away`);
  mkdirSync(`${folder}/files/folder`);
  Bun.spawnSync(['mkfifo', `${folder}/files/fifo`]);
  for (const name of ['../secret', 'up', 'away/secret', 'folder', 'fifo', 'nothing', '/etc/hostname'])
    refused(() => replay([{ type: 1, name, size: 6 }]), 'BAD_STORE', /it is not (there|a file)$/);
});

test('a file that changed, and a record that is none', () => {
  writeFileSync(`${folder}/files/x`, 'short');
  refused(
    () => replay([{ type: 1, name: 'x', size: 6 }]),
    'BAD_STORE',
    /x in .*: it has 5 bytes, and should have 6$/,
  );
  refused(() => replay('{"type":3}\n'), 'BAD_STORE', /an entry of type 3/);
  refused(() => replay('text\n'), 'BAD_STORE', /no tar-split record/);
  replay(tarSplitOf(archive(file('x', 'short'))));
  truncateSync(`${folder}/record`, 60);
  refused(() => [...replayTarSplit(`${folder}/record`, `${folder}/files`)], 'BAD_COMPRESSION', /gzip/);
  refused(() => [...replayTarSplit(`${folder}/nothing`, folder)], 'ENOENT', /nothing/);
});
