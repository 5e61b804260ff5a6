/** All options of `build`. */
import type { Options } from '../../cli/command.ts';
import { registryOptions, trustOptions } from '../image/registry-options.ts';
import { signingOptions } from '../image/signing-options.ts';
import { attestationOptions } from './options/attestation.ts';
import { cacheOptions } from './options/cache.ts';
import { flowOptions } from './options/flow.ts';
import { resultOptions } from './options/result.ts';
import { sourceOptions } from './options/source.ts';
import { stepOptions } from './options/step.ts';

const { 'remove-signatures': _, ...signingOptionsOfBuild } = signingOptions;

export const buildOptions = {
  ...sourceOptions,
  ...cacheOptions,
  ...stepOptions,
  ...resultOptions,
  ...attestationOptions,
  ...flowOptions,
  ...signingOptionsOfBuild,
  ...trustOptions,
  ...registryOptions,
} as const;

export type BuildOptions = Options<typeof buildOptions>;
