/** Signal names and numbers (signal(7)); the same on x86-64 and arm64. */
import { ProaError } from './error.ts';

const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

const RTMIN = 34;
const RTMAX = 64;

/**
 * The number of `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3` or `SIGRTMAX-1`.
 * @throws ProaError INVALID_SIGNAL
 */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number >= 1 && number <= RTMAX) return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const plain = NUMBERS[name];
  if (plain !== undefined) return plain;
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realtime !== null) {
    const base = realtime[1] === 'MIN' ? RTMIN : RTMAX;
    const number = base + Number(`${realtime[2] ?? '+'}${realtime[3] ?? 0}`);
    if (number >= RTMIN && number <= RTMAX) return number;
  }
  throw new ProaError('INVALID_SIGNAL', `use signal ${JSON.stringify(text)}: no such signal`, {
    hint: 'For example: TERM, SIGHUP, 9, SIGRTMIN+3',
  });
}

export const SIGKILL = 9;
