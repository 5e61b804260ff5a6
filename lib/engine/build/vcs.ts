/**
 * What git knows of a context, read from its files: no program of the repository's choice (hooks, fsmonitor) can run so.
 * gitrepository-layout(5)
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path/posix';

export interface VcsFacts {
  /** URL of the remote `origin`, without credentials. */
  readonly source?: string;
  /** The commit that is checked out. */
  readonly revision?: string;
}

/** Undefined where the folder, or one that it is in, is no working tree. */
export function vcsFacts(folder: string): VcsFacts | undefined {
  const git = findGitFolder(folder);
  if (git === undefined) return undefined;
  // A worktree of its own keeps what all share elsewhere.
  const common = read(`${git}/commondir`)?.trim();
  const shared = common === undefined ? git : common.startsWith('/') ? common : `${git}/${common}`;
  const source = originOf(read(`${shared}/config`) ?? '');
  const revision = revisionOf(git, shared);
  return { ...(source && { source }), ...(revision && { revision }) };
}

function findGitFolder(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const status = statSync(`${at}/.git`, { throwIfNoEntry: false });
    if (status?.isDirectory()) return `${at}/.git`;
    const [, link] = /^gitdir: (.+)$/m.exec((status?.isFile() && read(`${at}/.git`)) || '') ?? [];
    if (link !== undefined) return link.startsWith('/') ? link : `${at}/${link}`;
    if (at === dirname(at)) return undefined;
  }
}

function revisionOf(git: string, shared: string): string | undefined {
  const head = read(`${git}/HEAD`)?.trim() ?? '';
  const [, ref] = /^ref: (refs\/[^\s]+)$/.exec(head) ?? [];
  const text = ref === undefined ? head : (read(`${shared}/${ref}`)?.trim() ?? packedRef(shared, ref));
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}

function packedRef(shared: string, ref: string): string | undefined {
  const line = read(`${shared}/packed-refs`)
    ?.split('\n')
    .find((each) => each.endsWith(` ${ref}`));
  return line?.split(' ', 1)[0];
}

/** git-config(1), "CONFIGURATION FILE" */
function originOf(config: string): string | undefined {
  const [, section = ''] = /^\[remote "origin"\]$([^[]*)/m.exec(config) ?? [];
  const url = /^\s*url\s*=\s*(.+)$/m.exec(section)?.[1]?.trim();
  return url?.replace(/^([a-z+]+:\/\/)[^/@]*@/, '$1');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not there, or not for us: then it says nothing.
    return undefined;
  }
}
