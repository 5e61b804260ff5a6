/** `<<EOT` and `<<-EOT`: templates over several lines. */
import type { Expression } from './ast.ts';
import { Reader } from './reader.ts';
import { parseTemplate } from './template.ts';

/** A heredoc that begins here; the newline behind its last line is left, as it ends the attribute. */
export function parseHeredoc(reader: Reader): Expression {
  const at = reader.at;
  const [, flush, name] =
    /^<<(-?)([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/u.exec(reader.text.slice(at)) ?? [];
  if (name === undefined) throw reader.error('expected a name and the end of the line after "<<"');
  const start = reader.text.indexOf('\n', at) + 1;
  const lines: string[] = [];
  let position = start;
  for (;;) {
    const end = reader.text.indexOf('\n', position);
    const line = reader.text.slice(position, end < 0 ? undefined : end);
    if (line.trim() === name) {
      reader.at = end < 0 ? reader.text.length : end;
      break;
    }
    if (end < 0) throw reader.error(`a heredoc has no line ${name}`, at);
    lines.push(line.replace(/\r$/, ''));
    position = end + 1;
  }
  const text = (flush === '-' ? unindented(lines) : lines).map((line) => `${line}\n`).join('');
  // Lines before it keep positions right in messages, but for the indentation that is gone.
  const before = reader.text.slice(0, start).replace(/[^\n]/g, ' ');
  const inner = new Reader({ name: reader.source.name, text: before + text }, reader.parser);
  inner.at = before.length;
  return parseTemplate(inner, { position: inner.text.length });
}

function unindented(lines: readonly string[]): string[] {
  const depths = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0].length);
  const depth = depths.length === 0 ? 0 : Math.min(...depths);
  return lines.map((line) => line.slice(Math.min(depth, /^[ \t]*/.exec(line)![0].length)));
}
