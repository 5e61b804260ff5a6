/** `${VAR:-default}` of compose files (https://docs.docker.com/reference/compose-file/interpolation/). */
import { ProaError } from '../../core/error.ts';

type Names = Readonly<Record<string, string | undefined>>;

/**
 * All texts within a value, with the variables' values.
 * @throws ProaError BAKE_SYNTAX: an unfinished `${`, a variable that is required by `:?`
 */
export function interpolated(value: unknown, names: Names): unknown {
  if (typeof value === 'string') return interpolatedText(value, names);
  if (Array.isArray(value)) return value.map((each) => interpolated(each, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolated(each, names)]));
}

function interpolatedText(text: string, names: Names): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const [name] = /^[A-Za-z_]\w*/.exec(rest) ?? [];
    if (rest.startsWith('$')) [result, at] = [`${result}$`, dollar + 2];
    else if (name !== undefined) [result, at] = [result + (names[name] ?? ''), dollar + 1 + name.length];
    else if (rest.startsWith('{')) {
      const end = closing(text, dollar + 1);
      result += braced(text.slice(dollar + 2, end), names);
      at = end + 1;
    } else [result, at] = [`${result}$`, dollar + 1];
  }
  return result;
}

/** The brace that belongs to the one at `at`. */
function closing(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return i;
  }
  throw new ProaError(
    'BAKE_SYNTAX',
    `a variable has no end: ${JSON.stringify(text.slice(at - 1))}: "}" is missing`,
  );
}

function braced(inner: string, names: Names): string {
  const [, name = '', operator = '', word = ''] = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/.exec(inner) ?? [];
  if (name === '') throw new ProaError('BAKE_SYNTAX', `no variable: \${${inner}}`);
  const value = names[name];
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  switch (operator.at(-1)) {
    case '-':
      return isSet ? value : interpolatedText(word, names);
    case '+':
      return isSet ? interpolatedText(word, names) : '';
    case '?':
      if (!isSet)
        throw new ProaError('BAKE_SYNTAX', `the variable ${name} is needed: ${word || 'it is not set'}`);
  }
  return value ?? '';
}
