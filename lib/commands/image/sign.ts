import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { signImage } from '../../engine/trust/sign.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { openEngine } from '../context.ts';
import { readRegistryOptions, registryOptions } from './registry-options.ts';

export const command = defineCommand({
  names: ['image sign'],
  summary: 'Sign images that are in a registry',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  description:
    'Signs the manifest that the registry has now with a key of gpg, and writes the signature to the folder that registries.d names (by default /var/lib/containers/sigstore, for users ~/.local/share/containers/sigstore). Nothing is sent to the registry. To sign what is pushed, or with a key of sigstore, see proa push.',
  examples: [
    'image sign --sign-by team@example.com docker://quay.io/team/app:1.0',
    'image sign --sign-by team@example.com --directory ./signatures --all quay.io/team/app:1.0',
  ],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Sign each image of a multi-platform image' },
    directory: {
      short: 'd',
      type: 'string',
      metavar: 'DIR',
      summary: 'Where the signatures go instead',
      complete: 'dir',
    },
    'sign-by': { type: 'string', metavar: 'KEY', summary: 'Key of gpg: its fingerprint or mail address' },
    'sign-passphrase-file': {
      type: 'string',
      metavar: 'FILE',
      summary: "File whose first line is the key's passphrase (default: gpg asks)",
      complete: 'file',
    },
    ...registryOptions,
  },
  args: { min: 1 },
  completeArgs: 'image',
  async run({ options, args }) {
    const { 'sign-by': key, 'sign-passphrase-file': passphraseFile } = options;
    if (!key) {
      throw new ProaError('BAD_ARGUMENTS', 'sign image: please provide an identity', {
        hint: 'proa image sign --sign-by KEY …; see your keys: gpg --list-secret-keys',
      });
    }
    const { rootless } = openEngine().identity;
    for (const text of args) {
      await signImage({
        reference: parseReference(text.replace(/^docker:\/\//, '')),
        gpg: { key, passphraseFile },
        directory: options.directory,
        all: options.all,
        registry: readRegistryOptions(options),
        rootless,
      });
    }
  },
});
