/** `--iidfile` and `--metadata-file`. */
import { writeFileSync } from 'node:fs';
import { messageOf, ProaError } from '../../core/error.ts';
import type { ExportResult } from '../../engine/build/export.ts';

/** A warning as buildx puts it into the file when BUILDX_METADATA_WARNINGS is set. */
export interface MetadataWarning {
  readonly text: string;
  readonly lines?: { readonly first: number; readonly last: number } | undefined;
}

/** The members that buildx writes, as far as the result has them. */
export function buildMetadata(
  result: ExportResult,
  details: { ref: string; provenance?: object | undefined; warnings?: readonly MetadataWarning[] },
): object {
  const { config, manifest, names } = result;
  const { ref, provenance, warnings } = details;
  return {
    ...(provenance !== undefined && { 'buildx.build.provenance': provenance }),
    'buildx.build.ref': ref,
    ...(warnings !== undefined && { 'buildx.build.warnings': warnings.map(warning) }),
    ...(config !== undefined && { 'containerimage.config.digest': config }),
    ...(manifest !== undefined && {
      'containerimage.descriptor': {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        ...(manifest.size !== undefined && { size: manifest.size }),
      },
      'containerimage.digest': manifest.digest,
    }),
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}

function warning({ text, lines }: MetadataWarning): object {
  return {
    level: 1,
    short: Buffer.from(text).toString('base64'),
    ...(lines && { range: [{ start: { line: lines.first }, end: { line: lines.last } }] }),
  };
}

/** @throws ProaError with the system's code, naming the file */
export function writeResultFile(what: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'EIO';
    throw new ProaError(code, `write ${what} to ${file}: ${messageOf(error)}`, { cause: error });
  }
}
