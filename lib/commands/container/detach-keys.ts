/** `--detach-keys`: the keys that leave a container running (docker-run(1)). */
import { ProaError } from '../../core/error.ts';

const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

/** Finds the detach sequence in what is typed; a beginning of it is held back until it is clear what it is. */
export class DetachKeys {
  private readonly sequence: readonly number[];
  private matched = 0;

  /**
   * @param text as the option has it; empty disables
   * @throws ProaError INVALID_DETACH_KEYS
   */
  constructor(text = DEFAULT_DETACH_KEYS) {
    this.sequence = text === '' ? [] : text.split(',').map(keyCode);
  }

  filter(chunk: Uint8Array): { pass: Uint8Array; detach: boolean } {
    if (this.sequence.length === 0) return { pass: chunk, detach: false };
    const pass: number[] = [];
    for (const byte of chunk) {
      while (this.matched > 0 && byte !== this.sequence[this.matched]) {
        // The end of what is held back may begin the sequence anew: of `a,a,b` typed as "aaab" the first passes.
        const kept = this.overlap();
        pass.push(...this.sequence.slice(0, this.matched - kept));
        this.matched = kept;
      }
      if (byte === this.sequence[this.matched]) this.matched++;
      else pass.push(byte);
      if (this.matched === this.sequence.length) return { pass: Uint8Array.from(pass), detach: true };
    }
    return { pass: Uint8Array.from(pass), detach: false };
  }

  /** How many of the last keys held back, fewer than all, are the sequence's first ones. */
  private overlap(): number {
    let length = this.matched - 1;
    while (
      !this.sequence.slice(0, length).every((key, i) => key === this.sequence[this.matched - length + i])
    )
      length--;
    return length;
  }
}

function keyCode(name: string): number {
  if (name.length === 1) return name.charCodeAt(0);
  const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(name)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  throw new ProaError('INVALID_DETACH_KEYS', `use detach key ${JSON.stringify(name)}: not a key`, {
    hint: 'For example --detach-keys ctrl-p,ctrl-q, or a single letter',
  });
}
