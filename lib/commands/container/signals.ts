/** Passing the signals that we get on to a container's process. */

const FORWARDED = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCONT',
] as const;

/** Calls `deliver` for every signal we get, until disposed. */
export function forwardSignals(deliver: (signal: string) => void): Disposable {
  const handlers = FORWARDED.map((signal) => {
    const handler = (): void => deliver(signal);
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return {
    [Symbol.dispose]: () => {
      for (const remove of handlers) remove();
    },
  };
}
