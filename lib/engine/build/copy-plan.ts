/** What COPY and ADD are asked, and what a plan of one holds. */
import type { CopyInstruction } from '../../build/dockerfile/ast.ts';
import type { GitUrl } from '../../build/git-url.ts';
import { ProaError } from '../../core/error.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import type { CopyTree } from './copy-tree.ts';
import type { CopyItem } from './copy-walk.ts';

/** What of an instruction matters here, variables replaced. */
export type CopyWords = Pick<
  CopyInstruction,
  | 'kind'
  | 'sources'
  | 'heredocs'
  | 'destination'
  | 'chown'
  | 'chmod'
  | 'parents'
  | 'exclude'
  | 'checksum'
  | 'keepGitDir'
  | 'unpack'
>;

/** One source of a plan, ready to be written. */
export type PlannedSource = TreeSource | TextSource | DownloadSource | GitSource;

/** Files of a tree. */
export interface TreeSource {
  readonly kind: 'tree';
  /** Content of a folder, which makes the destination one; else one file. */
  readonly isFolder: boolean;
  /** The name that a file gets in a folder. */
  readonly name: ByteString;
  readonly items: readonly CopyItem[];
}

/** A heredoc. */
interface TextSource {
  readonly kind: 'text';
  readonly name: ByteString;
  readonly text: string;
}

/** A file on a web server. */
export interface DownloadSource {
  readonly kind: 'download';
  readonly name: ByteString;
  readonly url: string;
  /** `sha256:HEX` of its bytes. */
  readonly digest: string;
}

/** A commit of a repository. */
export interface GitSource {
  readonly kind: 'git';
  readonly url: GitUrl;
  readonly commit: string;
  readonly keepGitDir: boolean;
}

export interface CopyPlan {
  /**
   * `sha256:HEX` of all that is copied: names, types, modes, content, link targets, extended attributes, and owners where
   * those are kept. Not of times, nor of the instruction's own words: those and the layers below are the caller's to add.
   */
  readonly digest: string;
  readonly words: CopyWords;
  readonly tree: CopyTree;
  readonly sources: readonly PlannedSource[];
  readonly files: number;
  readonly bytes: number;
}

export function needsFolder({ destination }: Pick<CopyWords, 'destination'>): ProaError {
  return new ProaError(
    'COPY_NEEDS_FOLDER',
    'with more than one source, the destination must be a directory and end with a /',
    { hint: `write ${destination}/` },
  );
}
