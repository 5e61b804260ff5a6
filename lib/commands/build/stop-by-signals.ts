/** What ends a build from outside. */
import { ProaError } from '../../core/error.ts';

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A first Ctrl-C ends the build in order; a second one ends us. */
export function stopBySignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const stop = (name: keyof typeof CODES): void =>
    controller.abort(new ProaError('BUILD_CANCELLED', 'build: cancelled', { exitCode: CODES[name] }));
  const names = Object.keys(CODES) as (keyof typeof CODES)[];
  for (const name of names) process.once(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, stop);
    },
  };
}
