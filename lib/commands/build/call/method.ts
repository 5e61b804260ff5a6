/** `--call` and `--check`: what is shown in the place of a build. */
import { ProaError } from '../../../core/error.ts';
import { invalidOption } from '../../container/options/invalid.ts';

export interface Call {
  readonly method: 'check' | 'outline' | 'targets';
  readonly json: boolean;
}

const METHODS = ['build', 'check', 'outline', 'targets'];

/** Undefined when there is a build to be done. @throws ProaError INVALID_OPTION, CONFLICTING_OPTIONS */
export function readCall(options: { call?: string | undefined; check: boolean }): Call | undefined {
  const { call, check } = options;
  if (check && call !== undefined && !/^check(,|$)/.test(call))
    throw new ProaError('CONFLICTING_OPTIONS', `--check and --call ${call} cannot be used together`);
  const [word = '', ...fields] = (call ?? (check ? 'check' : 'build')).split(',');
  // What buildx calls the methods inside (`subrequests.outline`).
  const method = word.replace(/^(frontend\.)?(subrequests\.)?/, '').replace(/^lint$/, 'check');
  if (!METHODS.includes(method))
    throw invalidOption('call', call ?? '', `must be one of ${METHODS.join(', ')}`);
  const format = fields.find((field) => field.startsWith('format='))?.slice('format='.length) ?? 'text';
  if (format !== 'text' && format !== 'json')
    throw invalidOption('call', call ?? '', 'format is text or json');
  return method === 'build' ? undefined : { method: method as Call['method'], json: format === 'json' };
}
