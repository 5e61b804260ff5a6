/** `--tz`: the rules of a time zone as the container's /etc/localtime (localtime(5)). */
import { readFileSync, realpathSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';

const ZONES = '/usr/share/zoneinfo';

/** @throws ProaError TIMEZONE_MISSING */
export function readTimezone(name: string): Buffer {
  try {
    const file = realpathSync(name === 'local' ? '/etc/localtime' : `${ZONES}/${name}`);
    return readFileSync(file);
  } catch (error) {
    const why = hasCode(error, 'ENOENT', 'EISDIR') ? 'no such zone on this host' : messageOf(error);
    throw new ProaError('TIMEZONE_MISSING', `use time zone ${name}: ${why}`, {
      hint: `A name below ${ZONES} (package tzdata), such as Europe/Berlin, or local`,
    });
  }
}

/** Writes the zone into `folder`. @returns its path by its name, for the mounts in /etc */
export function makeTimezone(name: string | undefined, folder: string): Record<string, string> {
  if (name === undefined) return {};
  const localtime = `${folder}/localtime`;
  writeFile(localtime, readTimezone(name));
  return { localtime };
}
