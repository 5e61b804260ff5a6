import type { Directives } from './ast.ts';
import { syntaxError, within } from './syntax-error.ts';

/**
 * The parser directives: comments of the form `# key=value` at the very top. The first line that is none ends them, be it
 * another comment or empty (https://docs.docker.com/reference/dockerfile/#parser-directives).
 * @throws ProaError DOCKERFILE_SYNTAX for one that stands twice, or an escape character other than \ and `
 */
export function readDirectives(source: readonly string[], name: string): Directives {
  const found = new Map<string, string>();
  for (const [index, line] of source.entries()) {
    const match = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line);
    const key = match?.[1]?.toLowerCase() ?? '';
    if (!['syntax', 'escape', 'check'].includes(key)) break;
    within(`${name}:${index + 1}`, () => {
      if (found.has(key)) throw syntaxError(`the directive ${key} stands there twice`, 'leave one of them');
      if (key === 'escape' && !/^[\\`]$/.test(match![2]!)) {
        throw syntaxError(`invalid escape character ${match![2]}`, 'it is \\ or `');
      }
    });
    found.set(key, match![2]!);
  }
  const [syntax, check] = [found.get('syntax'), found.get('check')];
  return {
    escape: found.get('escape') === '`' ? '`' : '\\',
    ...(syntax !== undefined && { syntax }),
    ...(check !== undefined && { check }),
  };
}
