/** What the reader and the extractor say of an archive that is damaged or hostile. */
import { ProaError } from '../../core/error.ts';

/** An archive that cannot be read: code `BAD_ARCHIVE`. */
export function badArchive(why: string): ProaError {
  return new ProaError('BAD_ARCHIVE', `read layer: ${why}`, {
    hint: 'the layer is damaged or no tar archive; fetch it again, and if that does not help, build it anew',
  });
}

/** An archive that asks for something that no honest layer does: code `HOSTILE_ARCHIVE`. */
export function hostileArchive(name: string, why: string): ProaError {
  return new ProaError('HOSTILE_ARCHIVE', `unpack ${show(name)}: ${why}`, {
    hint: 'do not use this image: no build tool makes such a layer by accident',
  });
}

/** A byte string (see header.ts) for a person: UTF-8, and control characters escaped as terminals would obey them. */
export function show(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8');
  const short = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return short.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
