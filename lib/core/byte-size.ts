/** A size in bytes as go-units' RAMInBytes reads it: `512m`, `1.5g`, `64KiB`; units are powers of 1024. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+) ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(text);
  if (match === null) return undefined;
  const power = match[2] === undefined ? 0 : 'kmgtp'.indexOf(match[2].toLowerCase()) + 1;
  return Math.trunc(Number(match[1]) * 1024 ** power);
}
