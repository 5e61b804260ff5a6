/** Random choices that can be made again: a failing test's name has the seed. */

/** `FAULT_SEED=N` repeats a run's choices (not its timing: that is the machine's). */
export const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Times the usual number of rounds: `FAULT_ROUNDS=20` for a night's soak. */
export const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 1);
/** Milliseconds for a test. */
export const TIMEOUT = 120_000 * ROUNDS;

/** Numbers in 0 ≤ x < 1 that the seed decides (mulberry32). */
export class Random {
  private state: number;

  /** @param stream another one for each user, so that they do not disturb each other */
  constructor(seed: number, stream: string) {
    this.state = (seed ^ Number(Bun.hash(stream) & 0xff_ff_ff_ffn)) >>> 0;
  }

  next(): number {
    this.state = (this.state + 0x6d_2b_79_f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)]!;
  }
}
