import { defineCommand, type OptionTable } from '../../cli/command.ts';
import { setTrust, type TrustType } from '../../engine/trust/set.ts';
import { openEngine } from '../context.ts';

/** For trying a policy before it is put in force. */
export const trustFileOptions = {
  policypath: {
    type: 'string',
    metavar: 'FILE',
    summary: 'Instead of policy.json',
    hidden: true,
    complete: 'file',
  },
  registrypath: {
    type: 'string',
    metavar: 'DIR',
    summary: 'Instead of registries.d',
    hidden: true,
    complete: 'dir',
  },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['image trust set'],
  summary: 'Say whether images of a registry are accepted, and whose signatures they need',
  usage: '[OPTIONS] default|REGISTRY[/REPOSITORY[:TAG]]',
  description:
    'Changes policy.json: $HOME/.config/containers/policy.json if it is there, else /etc/containers/policy.json. A user who may not change that gets a copy of it.',
  examples: [
    'image trust set --type reject default',
    'image trust set --type accept docker.io/library',
    'image trust set --pubkeysfile /etc/pki/containers/team.gpg quay.io/team',
  ],
  options: {
    pubkeysfile: {
      short: 'f',
      type: 'list',
      metavar: 'FILE',
      summary: 'Public key that images must be signed by; several: by each of them',
      complete: 'file',
    },
    type: {
      short: 't',
      type: 'string',
      default: 'signedBy',
      choices: ['accept', 'reject', 'signedBy', 'sigstoreSigned'],
      summary: 'What is asked of images',
    },
    ...trustFileOptions,
  },
  args: { min: 1, max: 1 },
  async run({ options, args }) {
    await setTrust({
      scope: args[0]!,
      type: options.type as TrustType,
      keyFiles: options.pubkeysfile.flatMap((text) => text.split(',')),
      policyFile: options.policypath,
      rootless: openEngine().identity.rootless,
    });
  },
});
