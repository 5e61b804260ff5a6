import { addContext, ProaError } from '../../../lib/core/error.ts';
import { isRetryable } from '../../../lib/oci/registry/failure.ts';
import { DEFAULT_RETRY, retryDelay, withRetries } from '../../../lib/oci/registry/retry.ts';
import { impatient } from './support/servers.ts';

const failing = (details: object) =>
  new ProaError('X', 'x', { cause: { kind: 'registry-failure', detail: '', retryable: true, ...details } });

test('the delay doubles up to its limit, half of it random', () => {
  const delays = (random: number) =>
    [1, 2, 3, 4, 5, 6, 20].map((n) => retryDelay({ ...DEFAULT_RETRY, random: () => random }, n, failing({})));
  expect(delays(0)).toEqual([125, 250, 500, 1000, 2000, 4000, 4000]);
  expect(delays(1)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
});

test('Retry-After wins when it is longer', () => {
  expect(retryDelay(impatient().retry, 1, failing({ retryAfter: 7000 }))).toBe(7000);
  expect(retryDelay(impatient().retry, 1, failing({ retryAfter: 1 }))).toBe(75);
});

test('an error keeps its nature through added context', () => {
  expect(isRetryable(addContext(addContext(failing({}), 'pull'), 'run'))).toBe(true);
  expect(isRetryable(failing({ retryable: false }))).toBe(false);
  expect(isRetryable(new Error('ECONNRESET'))).toBe(false);
  expect(isRetryable(undefined)).toBe(false);
});

test('it stops at success, tells of each retry, and gives up after `attempts`', async () => {
  const { retry, slept } = impatient();
  let calls = 0;
  const told: number[] = [];
  const work = async () => {
    if (++calls < 3) throw failing({});
    return 'done';
  };
  expect(await withRetries(retry, work, { onRetry: (notice) => told.push(notice.failures) })).toBe('done');
  expect([slept, told]).toEqual([
    [75, 150],
    [1, 2],
  ]);

  calls = -Infinity;
  const last = withRetries(retry, work);
  await expect(last).rejects.toThrow('x');
  expect(slept).toHaveLength(2 + 4);
});

test('what is no hiccup is thrown at once', async () => {
  const { retry, slept } = impatient();
  await expect(withRetries(retry, () => Promise.reject(failing({ retryable: false })))).rejects.toThrow('x');
  expect(slept).toEqual([]);
});

test('an abort ends the wait with its reason', async () => {
  const controller = new AbortController();
  const started = performance.now();
  const patient = { ...DEFAULT_RETRY, firstDelay: 60_000, maxDelay: 60_000 };
  const work = withRetries(patient, () => Promise.reject(failing({})), { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await expect(work).rejects.toThrow('enough');
  expect(performance.now() - started).toBeLessThan(2000);
});
