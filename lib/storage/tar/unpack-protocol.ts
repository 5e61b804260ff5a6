/** What the process that unpacks a layer and the one that started it say to each other. */
import type { Compression } from './compression.ts';

/** The descriptor that tells of growth. */
export const GROWTH = 3;

export interface UnpackArguments {
  /** An existing, empty folder: the new layer's files. */
  target: string;
  /** A file to create. */
  recipe: string;
  /** `auto` goes by the first bytes. */
  compression: Compression | 'auto';
  /** Which extended attributes overlayfs will read its marks from: `user` inside a user namespace. */
  xattrPrefix: 'trusted' | 'user';
  /** Single-id mode: everything belongs to who unpacks. */
  ignoreOwner: boolean;
  /** `ALGORITHM:HEX` of the compressed bytes; what differs fails. Its algorithm is that of the result's digest. */
  expectedDigest?: string;
  /** Compressed bytes; more or fewer fail. */
  expectedSize?: number;
  /** `ALGORITHM:HEX` of the tar. */
  expectedDiffId?: string;
  /**
   * Standard input is a file that still grows. Descriptor {@link GROWTH} says so: a byte for more, its end for all.
   */
  follow?: boolean;
}

export interface UnpackResult {
  /** Of the bytes that came in. */
  digest: string;
  size: number;
  /** Of the tar. */
  diffId: string;
  plainSize: number;
  /** Bytes of the files' contents. */
  diskSize: number;
  /** Entries, of all types. */
  files: number;
  /** What could not be unpacked here and is done without (see extract.ts). */
  skipped: { devices: number; xattrs: number };
}

/** The one line that the child prints. */
export type UnpackReply = { result: UnpackResult } | { error: UnpackFailure };

export interface UnpackFailure {
  code: string;
  message: string;
  hint?: string;
}
