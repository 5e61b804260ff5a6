/** What the documents of `--call` have in common. */
import type { Dockerfile, Lines } from '../../../build/dockerfile/ast.ts';

export function location({ first, last }: Lines): object {
  return { ranges: [{ start: { line: first }, end: { line: last } }] };
}

/** The Dockerfile itself, for those who want to show the lines. */
export function sourcesOf({ source }: Dockerfile): string[] {
  return [Buffer.from(source.join('\n')).toString('base64')];
}
