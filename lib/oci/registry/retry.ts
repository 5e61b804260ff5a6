import { isRetryable, RETRY_AFTER_MAX, retryAfterOf } from './failure.ts';

/** How often and how patiently a request is repeated. Delays in milliseconds. */
export interface RetryPolicy {
  /** Failures in a row that are one too many. */
  readonly attempts: number;
  readonly firstDelay: number;
  readonly maxDelay: number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** What happened before a further attempt, for a progress line. */
export interface RetryNotice {
  readonly error: unknown;
  /** Failures in a row so far, from 1. */
  readonly failures: number;
  /** Milliseconds until the next attempt. */
  readonly delay: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  firstDelay: 250,
  maxDelay: 8_000,
  sleep: abortableSleep,
  random: Math.random,
};

/**
 * How long to wait after the `failures`-th failure in a row: doubling, of which the upper half is random, so that a
 * hundred clients do not come back at the same moment; or longer when the registry said so in Retry-After.
 */
export function retryDelay(policy: RetryPolicy, failures: number, error: unknown): number {
  const step = Math.min(policy.firstDelay * 2 ** (failures - 1), policy.maxDelay);
  const backoff = step / 2 + (step / 2) * policy.random();
  return Math.max(backoff, Math.min(retryAfterOf(error) ?? 0, RETRY_AFTER_MAX));
}

/**
 * Decides about one failure: throws it when it is no hiccup or the last one allowed, otherwise tells `onRetry`, waits,
 * and returns for the next attempt.
 */
export async function waitForRetry(
  policy: RetryPolicy,
  failures: number,
  error: unknown,
  options: { signal?: AbortSignal; onRetry?: (notice: RetryNotice) => void },
): Promise<void> {
  if (options.signal?.aborted) throw options.signal.reason;
  if (failures >= policy.attempts || !isRetryable(error)) throw error;
  const delay = retryDelay(policy, failures, error);
  options.onRetry?.({ error, failures, delay });
  await policy.sleep(delay, options.signal);
}

/** Runs `attempt` until it succeeds, fails for good, or has failed `policy.attempts` times. */
export async function withRetries<T>(
  policy: RetryPolicy,
  attempt: () => Promise<T>,
  options: { signal?: AbortSignal; onRetry?: (notice: RetryNotice) => void } = {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      await waitForRetry(policy, failures, error, options);
    }
  }
}

function abortableSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
