/** What the documents of `--call` have in common. */
import type { Dockerfile, Lines } from '../../../build/dockerfile/ast.ts';

/** The rest of a comment that begins with the name; '' for none. */
export function describedBy(comments: readonly string[], name: string | undefined): string {
  if (name === undefined) return '';
  const start = `${name.toLowerCase()} `;
  const comment = comments.map((text) => text.trim()).find((text) => text.toLowerCase().startsWith(start));
  return comment === undefined ? '' : comment.slice(start.length).trim();
}

export function location({ first, last }: Lines): object {
  return { ranges: [{ start: { line: first }, end: { line: last } }] };
}

/** The Dockerfile itself, for those who want to show the lines. */
export function sourcesOf({ source }: Dockerfile): string[] {
  return [Buffer.from(source.join('\n')).toString('base64')];
}
