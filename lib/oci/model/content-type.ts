/** A file's media type by its first bytes: the table of the MIME Sniffing Standard (sections 6 and 7), as Go's net/http has it. */

/** Bytes that are looked at. */
export const SNIFF_BYTES = 512;

const TEXT = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';

/** Type and how the file begins; a dot stands for any byte. */
const MAGIC: readonly (readonly [type: string, start: string])[] = [
  ['application/pdf', '%PDF-'],
  ['application/postscript', '%!PS-Adobe-'],
  ['text/plain; charset=utf-16be', '\xfe\xff'],
  ['text/plain; charset=utf-16le', '\xff\xfe'],
  [TEXT, '\xef\xbb\xbf'],
  ['image/x-icon', '\x00\x00\x01\x00'],
  ['image/x-icon', '\x00\x00\x02\x00'],
  ['image/bmp', 'BM'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['image/webp', 'RIFF....WEBPVP'],
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['audio/aiff', 'FORM....AIFF'],
  ['audio/mpeg', 'ID3'],
  ['application/ogg', 'OggS\x00'],
  ['audio/midi', 'MThd\x00\x00\x00\x06'],
  ['video/avi', 'RIFF....AVI '],
  ['audio/wave', 'RIFF....WAVE'],
  ['video/mp4', '....ftypmp4'],
  ['video/webm', '\x1a\x45\xdf\xa3'],
  ['font/ttf', '\x00\x01\x00\x00'],
  ['font/otf', 'OTTO'],
  ['font/collection', 'ttcf'],
  ['font/woff', 'wOFF'],
  ['font/woff2', 'wOF2'],
  ['application/x-gzip', '\x1f\x8b\x08'],
  ['application/zip', 'PK\x03\x04'],
  ['application/x-rar-compressed', 'Rar!\x1a\x07\x00'],
  ['application/x-rar-compressed', 'Rar!\x1a\x07\x01\x00'],
  ['application/wasm', '\x00asm'],
];

const HTML =
  /^[\t\n\f\r ]*(?:<!--|<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >])/i;
const XML = /^[\t\n\f\r ]*<\?xml/;
/** Bytes that no text has. */
const NOT_TEXT = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** @param start the first {@link SNIFF_BYTES} bytes, or all of a shorter file */
export function sniffMediaType(start: Uint8Array): string {
  const head = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, SNIFF_BYTES)).toString(
    'latin1',
  );
  if (HTML.test(head)) return 'text/html; charset=utf-8';
  if (XML.test(head)) return 'text/xml; charset=utf-8';
  const found = MAGIC.find(([, pattern]) => begins(head, pattern));
  return found?.[0] ?? (NOT_TEXT.test(head) ? BINARY : TEXT);
}

function begins(head: string, pattern: string): boolean {
  if (head.length < pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '.' && pattern[i] !== head[i]) return false;
  }
  return true;
}
