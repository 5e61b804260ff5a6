import { SNIFF_BYTES, sniffMediaType } from '../../../lib/oci/model/content-type.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test.each([
  ['', 'text/plain; charset=utf-8'],
  ['plain\twords\r\n', 'text/plain; charset=utf-8'],
  ['\x1b[1mcolour', 'text/plain; charset=utf-8'],
  ['with a \x00', 'application/octet-stream'],
  ['\n <!doctype html>', 'text/html; charset=utf-8'],
  ['<body class="x">', 'text/html; charset=utf-8'],
  ['<bodyless>', 'text/plain; charset=utf-8'],
  [' <?xml version="1.0"?>', 'text/xml; charset=utf-8'],
  ['%PDF-1.7', 'application/pdf'],
  ['\x1f\x8b\x08\x00', 'application/x-gzip'],
  ['PK\x03\x04', 'application/zip'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['RIFF\x01\x02\x03\x04WEBPVP8 ', 'image/webp'],
  ['RIFF\x01\x02\x03\x04WAVE', 'audio/wave'],
  ['\xff\xfea\x00', 'text/plain; charset=utf-16le'],
  ['\x00asm\x01', 'application/wasm'],
])('%j is %s', (start, type) => {
  expect(sniffMediaType(bytes(start))).toBe(type);
});

test('what is behind the first bytes does not count', () => {
  expect(sniffMediaType(bytes(`${'a'.repeat(SNIFF_BYTES)}\0`))).toBe('text/plain; charset=utf-8');
});
