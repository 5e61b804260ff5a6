import { ProaError } from '../../core/error.ts';

/** `--gpus`: how many, or which. */
export interface GpuRequest {
  count: number | 'all';
  /** Numbers or UUIDs; then the count says nothing. */
  ids: string[];
}

/**
 * `all`, a number, or members such as `"device=0,2",capabilities=utility` (docker-run(1)). Capabilities choose parts of a
 * driver; a device specification always brings the whole.
 * @throws ProaError INVALID_GPUS
 */
export function parseGpus(text: string): GpuRequest {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_GPUS', `use --gpus ${text}: ${why}`, {
      hint: `for example --gpus all, --gpus 2 or --gpus '"device=0,2"'`,
    });
  const request: GpuRequest = { count: 1, ids: [] };
  // A value of csv: a member with commas stands in quotes as a whole.
  for (const [, quoted, plain] of text.matchAll(/"([^"]*)"(?:,|$)|([^",]+)(?:,|$)/g)) {
    const member = (quoted ?? plain)!.trim();
    const [key, value = ''] = member.includes('=') ? member.split(/=(.*)/s) : ['count', member];
    switch (key) {
      case 'count':
        if (value !== 'all' && value !== '-1' && !/^\d+$/.test(value)) throw fail(`${value} is no number`);
        request.count = value === 'all' || value === '-1' ? 'all' : Number(value);
        break;
      case 'device':
        request.ids = value.split(',').filter(Boolean);
        break;
      case 'driver':
      case 'capabilities':
      case 'options':
        break;
      default:
        throw fail(`${key} is not one of count, device, driver, capabilities, options`);
    }
  }
  if (text.trim() === '') throw fail('it says nothing');
  return request;
}
