/** How the build goes on and how it is shown; and what is taken although nothing follows from it. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';
import { PROGRESS } from '../progress/open-display.ts';

const hidden = { hidden: true, summary: 'Not to be had' } as const;
const taken = (why: string) => ({ hidden: true, summary: `Taken for scripts; ${why}` }) as const;

export const flowOptions = {
  builder: { type: 'string', metavar: 'NAME', summary: 'Builder to use (see buildx ls)' },
  call: {
    type: 'string',
    metavar: 'METHOD',
    summary: 'Do not build, but show: check, outline or targets; with ,format=json for programs',
  },
  check: { type: 'bool', summary: 'Do not build, but check the Dockerfile (--call check)' },
  jobs: { type: 'int', metavar: 'N', summary: 'Stages built at the same time (default: all, 0)' },
  logfile: {
    type: 'string',
    metavar: 'FILE',
    summary: 'Write progress to a file instead of stderr',
    complete: 'file',
  },
  progress: {
    type: 'string',
    choices: PROGRESS,
    metavar: 'KIND',
    summary: 'How progress is shown: auto, plain, tty, rawjson, quiet (default: auto, or BUILDKIT_PROGRESS)',
  },
  quiet: { short: 'q', type: 'bool', summary: "Print the image's id only" },
  'skip-unused-stages': {
    type: 'bool',
    default: true,
    summary: 'Leave out stages that the target does not need',
  },
  // Taken
  compress: { type: 'bool', ...taken('a context is not sent anywhere') },
  'compat-volumes': { type: 'tristate', ...taken('what RUN writes into a VOLUME is kept, as with docker') },
  'created-annotation': { type: 'tristate', ...taken('the time is in the configuration') },
  'disable-compression': {
    short: 'D',
    type: 'bool',
    default: true,
    ...taken('layers here are not compressed'),
  },
  'force-rm': { type: 'bool', default: true, ...taken('nothing is left of a build') },
  'identity-label': { type: 'tristate', ...taken('Proa puts no label of its own') },
  'inherit-annotations': { type: 'tristate', ...taken("the base's annotations speak of the base") },
  isolation: {
    type: 'string',
    default: '',
    metavar: 'KIND',
    summary: 'Taken: default, oci or rootless',
    hidden: true,
  },
  'layer-label': { type: 'list', ...taken('there are no intermediate images') },
  logsplit: { type: 'bool', ...taken('steps name their platform') },
  'no-hostname': { type: 'bool', ...taken('RUN finds /etc/hostname as it does without') },
  'rewrite-timestamp': { type: 'bool', ...taken('with a --timestamp, files have it too') },
  rm: { type: 'bool', default: true, ...taken('nothing is left of a build') },
  // Refused
  cw: { type: 'string', ...hidden },
  'decryption-key': { type: 'list', ...hidden },
  'hooks-dir': { type: 'list', ...hidden },
  'sbom-image-output': { type: 'string', ...hidden },
  'sbom-image-purl-output': { type: 'string', ...hidden },
  'sbom-merge-strategy': { type: 'string', ...hidden },
  'sbom-purl-output': { type: 'string', ...hidden },
  'sbom-scanner-command': { type: 'list', ...hidden },
  'sbom-scanner-image': { type: 'string', ...hidden },
} as const satisfies OptionTable;

const SCANNER = 'Proa reads the packages itself, without a scanner image: see --sbom and --sbom-output';

const REASONS: Readonly<Record<string, string>> = {
  cw: 'Proa makes no images for confidential machines',
  'decryption-key': 'Proa reads no encrypted images',
  'hooks-dir': 'Proa runs no hooks of folders; devices that need some say so by CDI (--device)',
  'sbom-image-output': `${SCANNER}; what they say is attached, not put into the image`,
  'sbom-image-purl-output': `${SCANNER}; what they say is attached, not put into the image`,
  'sbom-merge-strategy': SCANNER,
  'sbom-purl-output': SCANNER,
  'sbom-scanner-command': SCANNER,
  'sbom-scanner-image': SCANNER,
};

/** @throws ProaError OPTION_REFUSED */
export function refuseBuildOptions(options: Options<typeof flowOptions>, given: ReadonlySet<string>): void {
  for (const [name, why] of Object.entries(REASONS)) {
    if (given.has(name)) throw new ProaError('OPTION_REFUSED', `use --${name}: ${why}`);
  }
  const { isolation } = options;
  if (['', 'default', 'oci', 'rootless'].includes(isolation)) return;
  const why =
    isolation === 'chroot'
      ? 'RUN has a container, for users too; a folder that is only the root is no isolation'
      : 'on Linux there is only default';
  throw new ProaError('OPTION_REFUSED', `use --isolation ${isolation}: ${why}`);
}
