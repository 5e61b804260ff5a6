/** What ends a build from outside. */
import { readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A first Ctrl-C ends the build in order; a second one ends us. */
export function stopBySignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const stop = (name: keyof typeof CODES): void =>
    controller.abort(new ProaError('BUILD_CANCELLED', 'build: cancelled', { exitCode: CODES[name] }));
  // What our caller made us ignore (nohup, a background job of a script) is not to end us.
  const ignored = ignoredSignals();
  const names = (Object.keys(CODES) as (keyof typeof CODES)[]).filter((name) => !ignored(CODES[name] - 128));
  for (const name of names) process.once(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, stop);
    },
  };
}

/** Whether this process ignores a signal, by its number (proc_pid_status(5)). */
function ignoredSignals(): (number: number) => boolean {
  const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const bits = BigInt(`0x${mask}`);
  return (number) => ((bits >> BigInt(number - 1)) & 1n) === 1n;
}
