/**
 * What a value has to look like, where that can be said before the command reads it. A value with a specifier or variable
 * of systemd's in it is not known here and passes. Each check returns why a value cannot be.
 */

export type Check = (value: string) => string | undefined;

export const isOpen = (value: string): boolean => /[%$]/.test(value);

const matching =
  (pattern: RegExp, why: string): Check =>
  (value) =>
    isOpen(value) || pattern.test(value) ? undefined : why;

/** `one of`, for values that Go's flags compare by letter. */
export const oneOf = (...words: readonly string[]): Check =>
  matching(new RegExp(`^(?:${words.join('|')})$`), `must be one of ${words.join(', ')}`);

export const number = matching(/^-?\d+$/, 'not a whole number');
export const count = matching(/^\d+$/, 'not a whole number from 0 on');
export const size = matching(/^\d+(\.\d+)?\s*([kKmMgGtTpP]([iI]?[bB])?|[bB])?$/, 'not a size such as 512m');
/** Go's durations, or seconds. */
export const duration = matching(/^(\d+|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/, 'not a duration such as 1m30s');
export const interval = matching(
  /^(disable|\d+|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/,
  'neither a duration such as 1m30s nor disable',
);
export const ipv4 = matching(/^\d{1,3}(\.\d{1,3}){3}$/, 'not an IPv4 address');
export const ipv6 = matching(/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/, 'not an IPv6 address');
export const ports = matching(
  /^(\S+:)?(\d+(-\d+)?)?:?\d+(-\d+)?(\/(tcp|udp|sctp))?$/,
  'not [[IP:]HOST:]CONTAINER, such as 8080:80',
);
export const exposed = matching(/^\d+(-\d+)?(\/(tcp|udp|sctp))?$/, 'not PORT[-PORT][/PROTOCOL]');
export const hostLine = matching(/^[^\s:]+[:=]\S+$/, 'not NAME:IP');
export const pair = matching(/^[^=]+=/, 'not NAME=VALUE');

/** As systemd reads booleans (systemd.syntax(7)). @returns undefined when it is none */
export function parseBoolean(value: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(value)) return true;
  return /^(0|no|n|false|f|off)$/i.test(value) ? false : undefined;
}
