/** `--sbom`, `--provenance` and `--attest`: what is said about the image beside it. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import type { AttestationChoice, ProvenanceChoice } from '../../../engine/build/attest.ts';
import { invalidOption } from '../../container/options/invalid.ts';
import { keyBool, keyValues } from './key-values.ts';

export const attestationOptions = {
  attest: {
    type: 'list',
    metavar: 'type=TYPE[,KEY=VALUE]',
    summary: 'Attach statements: type=sbom or type=provenance',
  },
  provenance: {
    type: 'string',
    optionalValue: 'true',
    metavar: 'HOW',
    summary:
      'Attach how the image was made (in-toto, SLSA) to what is pushed or archived: true, false, mode=min|max',
  },
  sbom: {
    type: 'string',
    optionalValue: 'true',
    metavar: 'HOW',
    summary:
      'Attach a list of the packages in the image (in-toto, SPDX) to what is pushed or archived: true, false',
  },
  'sbom-output': {
    type: 'string',
    metavar: 'FILE',
    summary: 'Write a list of the packages in the image to a file (SPDX)',
    complete: 'file',
  },
} as const satisfies OptionTable;

/** The last word about each counts. @throws ProaError INVALID_OPTION */
export function readAttestations(options: Options<typeof attestationOptions>): AttestationChoice {
  let sbom = false;
  let provenance: ProvenanceChoice | undefined;
  for (const text of options.attest) {
    const fields = keyValues<string>('attest', text);
    const off = keyBool('attest', text, 'disabled', fields.disabled) ?? false;
    if (fields.type === 'sbom') sbom = !off && isOwnScan('attest', text, fields);
    else if (fields.type === 'provenance') provenance = off ? undefined : choice('attest', text, fields);
    else throw invalidOption('attest', text, 'type is sbom or provenance');
  }
  if (options.sbom !== undefined) {
    const fields = readSwitch('sbom', options.sbom);
    sbom = fields !== undefined && isOwnScan('sbom', options.sbom, fields);
  }
  if (options.provenance !== undefined) {
    const fields = readSwitch('provenance', options.provenance);
    provenance = fields && choice('provenance', options.provenance, fields);
  }
  return { sbom, ...(provenance && { provenance }) };
}

/** `true`, `false`, `mode=max,…`; undefined when it is switched off. */
function readSwitch(option: string, text: string): Partial<Record<string, string>> | undefined {
  if (text === '' || /^(1|t|true)$/i.test(text)) return {};
  if (/^(0|f|false)$/i.test(text)) return undefined;
  // `--provenance max` is `mode=max`.
  if (text === 'min' || text === 'max') return { mode: text };
  const fields = keyValues<string>(option, text);
  return keyBool(option, text, 'disabled', fields.disabled) ? undefined : fields;
}

/** @throws ProaError INVALID_OPTION for a scanner that is to be run from an image */
function isOwnScan(option: string, text: string, { generator }: Partial<Record<string, string>>): boolean {
  if (generator === undefined) return true;
  throw invalidOption(option, text, 'Proa reads the packages itself, and runs no generator');
}

function choice(option: string, text: string, fields: Partial<Record<string, string>>): ProvenanceChoice {
  const { mode = option === 'provenance' && text === 'true' ? 'min' : 'max', version = 'v1' } = fields;
  if (mode !== 'min' && mode !== 'max')
    throw invalidOption(option, text, `mode=${mode} is neither min nor max`);
  if (version !== 'v1' && version !== 'v0.2')
    throw invalidOption(option, text, `version=${version} is neither v1 nor v0.2`);
  return {
    mode,
    version,
    builderId: fields['builder-id'] ?? '',
    reproducible: keyBool(option, text, 'reproducible', fields.reproducible) ?? false,
    inlineOnly: keyBool(option, text, 'inline-only', fields['inline-only']) ?? false,
    filename: fields.filename || 'provenance.json',
  };
}
