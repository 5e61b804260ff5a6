/** The lines of `buildx imagetools inspect`, in columns as Go's tabwriter makes them with one space between. */
import type { InspectedImage } from '../../engine/imagetools/inspect.ts';
import { formatListedPlatform, type ListedManifest } from '../../oci/model/index-document.ts';
import { formatReference, type Reference } from '../../oci/model/reference.ts';

type Line = readonly [label: string, text: string];

export function describeManifest(reference: Reference, { descriptor, listed }: InspectedImage): string {
  const head = columns([
    ['Name:', formatReference(reference)],
    ['MediaType:', descriptor.mediaType],
    ['Digest:', descriptor.digest],
  ]);
  if (listed === undefined) return head;
  const { registry, repository, tag } = reference;
  const name = (digest: ListedManifest['digest']): string =>
    formatReference({ registry, repository, ...(tag !== undefined && { tag }), digest });
  return `${head}${columns([
    ['', ''],
    ['Manifests:', ''],
  ])}${describeAll(listed, name)}`;
}

/** Annotations have columns of their own, and so begin new ones behind them. */
function describeAll(
  listed: readonly ListedManifest[],
  name: (digest: ListedManifest['digest']) => string,
): string {
  let text = '';
  let lines: Line[] = [];
  for (const [i, manifest] of listed.entries()) {
    if (i > 0) lines.push(['', '']);
    lines.push(...describe(manifest, name(manifest.digest)));
    const annotations = Object.entries(manifest.annotations ?? {});
    if (annotations.length === 0) continue;
    text += columns([...lines, ['  Annotations:', '']]);
    text += columns(annotations.map(([key, value]) => [`    ${key}:`, value]));
    lines = [];
  }
  return text + columns(lines);
}

function describe({ mediaType, platform, urls }: ListedManifest, name: string): Line[] {
  const { 'os.version': version, 'os.features': features = [] } = platform ?? {};
  return [
    ['  Name:', name],
    ['  MediaType:', mediaType],
    ...(platform ? [['  Platform:', formatListedPlatform(platform)] as const] : []),
    ...(version ? [['  OSVersion:', version] as const] : []),
    ...(features.length > 0 ? [['  OSFeatures:', features.join(', ')] as const] : []),
    ...(urls ? [['  URLs:', urls.join(', ')] as const] : []),
  ];
}

function columns(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map(([label]) => label.length)) + 1;
  return lines.map(([label, text]) => `${label.padEnd(width)}${text}\n`).join('');
}
