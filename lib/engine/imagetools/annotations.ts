/** `--annotation` of buildx: `TYPE[PLATFORM]:KEY=VALUE`, several types at a time divided by commas. */
import { ProaError } from '../../core/error.ts';
import { formatPlatform, normalizePlatform, parsePlatform } from '../../oci/model/platform.ts';

export interface Annotation {
  type: 'index' | 'manifest-descriptor';
  /** In its normal form; without it, for all. */
  platform?: string;
  key: string;
  value: string;
}

const FORM = 'Write index:KEY=VALUE, or manifest-descriptor[PLATFORM]:KEY=VALUE';

/** @throws ProaError INVALID_OPTION_VALUE, INVALID_PLATFORM */
export function parseAnnotation(text: string): Annotation[] {
  const [, types, key, value] =
    /^(?:([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):)?([^=]+)=(.*)$/s.exec(text) ?? [
      undefined,
      undefined,
      '',
      '',
    ];
  if (key === '' || key === undefined) throw invalid(text, 'it is not KEY=VALUE');
  // What says nothing is meant for the manifest, which keeps its digest only as it is.
  return (types ?? 'manifest').split(',').map((one) => {
    const [, type, platform] = /^([a-z-]+)(?:\[([^\]]*)\])?$/.exec(one)!;
    if (type !== 'index' && type !== 'manifest-descriptor')
      throw invalid(
        text,
        `${JSON.stringify(type)} annotations are not possible: the manifests exist already`,
      );
    const named = platform === undefined ? {} : { platform: normalForm(platform) };
    return { type, ...named, key, value: value! };
  });
}

export function normalForm(platform: string): string {
  return formatPlatform(normalizePlatform(parsePlatform(platform)));
}

function invalid(text: string, why: string): ProaError {
  return new ProaError('INVALID_OPTION_VALUE', `invalid annotation ${JSON.stringify(text)}: ${why}`, {
    hint: FORM,
  });
}
