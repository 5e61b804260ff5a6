/**
 * Options that are understood and cannot be had: each is refused with its reason, before anything is made. None is
 * listed in the help.
 */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';

const hidden = { hidden: true, summary: 'Not to be had' } as const;

export const refusedOptions = {
  'decryption-key': { type: 'list', ...hidden },
  'init-ctr': { type: 'string', ...hidden },
  isolation: { type: 'string', ...hidden },
  'link-local-ip': { type: 'list', ...hidden },
  pod: { type: 'string', ...hidden },
  'pod-id-file': { type: 'string', ...hidden },
  'storage-opt': { type: 'list', ...hidden },
  'use-api-socket': { type: 'bool', ...hidden },
} as const satisfies OptionTable;

type Name = keyof typeof refusedOptions;

const REASONS: Readonly<Record<Exclude<Name, 'isolation'>, readonly [why: string, hint?: string]>> = {
  'decryption-key': ['Proa reads no encrypted images'],
  'init-ctr': ['init containers belong to pods, and Proa has none'],
  'link-local-ip': [
    'an interface has the addresses that its network leases',
    'set it in the container, with --cap-add NET_ADMIN: ip address add 169.254.1.2/16 dev eth0',
  ],
  pod: ['Proa has no pods', 'share namespaces instead: --network, --ipc and --pid take container:NAME'],
  'pod-id-file': [
    'Proa has no pods',
    'share namespaces instead: --network, --ipc and --pid take container:NAME',
  ],
  'storage-opt': [
    'a container shares the file system of Proa’s storage, which sets no limit for each of them',
  ],
  'use-api-socket': ['Proa serves no API'],
};

/** @throws ProaError OPTION_REFUSED */
export function refuseOptions(options: Options<typeof refusedOptions>, given: ReadonlySet<string>): void {
  const { isolation = '' } = options;
  if (isolation !== '' && isolation !== 'default') {
    throw new ProaError('OPTION_REFUSED', `use --isolation ${isolation}: on Linux there is only default`);
  }
  for (const [name, [why, hint]] of Object.entries(REASONS)) {
    if (!given.has(name)) continue;
    const value = options[name as Name];
    const text = typeof value === 'boolean' ? '' : ` ${[value].flat().join(' ')}`;
    throw new ProaError('OPTION_REFUSED', `use --${name}${text}: ${why}`, { hint });
  }
}
