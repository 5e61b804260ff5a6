/** Which display a build has: `--progress`, BUILDKIT_PROGRESS, and what stderr is. */
import { isTerminal, wantsColour } from '../../../cli/terminal.ts';
import { ProaError } from '../../../core/error.ts';
import { JsonDisplay } from './json-display.ts';
import { PlainDisplay } from './plain-display.ts';
import type { StepDisplay } from './shown-step.ts';
import { type Colours, NO_COLOURS, TerminalDisplay } from './terminal-display.ts';

export const PROGRESS = ['auto', 'plain', 'tty', 'rawjson', 'quiet', 'none'] as const;

/** `quiet` ends with the image's id, `none` says nothing at all. */
export type ProgressKind = 'plain' | 'tty' | 'rawjson' | 'quiet' | 'none';

const STDERR = 2;

/** @throws ProaError NO_TERMINAL for `tty` without one; INVALID_OPTION for what the environment says */
export function progressKind(option: string | undefined, quiet: boolean): ProgressKind {
  if (quiet) return 'quiet';
  const wanted = option ?? (process.env.BUILDKIT_PROGRESS || 'auto');
  switch (wanted) {
    case 'auto':
      return isTerminal(STDERR) && process.env.TERM !== 'dumb' ? 'tty' : 'plain';
    case 'tty':
      if (isTerminal(STDERR)) return 'tty';
      throw new ProaError('NO_TERMINAL', 'show progress as tty: stderr is not a terminal', {
        hint: 'Use --progress plain',
      });
    case 'none':
    case 'quiet':
    case 'plain':
    case 'rawjson':
      return wanted;
    default:
      throw new ProaError(
        'INVALID_OPTION',
        `BUILDKIT_PROGRESS=${wanted}: must be one of ${PROGRESS.join(', ')}`,
      );
  }
}

export async function openDisplay(kind: ProgressKind, write: (text: string) => void): Promise<StepDisplay> {
  switch (kind) {
    case 'plain':
      return new PlainDisplay(write);
    case 'rawjson':
      return new JsonDisplay(write);
    case 'quiet':
    case 'none':
      return SILENCE;
    case 'tty': {
      const lines = Number(process.env.BUILDKIT_TTY_LOG_LINES);
      const said = Number.isInteger(lines) && lines > 0 ? lines : undefined;
      return new TerminalDisplay(process.stderr, await colours(), said);
    }
  }
}

/** BuildKit's colours. chalk is only worth its time where a person watches. */
async function colours(): Promise<Colours> {
  if (!wantsColour(STDERR)) return NO_COLOURS;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    done: (text) => chalk.blue(text),
    failed: (text) => chalk.red(text),
    cancelled: (text) => chalk.yellow(text),
  };
}

const SILENCE: StepDisplay = {
  counted() {},
  started() {},
  output() {},
  lines() {},
  part() {},
  ended() {},
  warned() {},
  close() {},
};
