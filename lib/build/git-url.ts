/** Git repositories as contexts and as sources of ADD name them: `REMOTE[#REF[:FOLDER]]`. */
import { ProaError } from '../core/error.ts';

export interface GitUrl {
  /** As git takes it. */
  readonly remote: string;
  /** Branch, tag or commit; absent: what the remote's HEAD is. */
  readonly ref?: string;
  /** Folder in the repository; '' is all of it. */
  readonly folder: string;
  readonly keepGitDir?: boolean;
}

/** Whether a text names a repository and not a file on a web server: by its scheme, its host, or the end `.git`. */
export function isGitUrl(text: string): boolean {
  if (/^(?:git|ssh|git\+ssh|git\+https?):\/\//.test(text)) return true;
  // scp's form needs a user in front, or a folder with a colon in its name would be one.
  if (/^[A-Za-z0-9._-]+@[^/:@]+:(?!\/\/)/.test(text)) return true;
  return /^(?:https?:\/\/)?github\.com\/[^/]+\/[^/]+/.test(text)
    ? isRepository(text)
    : /^https?:\/\/[^?#]+\.git(?:[?#]|$)/.test(text);
}

/** github.com has archives and single files beside its repositories. */
function isRepository(text: string): boolean {
  return (
    /^(?:https?:\/\/)?github\.com\/[^/]+\/[^/?#]+\.git(?:[?#]|$)/.test(text) ||
    /^github\.com\/[^/]+\/[^/]+\/?(?:[?#]|$)/.test(text)
  );
}

/**
 * Takes a repository's text apart. Besides the fragment, the query may say `ref=`, `branch=`, `tag=`, `commit=`, `subdir=` and
 * `keep-git-dir=`.
 * @throws ProaError INVALID_GIT_URL
 */
export function parseGitUrl(text: string): GitUrl {
  const hash = text.indexOf('#');
  const [place = '', query = ''] = split(hash < 0 ? text : text.slice(0, hash), '?');
  const [ref = '', folder = ''] = split(hash < 0 ? '' : text.slice(hash + 1), ':');
  const asked = new URLSearchParams(query);
  const unknown = [...asked.keys()].find(
    (key) => !/^(ref|branch|tag|commit|checksum|subdir|keep-git-dir)$/.test(key),
  );
  if (unknown !== undefined) throw invalid(text, `it has no option ${unknown}`);
  const wanted =
    ref || ['commit', 'tag', 'branch', 'ref', 'checksum'].map((key) => asked.get(key)).find(Boolean);
  // What begins with a dash would be an option of git.
  if (wanted?.startsWith('-')) throw invalid(text, `${wanted} is no branch, tag or commit`);
  const inside = (folder || asked.get('subdir')) ?? '';
  const keep = asked.get('keep-git-dir');
  return {
    remote: place.startsWith('github.com/') ? `https://${place}` : place.replace(/^git\+(?=ssh|https?)/, ''),
    ...(wanted && { ref: wanted }),
    folder: inside.replace(/^\/+|\/+$/g, ''),
    ...(keep !== null && { keepGitDir: /^(?:|1|t|true)$/i.test(keep) }),
  };
}

function split(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(text: string, why: string): ProaError {
  return new ProaError('INVALID_GIT_URL', `use git repository ${redacted(text)}: ${why}`, {
    hint: 'write REMOTE#REF:FOLDER, for example https://example.com/me/app.git#main:src',
  });
}

/** The text without a password that is in it. */
export function redacted(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)[^@/]*@/i, '$1');
}
