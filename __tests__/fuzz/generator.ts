import { renderError } from '../../lib/cli/error-text.ts';

/**
 * Random cases that can be made again. `FUZZ_SEED=N` chooses other ones than usual, `FUZZ_ROUNDS=20` more of them; a failure
 * says the seed of its case, with which `FUZZ_SEED` and `FUZZ_CASE` make it alone.
 */
export const SEED = Number(process.env.FUZZ_SEED ?? 20_260);
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 1);
const ONLY = process.env.FUZZ_CASE;

/** Choices that a seed decides (mulberry32). */
export class Generator {
  constructor(private state: number) {}

  /** 0 ≤ x < 1. */
  next(): number {
    this.state = (this.state + 0x6d_2b_79_f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  maybe(chance = 0.5): boolean {
    return this.next() < chance;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.between(least, most) }, make);
  }

  text(letters: string, least: number, most: number): string {
    return this.list(least, most, () => letters[this.below(letters.length)]!).join('');
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Runs `property` on so many cases. What it throws says which case it was. */
export function forAll(cases: number, property: (generator: Generator) => void): void {
  const numbers = ONLY === undefined ? Array.from({ length: cases * ROUNDS }, (_, i) => i) : [Number(ONLY)];
  for (const number of numbers) {
    try {
      property(new Generator((SEED * 1_000_003 + number) >>> 0));
    } catch (error) {
      throw new Error(`FUZZ_SEED=${SEED} FUZZ_CASE=${number}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** What a function makes of a case: its result, or the error, which must be ours, with one of these codes and one line. */
export function outcome<T>(codes: readonly string[], work: () => T): { result: T } | { code: string } {
  try {
    return { result: work() };
  } catch (error) {
    const { name, code = '', message } = error as Error & { code?: string };
    if (name !== 'ProaError' || !codes.includes(code)) throw error;
    expect(message.length).toBeLessThan(2000);
    // A terminal must not obey what came from outside.
    expect(renderError(error)).not.toMatch(/[^\P{Cc}\n\t]/u);
    return { code };
  }
}
