/** `-v [SOURCE:]DESTINATION[:OPTIONS]` and `--tmpfs DESTINATION[:OPTIONS]`. */
import { normalize } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { splitTmpfs } from '../../oci/model/runtime-spec/mount-options.ts';
import { type MountRequest, mountTarget, objection } from './mount-request.ts';

/**
 * A source that begins with `/`, `.` or `~` is a host path, any other one a volume's name, as for Docker.
 * @throws ProaError INVALID_MOUNT
 */
export function parseVolumeOption(text: string, cwd: string): MountRequest {
  const parts = text.split(':');
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_MOUNT', why, {
      hint: 'Write -v /host/path:/container/path[:ro] or -v NAME:/container/path',
    });
  const invalid = `invalid volume specification: '${text}'`;
  if (text === '') throw fail('invalid empty volume spec');
  if (parts.includes('')) throw fail(`invalid spec: ${text}: empty section between colons`);
  if (parts.length > 3) throw fail(invalid);
  const [source, destination, options] =
    parts.length === 1 ? ['', parts[0]!, ''] : [parts[0]!, parts[1]!, parts[2] ?? ''];
  const words = options === '' ? [] : options.split(',').map((word) => absoluteValue(word, cwd));
  const type = /^[/.~]/.test(source) ? 'bind' : 'volume';
  const why = objection(type, words);
  if (why !== undefined) throw fail(why.startsWith('invalid mount') ? `${invalid}: ${why}` : why);
  return {
    type,
    source: type === 'bind' ? hostPath(source, cwd) : source,
    destination: mountTarget(destination, `${invalid}: invalid mount config for type "${type}"`),
    options: words,
    createSource: true,
    origin: 'volume',
  };
}

/** @throws ProaError INVALID_MOUNT */
export function parseTmpfsOption(text: string): MountRequest {
  return { type: 'tmpfs', source: 'tmpfs', ...splitTmpfs(text), createSource: false, origin: 'tmpfs' };
}

/** Absolute and in normal form, without a trailing slash. */
export function hostPath(source: string, cwd: string): string {
  if (source.startsWith('/')) return tidy(source);
  if (source === '~' || source.startsWith('~/')) return tidy(`${process.env.HOME ?? ''}/${source.slice(1)}`);
  return tidy(`${cwd}/${source}`);
}

function absoluteValue(word: string, cwd: string): string {
  const [, name, path] = /^(upperdir|workdir)=(.+)$/.exec(word) ?? [];
  return name === undefined ? word : `${name}=${hostPath(path!, cwd)}`;
}

function tidy(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
