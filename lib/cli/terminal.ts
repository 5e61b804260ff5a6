/** What the terminal is and can, asked as cheaply as possible: `process.stdout` is only built when its size is needed. */
import { isatty } from 'node:tty';

/** True when the descriptor is a terminal. 0 is stdin, 1 stdout, 2 stderr. */
export function isTerminal(fd: number): boolean {
  return isatty(fd);
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The size of the terminal behind a descriptor; what is not a terminal counts as 80 × 24, or as COLUMNS says. */
export function terminalSize(fd: 1 | 2 = 1): TerminalSize {
  const wanted = Number(process.env.COLUMNS);
  const columns = Number.isInteger(wanted) && wanted > 0 ? wanted : 80;
  if (!isTerminal(fd)) return { columns, rows: 24 };
  const stream = fd === 1 ? process.stdout : process.stderr;
  return { columns: stream.columns || columns, rows: stream.rows || 24 };
}

/** The width in columns; 80 for what is not a terminal. */
export function terminalWidth(fd: 1 | 2 = 1): number {
  return terminalSize(fd).columns;
}

/**
 * Whether to colour what goes to a descriptor: only on a terminal that can, and not when NO_COLOR is set to anything
 * (https://no-color.org). CLICOLOR_FORCE and FORCE_COLOR colour even a pipe.
 */
export function wantsColour(fd: number, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment.NO_COLOR) return false;
  const forced = environment.FORCE_COLOR ?? environment.CLICOLOR_FORCE;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return environment.TERM !== 'dumb' && isTerminal(fd);
}
