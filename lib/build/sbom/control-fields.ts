/** Records of `Name: value` lines, an empty line between two: dpkg's status, Python's METADATA (RFC 822's form). */

/** Field names are in small letters; lines that go on (they begin with a blank) are joined by newlines. */
export function* controlRecords(text: string): Generator<ReadonlyMap<string, string>> {
  let fields = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (fields.size > 0) yield fields;
      fields = new Map();
      last = '';
    } else if (/^[ \t]/.test(line)) {
      if (last !== '') fields.set(last, `${fields.get(last)}\n${line.trim()}`);
    } else {
      const colon = line.indexOf(':');
      if (colon < 1) continue;
      last = line.slice(0, colon).toLowerCase();
      // The first counts: a description below may hold lines that look like fields.
      if (!fields.has(last)) fields.set(last, line.slice(colon + 1).trim());
    }
  }
  if (fields.size > 0) yield fields;
}
