import { parseGoDuration } from '../../core/go-duration.ts';
import type { HealthcheckInstruction } from './ast.ts';
import type { Flags } from './flags.ts';
import type { Own, Parts } from './instruction.ts';
import { syntaxError, unknownWord } from './syntax-error.ts';
import { jsonWords } from './words.ts';

/** Docker refuses less: a probe cannot run that often. */
const SHORTEST = 1_000_000;

/** `HEALTHCHECK NONE`, or options and `CMD` with a command in either form. Throws ProaError DOCKERFILE_SYNTAX. */
export function readHealthcheck({ rest, flags }: Parts): Own<HealthcheckInstruction> {
  const match = /^(\S+)\s*(.*)$/s.exec(rest);
  const [type, command] = [match?.[1]?.toUpperCase(), match?.[2] ?? ''];
  if (type === undefined) throw syntaxError('it needs NONE, or CMD and a command');
  if (type === 'NONE') {
    if (command !== '') throw syntaxError('NONE takes nothing else');
    return { kind: 'HEALTHCHECK', test: ['NONE'] };
  }
  if (type !== 'CMD') throw unknownWord('form', match![1]!, ['CMD', 'NONE']);
  const words = jsonWords(command);
  if (words?.length === 0 || command === '') throw syntaxError('CMD needs a command');
  const times = {
    interval: nanoseconds(flags, 'interval'),
    timeout: nanoseconds(flags, 'timeout'),
    startPeriod: nanoseconds(flags, 'start-period'),
    startInterval: nanoseconds(flags, 'start-interval'),
    retries: retriesOf(flags.text('retries')),
  };
  return {
    kind: 'HEALTHCHECK',
    test: words === undefined ? ['CMD-SHELL', command] : ['CMD', ...words],
    ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)),
  };
}

/** Zero means what is left out: the default. */
function nanoseconds(flags: Flags, name: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined || text === '') return undefined;
  const value = parseGoDuration(text);
  if (value === undefined) throw syntaxError(`--${name}=${text} is no duration`, 'write it as 30s or 1m30s');
  if (value !== 0 && value < SHORTEST) throw syntaxError(`--${name}=${text} is less than 1ms`);
  return value === 0 ? undefined : value;
}

function retriesOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw syntaxError(`--retries=${text} is no number`);
  const value = Number(text);
  if (value < 0 || value > 2 ** 31 - 1) throw syntaxError(`--retries=${text} is out of range`);
  return value;
}
