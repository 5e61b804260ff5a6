/** Options of commands that talk to a registry. */
import type { Options, OptionTable } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { hostPlatform, normalizePlatform, type Platform, parsePlatform } from '../../oci/model/platform.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';

export const registryOptions = {
  authfile: {
    type: 'string',
    metavar: 'FILE',
    summary: 'Logins to use (default: those of docker and podman)',
    complete: 'file',
  },
  'cert-dir': { type: 'string', metavar: 'DIR', summary: "The registry's certificates", complete: 'dir' },
  creds: { type: 'string', metavar: 'USER[:PASSWORD]', summary: 'Login to use for this command' },
  'disable-content-trust': {
    type: 'bool',
    default: true,
    hidden: true,
    summary: 'Taken for Docker; does nothing',
  },
  retry: { type: 'int', metavar: 'N', summary: 'How often to try again after a failure that may pass' },
  'retry-delay': {
    type: 'duration',
    metavar: 'DURATION',
    summary: 'Time between two tries (default: growing)',
  },
  'tls-verify': { type: 'tristate', summary: 'Require HTTPS and check certificates' },
} as const satisfies OptionTable;

/** Of commands that bring images in. */
export const trustOptions = {
  'signature-policy': {
    type: 'string',
    metavar: 'FILE',
    summary: 'What images must be signed by, instead of policy.json',
    complete: 'file',
  },
} as const satisfies OptionTable;

export const platformOptions = {
  platform: {
    type: 'string',
    metavar: 'OS/ARCH[/VARIANT]',
    summary: 'Platform to choose (default: this machine)',
  },
  arch: { type: 'string', metavar: 'ARCH', summary: 'Architecture to choose' },
  os: { type: 'string', metavar: 'OS', summary: 'Operating system to choose' },
  variant: { type: 'string', metavar: 'VARIANT', summary: 'Variant of the architecture to choose' },
} as const satisfies OptionTable;

/** Throws ProaError INVALID_OPTION_VALUE for --creds without a name. */
export function readRegistryOptions(options: Options<typeof registryOptions>): RegistryOptions {
  const { retry, 'retry-delay': seconds } = options;
  const delay = seconds === undefined ? undefined : seconds * 1000;
  return {
    tlsVerify: options['tls-verify'],
    certDir: options['cert-dir'],
    authFile: options.authfile,
    credentials: options.creds === undefined ? undefined : readCredentials(options.creds),
    retry: {
      ...(retry !== undefined && { attempts: Math.max(0, retry) + 1 }),
      ...(delay !== undefined && { firstDelay: delay, maxDelay: delay }),
    },
  };
}

function readCredentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  const username = colon < 0 ? text : text.slice(0, colon);
  // Never with the text itself: it holds a password.
  if (username === '')
    throw new ProaError('INVALID_OPTION_VALUE', 'invalid argument for "--creds": there is no user name');
  return { username, password: colon < 0 ? '' : text.slice(colon + 1) };
}

/** The platform asked for, if one was. Throws ProaError INVALID_PLATFORM, CONFLICTING_OPTIONS. */
export function readPlatformOptions(options: Options<typeof platformOptions>): Platform | undefined {
  const { platform, arch, os, variant } = options;
  if (platform !== undefined) {
    if ([arch, os, variant].every((value) => value === undefined)) return parsePlatform(platform);
    throw new ProaError('CONFLICTING_OPTIONS', '--platform cannot be used with --arch, --os or --variant');
  }
  if (arch === undefined && os === undefined && variant === undefined) return undefined;
  const host = hostPlatform();
  return normalizePlatform({
    os: os ?? host.os,
    architecture: arch ?? host.architecture,
    variant: variant ?? (arch === undefined ? host.variant : undefined),
  });
}
