/** Options that the commands of manifest lists share. */
import type { Options, OptionTable } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { EntryChanges } from '../../engine/manifest-list/edit.ts';
import { digestHex } from '../../oci/model/digest.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import type { ImageRecord } from '../../storage/images.ts';
import { readRegistryOptions, registryOptions } from '../image/registry-options.ts';

export const listRegistryOptions = {
  ...registryOptions,
  insecure: { type: 'bool', summary: 'Plain HTTP and unknown certificates are fine' },
} as const satisfies OptionTable;

/** `--insecure` is Docker's word for `--tls-verify=false`. */
export function readListRegistryOptions(options: Options<typeof listRegistryOptions>): RegistryOptions {
  const read = readRegistryOptions(options);
  return options.insecure && read.tlsVerify === undefined ? { ...read, tlsVerify: false } : read;
}

export const entryOptions = {
  annotation: { type: 'list', metavar: 'KEY=VALUE', summary: 'Annotate the entry' },
  arch: { type: 'string', metavar: 'ARCH', summary: 'Architecture that the list gives for it' },
  features: { type: 'list', metavar: 'FEATURE[,...]', summary: 'Processor features that it needs' },
  os: { type: 'string', metavar: 'OS', summary: 'Operating system that the list gives for it' },
  'os-features': {
    type: 'list',
    metavar: 'FEATURE[,...]',
    summary: 'Operating system features that it needs',
  },
  'os-version': { type: 'string', metavar: 'VERSION', summary: 'Operating system version that it needs' },
  variant: { type: 'string', metavar: 'VARIANT', summary: 'Variant of the architecture that the list gives' },
} as const satisfies OptionTable;

/** @throws ProaError INVALID_OPTION_VALUE */
export function readEntryOptions(options: Options<typeof entryOptions>): EntryChanges {
  const { os, arch, variant, features } = options;
  const { 'os-version': osVersion, 'os-features': osFeatures, annotation } = options;
  return {
    os,
    architecture: arch,
    variant,
    osVersion,
    ...(features.length > 0 && { features: atCommas(features) }),
    ...(osFeatures.length > 0 && { osFeatures: atCommas(osFeatures) }),
    ...(annotation.length > 0 && { annotations: readAnnotations(annotation) }),
  };
}

function atCommas(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter((word) => word !== '');
}

/** @throws ProaError INVALID_OPTION_VALUE for one without a value */
export function readAnnotations(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const equals = text.indexOf('=');
    if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
    throw new ProaError('INVALID_OPTION_VALUE', `no value given for annotation ${JSON.stringify(text)}`, {
      hint: 'An annotation is KEY=VALUE',
    });
  });
  return Object.fromEntries(pairs);
}

/** What Podman's commands print of a list. */
export function listId({ id }: ImageRecord): string {
  return `${digestHex(id)}\n`;
}
