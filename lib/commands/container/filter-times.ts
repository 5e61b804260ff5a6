/** `--filter until=TIME`: the engine compares points in time, a person also says how long ago. */

import { formatRFC3339Nano, parseTime } from '../../cli/values.ts';
import { ProaError } from '../../core/error.ts';

/**
 * The filters with `until=10m`, `until=1700000000` and the like as RFC 3339.
 * @throws ProaError INVALID_FILTER
 */
export function absoluteTimes(filters: readonly string[]): string[] {
  return filters.map((filter) => {
    const [, key, value] = /^(until)=(.*)$/is.exec(filter) ?? [];
    if (key === undefined) return filter;
    try {
      return `${key}=${formatRFC3339Nano(parseTime(value!.trim()))}`;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`, { cause });
    }
  });
}
