/** Passing the signals that we get on to a container's process. */
import { type ProcessHandle, signalProcess } from '../../core/process-handle.ts';
import { parseSignal } from '../../core/signals.ts';

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

/**
 * Passes on every signal we get, until disposed. Open it before the container starts: a signal that comes before its
 * process is known is kept for it, where it would otherwise end us and leave the container alone.
 */
export class SignalProxy implements Disposable {
  private target: ProcessHandle | undefined;
  private readonly kept: string[] = [];
  private readonly handlers = FORWARDED.map((signal) => {
    const handler = (): void => this.deliver(signal);
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });

  /** The container's first process, which runs from now on. */
  passTo(target: ProcessHandle): void {
    this.target = target;
    for (const signal of this.kept.splice(0)) this.deliver(signal);
  }

  private deliver(signal: string): void {
    if (this.target === undefined) this.kept.push(signal);
    else signalProcess(this.target, parseSignal(signal));
  }

  [Symbol.dispose](): void {
    for (const remove of this.handlers) remove();
  }
}
