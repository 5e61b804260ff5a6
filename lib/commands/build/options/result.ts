/** What the result is, what it is called, and where it goes. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';
import type { OutputAnnotations, PlatformAnnotation } from '../../../engine/build/output.ts';
import type { ManifestKind } from '../../../engine/image/new-manifest.ts';
import { parsePlatform } from '../../../oci/model/platform.ts';
import { invalidOption } from '../../container/options/invalid.ts';

export const resultOptions = {
  annotation: {
    type: 'list',
    metavar: '[PLACE:]KEY=VALUE',
    summary:
      'Annotate the manifest; or PLACE: manifest, index, manifest-descriptor, index-descriptor, each for one platform as manifest[linux/arm64]',
  },
  format: {
    type: 'string',
    choices: ['oci', 'docker'],
    metavar: 'oci|docker',
    summary: 'Kind of the manifest (default: oci, or what BUILDAH_FORMAT says)',
  },
  iidfile: { type: 'string', metavar: 'FILE', summary: "Write the image's id to a file", complete: 'file' },
  'inherit-labels': { type: 'bool', default: true, summary: "Take over the base image's labels" },
  label: { type: 'list', metavar: 'KEY=VALUE', summary: 'Set labels' },
  load: { type: 'bool', summary: 'Keep the image here, as is done without it (--output type=docker)' },
  manifest: {
    type: 'string',
    metavar: 'NAME',
    summary: 'Add the image to a manifest list, which is made if there is none',
  },
  'metadata-file': {
    type: 'string',
    metavar: 'FILE',
    summary: 'Write what the result is to a file, as JSON',
    complete: 'file',
  },
  'omit-history': { type: 'bool', summary: 'Leave out how the image was made' },
  'os-feature': {
    type: 'list',
    metavar: 'FEATURE',
    summary: 'Feature of the operating system that the image needs',
  },
  'os-version': {
    type: 'string',
    metavar: 'VERSION',
    summary: 'Version of the operating system that the image needs',
  },
  output: {
    short: 'o',
    type: 'list',
    metavar: 'DEST',
    summary:
      'Where the result goes: a folder, - for a tar on stdout, or type=TYPE[,dest=…,name=…] with local, tar, oci, docker, image, registry or cacheonly',
  },
  push: { type: 'bool', summary: 'Push the image under its names (--output type=registry)' },
  'source-date-epoch': {
    type: 'int',
    metavar: 'SECONDS',
    summary: 'Time of all that is made (default: SOURCE_DATE_EPOCH)',
  },
  squash: { type: 'bool', summary: 'Make one layer of those that the build adds' },
  'squash-all': { type: 'bool', summary: 'Make one layer of all, those of the base image too' },
  tag: { short: 't', type: 'list', metavar: 'NAME[:TAG]', summary: 'Names of the image' },
  timestamp: {
    type: 'int',
    metavar: 'SECONDS',
    summary: 'Time of all that is made, in seconds since 1970: equal input then gives an equal image',
  },
  unsetannotation: { type: 'list', metavar: 'KEY', summary: 'Leave out an annotation' },
  unsetenv: { type: 'list', metavar: 'NAME', summary: 'Leave out a variable of the image' },
  unsetlabel: { type: 'list', metavar: 'KEY', summary: 'Leave out a label of the base image' },
} as const satisfies OptionTable;

type ResultOptions = Options<typeof resultOptions>;

const PLACES = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const;
type Place = (typeof PLACES)[number];

/** `manifest[linux/arm64],index:key=value` → its parts. The text before the colon names places only if it names no key. */
const PLACED =
  /^((?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?(?:,(?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?)*):(.*)$/s;

/** @throws ProaError INVALID_OPTION, INVALID_PLATFORM */
export function readAnnotations(texts: readonly string[], unset: readonly string[] = []): OutputAnnotations {
  const manifest: PlatformAnnotation[] = [];
  const descriptor: PlatformAnnotation[] = [];
  const index: Record<string, string> = {};
  const indexDescriptor: Record<string, string> = {};
  for (const text of texts) {
    const [, places = 'manifest', pair = text] = PLACED.exec(text) ?? [];
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (key === '') throw invalidOption('annotation', text, 'it has no key');
    if (unset.includes(key)) continue;
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    for (const place of places.split(/,(?![^[]*\])/)) {
      const [, name, only] = /^([a-z-]+)(?:\[(.*)\])?$/.exec(place) as unknown as [string, Place, string?];
      const annotation = { key, value, ...(only && { platform: parsePlatform(only) }) };
      if (name === 'manifest') manifest.push(annotation);
      else if (name === 'manifest-descriptor') descriptor.push(annotation);
      else if (only) throw invalidOption('annotation', text, 'an index is not of one platform');
      else if (name === 'index') index[key] = value;
      else indexDescriptor[key] = value;
    }
  }
  return { manifest, descriptor, index, indexDescriptor };
}

export function readLabelPairs(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals === 0 || text === '') throw invalidOption('label', text, 'it has no key');
      return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** @throws ProaError INVALID_OPTION for a BUILDAH_FORMAT that is neither */
export function readFormat({ format }: Pick<ResultOptions, 'format'>): ManifestKind {
  const said = format ?? process.env.BUILDAH_FORMAT;
  if (said === undefined || said === '' || said === 'oci') return 'oci';
  if (said === 'docker') return 'docker';
  throw new ProaError('INVALID_OPTION', `BUILDAH_FORMAT=${said}: must be oci or docker`);
}

/** Seconds since 1970, when somebody said a time. @throws ProaError CONFLICTING_OPTIONS, INVALID_OPTION */
export function readTimestamp(
  options: Pick<ResultOptions, 'timestamp' | 'source-date-epoch'>,
  buildArgs: ReadonlyMap<string, string>,
): number | undefined {
  const { timestamp, 'source-date-epoch': epoch } = options;
  if (timestamp !== undefined && epoch !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', '--timestamp and --source-date-epoch cannot be used together');
  const said = timestamp ?? epoch;
  if (said !== undefined) {
    if (said < 0)
      throw invalidOption(
        timestamp === undefined ? 'source-date-epoch' : 'timestamp',
        String(said),
        'below 0',
      );
    return said;
  }
  const text = buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,12}$/.test(text))
    throw new ProaError('INVALID_OPTION', `SOURCE_DATE_EPOCH=${text}: not seconds since 1970`);
  return Number(text);
}
