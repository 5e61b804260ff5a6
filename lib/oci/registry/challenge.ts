/** One challenge of a WWW-Authenticate header. Scheme and parameter names are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;
const SEPARATORS = /[\s,]*/y;
const EQUALS = /\s*=\s*/y;
const SPACES = /\s*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/**
 * Parses a WWW-Authenticate header: `1#challenge`, where commas separate both challenges and parameters (RFC 9110,
 * section 11.6.1; RFC 7235, section 4.1). Several headers joined by a comma are read alike. It stops at what it cannot
 * read and returns what came before.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match ?? undefined;
  };
  while (at < header.length) {
    take(SEPARATORS);
    const word = take(TOKEN)?.[0].toLowerCase();
    if (word === undefined) break;
    if (!take(EQUALS)) {
      challenges.push({ scheme: word, parameters: {} });
      take(SPACES);
      take(TOKEN68); // `Negotiate dG9rZW4=` has a lone token in place of parameters.
      continue;
    }
    const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(TOKEN)?.[0];
    const current = challenges.at(-1);
    if (value === undefined || current === undefined) break;
    current.parameters[word] = value;
  }
  return challenges;
}
