/** `--iidfile` and `--metadata-file`. */
import { rmSync, writeFileSync } from 'node:fs';
import { messageOf, ProaError } from '../../core/error.ts';
import type { BuildFacts } from '../../engine/build/attest.ts';
import type { BuiltImage } from '../../engine/build/request.ts';
import type { FinishedBuild } from './run-build.ts';
import { type BuildWarning, warningText } from './warnings.ts';

/** The members that buildx writes, as far as the result has them. @param warnings when they are wanted */
export function buildMetadata(
  { config, manifest, names, provenance }: FinishedBuild,
  warnings: readonly BuildWarning[] | undefined,
): object {
  return {
    ...(provenance !== undefined && { 'buildx.build.provenance': provenance }),
    'buildx.build.ref': `default/default/${crypto.randomUUID().replaceAll('-', '').slice(0, 25)}`,
    ...(warnings !== undefined && { 'buildx.build.warnings': warnings.map(shown) }),
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

/** BUILDX_METADATA_PROVENANCE says how much: min (the default), max, or disabled. */
export async function metadataProvenance(image: BuiltImage, facts: BuildFacts): Promise<object | undefined> {
  const mode = process.env.BUILDX_METADATA_PROVENANCE || 'min';
  if (mode !== 'min' && mode !== 'max') return undefined;
  const { buildProvenance } = await import('../../engine/build/attest.ts');
  const choice = { mode, version: 'v1', builderId: '', reproducible: false } as const;
  return buildProvenance(image, choice, facts).content;
}

function shown(warning: BuildWarning): object {
  const { lines } = warning;
  return {
    level: 1,
    short: Buffer.from(warningText(warning)).toString('base64'),
    ...(lines && { range: [{ start: { line: lines.first }, end: { line: lines.last } }] }),
  };
}

/** @throws ProaError with the system's code, naming the file */
export function writeResultFile(what: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw fileError(`write ${what}`, file, error);
  }
}

/** Takes away what an earlier build said, so that nobody reads it for this one. @throws as {@link writeResultFile} */
export function removeResultFile(what: string, file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw fileError(`remove ${what}`, file, error);
  }
}

/** Node puts code and call around the reason. */
function fileError(step: string, file: string, error: unknown): ProaError {
  const code = (error as { code?: string }).code ?? 'EIO';
  const why = messageOf(error).replace(/^[A-Z]+: |, \w+ '.*$/g, '');
  return new ProaError(code, `${step} in ${file}: ${why}`, { cause: error });
}
