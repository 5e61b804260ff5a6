/** Names in an archive, made harmless before anything is looked up: relative to the root, and never above it. */
import { hostileArchive } from './archive-error.ts';
import type { ByteString } from './header.ts';

/** PATH_MAX without its NUL. */
const MAX_PATH = 4095;
/**
 * Nothing real nests so deep, and whoever walks a tree (the removal of the layer, a container's `rm -r`) holds an open
 * descriptor a level, of which a process commonly has 1,024.
 */
const MAX_DEPTH = 256;

/**
 * `./usr//bin/../lib/` → `usr/lib`; the root itself → ''. Absolute names are taken as relative to the root, as every
 * engine takes them.
 * @throws ProaError HOSTILE_ARCHIVE for a name that leads above the root, is too long or nests too deep
 */
export function cleanName(name: ByteString): ByteString {
  let start = 0;
  let end = name.length;
  while (start < end && name.charCodeAt(start) === 0x2f) start++;
  while (name.startsWith('./', start)) {
    start += 2;
    while (start < end && name.charCodeAt(start) === 0x2f) start++;
  }
  while (end > start && name.charCodeAt(end - 1) === 0x2f) end--;
  let clean = name.slice(start, end);
  if (/(?:^|\/)\.{0,2}(?:\/|$)/.test(clean)) clean = collapse(clean, name);
  if (clean.length > MAX_PATH) throw hostileArchive(name, `its name is longer than ${MAX_PATH} bytes`);
  if (clean.length > 2 * MAX_DEPTH && clean.split('/').length > MAX_DEPTH) throw tooDeep(name);
  return clean;
}

function collapse(clean: ByteString, name: ByteString): ByteString {
  const parts: string[] = [];
  for (const part of clean.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw hostileArchive(name, 'its name leads out of the layer');
  }
  return parts.join('/');
}

/** The error for a path that nests deeper than any honest one. */
export function tooDeep(name: ByteString): Error {
  return hostileArchive(name, `it nests more than ${MAX_DEPTH} folders deep`);
}

/** True for the resolved path of a folder that may not have children any more. */
export function isTooDeep(real: ByteString): boolean {
  return real.length > MAX_PATH || (real.length >= 2 * MAX_DEPTH - 1 && real.split('/').length >= MAX_DEPTH);
}

/** `usr/lib/x` → `usr/lib`; `x` → ''. */
export function parentOf(name: ByteString): ByteString {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** `usr/lib/x` → `x`. */
export function baseOf(name: ByteString): ByteString {
  return name.slice(name.lastIndexOf('/') + 1);
}

export function joinName(parent: ByteString, name: ByteString): ByteString {
  return parent === '' ? name : `${parent}/${name}`;
}
