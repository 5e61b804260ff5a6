/** Options of commands that sign what they send. */
import { readFile } from 'node:fs/promises';
import type { Options, OptionTable } from '../../cli/command.ts';
import { addContext, ProaError } from '../../core/error.ts';
import type { Signing } from '../../engine/trust/sign.ts';

export const signingOptions = {
  'remove-signatures': {
    type: 'bool',
    summary: 'Put a new signature in the place of those at the destination (images here have none)',
  },
  'sign-by': {
    type: 'string',
    metavar: 'KEY',
    summary: 'Sign it with this key of gpg, to where registries.d says',
  },
  'sign-by-sigstore-private-key': {
    type: 'string',
    metavar: 'FILE',
    summary: "Sign it with this private key of cosign's kind, beside it in the registry",
    complete: 'file',
  },
  'sign-passphrase-file': {
    type: 'string',
    metavar: 'FILE',
    summary: "File whose first line is the key's passphrase (default: ask)",
    complete: 'file',
  },
} as const satisfies OptionTable;

/**
 * @returns undefined when nothing is to be signed
 * @throws ProaError CONFLICTING_OPTIONS, ENOENT, NO_TERMINAL when a passphrase is needed and nobody can be asked
 */
export async function readSigning(options: Options<typeof signingOptions>): Promise<Signing | undefined> {
  const { 'sign-by': key, 'sign-by-sigstore-private-key': keyFile } = options;
  const { 'sign-passphrase-file': passphraseFile, 'remove-signatures': replace } = options;
  if (key === undefined && keyFile === undefined) {
    if (passphraseFile === undefined) return undefined;
    throw new ProaError('CONFLICTING_OPTIONS', '--sign-passphrase-file needs a key to sign with', {
      hint: 'Add --sign-by or --sign-by-sigstore-private-key',
    });
  }
  if (key !== undefined && keyFile !== undefined && passphraseFile !== undefined) {
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      '--sign-passphrase-file cannot be used with both --sign-by and --sign-by-sigstore-private-key',
    );
  }
  return {
    replace,
    gpg: key === undefined ? undefined : { key, passphraseFile },
    sigstore:
      keyFile === undefined
        ? undefined
        : {
            key: await read('private key', keyFile),
            passphrase: await readPassphrase(keyFile, passphraseFile),
          },
  };
}

async function readPassphrase(keyFile: string, file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) {
    const { askSecret } = await import('../../cli/prompt.ts');
    return Buffer.from(await askSecret(`Passphrase of ${keyFile}: `, 'Use --sign-passphrase-file FILE'));
  }
  const bytes = await read('passphrase', file);
  const end = bytes.indexOf('\n');
  return end < 0 ? bytes : bytes.subarray(0, end);
}

async function read(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw addContext(error, `read ${what}`);
  }
}
