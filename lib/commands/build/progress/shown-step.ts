/** A build's steps as a person follows them, whatever they are shown on. */

import { formatBytes } from '../../../cli/values.ts';
import type { BuildStep } from '../../../engine/build/request.ts';

/** One step: what it is, how far it is, what it has said. Times are milliseconds of one clock. */
export interface ShownStep {
  /** Counted from 1, in the order in which steps begin: `#5`. */
  readonly number: number;
  readonly step: BuildStep;
  readonly started: number;
  ended?: number;
  outcome?: Outcome;
  /** Why it failed. */
  error?: string;
  /** By what is under way: `transferring context`, a layer's digest. */
  readonly parts: Map<string, Part>;
  /** The last lines of its output, without their times. */
  readonly tail: TimedLine[];
}

export type Outcome = 'done' | 'cached' | 'cancelled' | 'failed';

/** A part of a step whose bytes are counted. */
export interface Part {
  done: number;
  total: number | undefined;
  readonly started: number;
  ended?: number;
}

export interface TimedLine {
  /** Milliseconds since the step began. */
  readonly at: number;
  readonly text: string;
}

/** Where steps are shown. Every call comes when what it tells of is in the step already. */
export interface StepDisplay {
  /** How many steps there will be in all, as far as it is known. */
  counted(total: number): void;
  started(shown: ShownStep): void;
  /** Bytes as they came. */
  output(shown: ShownStep, stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Whole lines, which are in the tail too. */
  lines(shown: ShownStep, lines: readonly TimedLine[]): void;
  part(shown: ShownStep, name: string, part: Part): void;
  ended(shown: ShownStep): void;
  warned(text: string, lines: { first: number; last: number } | undefined): void;
  /** Nothing more comes. */
  close(failed: boolean): void;
}

/** ` 3.2MB / 30MB`, ` 12MB`, or nothing. */
export function partAmount({ done, total }: Part): string {
  if (total !== undefined && total > 0) return ` ${formatBytes(done)} / ${formatBytes(total)}`;
  return done > 0 ? ` ${formatBytes(done)}` : '';
}

/** Seconds with one decimal: `3.2s`. */
export function seconds(milliseconds: number): string {
  return `${(Math.max(0, milliseconds) / 1000).toFixed(1)}s`;
}

/** The time in front of a line of output: three decimals below ten seconds, then fewer. */
export function lineTime(milliseconds: number): string {
  const value = milliseconds / 1000;
  return value.toFixed(value < 10 ? 3 : value < 100 ? 2 : 1);
}
