/**
 * The recipe: what it takes, beside a layer's unpacked files, to rebuild the very same tar archive (the idea is
 * tar-split's). The archive's bytes are either in the recipe (headers, padding, end marks) or in a file of the layer,
 * which the recipe names with its size and CRC-32.
 *
 * On disk: {@link MAGIC}, then blocks until the end block, all numbers little-endian:
 *
 *     u8 kind   u32 bytes on disk   u32 bytes plain   zstd frame (with zstd's own checksum)
 *
 * - `main` blocks hold whole records, in the order of the archive:
 *   - u8 1, u32 length, bytes: as they are.
 *   - u8 2, u32 path length, path, u64 stored size, u32 crc, u32 fragments, each u64 offset and u64 length: content of
 *     a file; without fragments it is the whole file.
 * - `displaced` blocks hold a piece of a file that a later entry of the same archive replaced, so that it is not on
 *   disk any more: u32 contents recorded before it went, u64 offset, u32 path length, path, bytes. Holes are left
 *   out. The content of entry i is that of the first displacement of its path after i; if there is none, the file is
 *   on disk. A block with no bytes stands for a displaced file that is empty or all hole.
 * - the `end` block holds u64 bytes of the archive. A recipe without it was cut off.
 */
export const MAGIC = Buffer.from('proa recipe 1\n');

export const BLOCK_HEADER = 9;
export const KIND = { main: 1, displaced: 2, end: 3 } as const;
export const RECORD = { raw: 1, content: 2 } as const;

/** A main block is closed when it holds as much; a single record may exceed it. */
export const BLOCK_TARGET = 256 * 1024;
/** Bytes of a displaced file in one block. */
export const PIECE = 1 << 20;
/** No block that was written as above is larger: the largest is a file with 262,144 fragments. */
export const MAX_BLOCK = 8 << 20;
