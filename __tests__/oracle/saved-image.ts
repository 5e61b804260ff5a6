/**
 * What `save` writes, read without anything of Proa: the image's configuration and the files that its layers make, so that
 * two engines' images can be held side by side.
 */
import { CONTEXT_TIME } from './builds/case.ts';
import { type Member, readTar } from './tar-members.ts';

export interface SavedImage {
  /** Of the image's `config`, what is not empty; with `author`, `os` and `architecture`. */
  config: Record<string, unknown>;
  /** By path: type, mode, owner, size, link or content, extended attributes, and whether its time is the context's. */
  tree: Record<string, string>;
  /** The text of files whose path begins with `/id`. */
  ids: Record<string, string>;
}

/** Docker's own notes about the container that made the image. */
const NOTES = [
  'Hostname',
  'Domainname',
  'AttachStdin',
  'AttachStdout',
  'AttachStderr',
  'Image',
  'ArgsEscaped',
];

export function readSavedImage(archive: Buffer): SavedImage {
  const members = new Map(readTar(archive).map((member) => [member.path, member]));
  const manifest = JSON.parse(textOf(members, '/manifest.json'))[0] as { Config: string; Layers: string[] };
  const document = JSON.parse(textOf(members, `/${manifest.Config}`));
  const files = new Map<string, Member>();
  for (const layer of manifest.Layers) stack(files, readTar(find(members, `/${layer}`).content));
  const { author, os, architecture } = document;
  // buildah says so of itself.
  delete document.config?.Labels?.['io.buildah.version'];
  const kept = Object.entries({ ...document.config, author, os, architecture }).filter(
    ([name, value]) => !NOTES.includes(name) && !isEmpty(value),
  );
  return {
    config: Object.fromEntries(kept),
    tree: Object.fromEntries([...files].map(([path, member]) => [path, describe(member)])),
    ids: Object.fromEntries(
      [...files]
        .filter(([path]) => path.startsWith('/id'))
        .map(([path, { content }]) => [path, `${content}`]),
    ),
  };
}

/** A layer's files on top of those that are there. */
function stack(files: Map<string, Member>, layer: readonly Member[]): void {
  for (const { path } of layer) {
    const [, folder, name] = /^(.*)\/\.wh\.(.*)$/.exec(path) ?? [];
    if (name === undefined) continue;
    const gone = name === '.wh..opq' ? folder! : `${folder}/${name}`;
    for (const each of files.keys()) {
      if (each.startsWith(`${gone}/`) || (each === gone && name !== '.wh..opq')) files.delete(each);
    }
  }
  for (const member of layer) {
    if (/\/\.wh\.[^/]*$/.test(member.path)) continue;
    if (member.type !== 'folder') {
      for (const each of files.keys()) if (each.startsWith(`${member.path}/`)) files.delete(each);
    }
    const target = member.type === 'hard' ? files.get(member.link) : undefined;
    files.set(member.path, target === undefined ? member : { ...target, path: member.path });
  }
}

function describe({ path, type, mode, uid, gid, link, content, xattrs, mtime }: Member): string {
  const what = type === 'file' && !path.startsWith('/id') ? `${content.length} ${Bun.hash(content)}` : link;
  const attributes = [...xattrs].map(([name, value]) => ` ${name}=${value}`).sort();
  // Only what is copied has a time that two engines can share.
  const time = mtime === CONTEXT_TIME ? ' of the context' : '';
  return `${type} ${mode.toString(8)} ${uid}:${gid} ${what}${attributes.join('')}${time}`;
}

function find(members: ReadonlyMap<string, Member>, path: string): Member {
  const member = members.get(path);
  if (member === undefined) throw new Error(`the archive has no ${path}`);
  // A layer that an image has twice is there once.
  return member.type === 'symlink' ? find(members, new URL(member.link, `file://${path}`).pathname) : member;
}

function textOf(members: ReadonlyMap<string, Member>, path: string): string {
  return find(members, path).content.toString();
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
