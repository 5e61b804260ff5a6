/**
 * What `--format` of `buildx imagetools inspect` sees: documents whose members are called as in JSON, under the names of Go's
 * fields (`os.version` is .OSVersion), while `json` still writes them as they are.
 */
import { asMap, compileTemplate } from '../../cli/template/compile.ts';
import type { InspectedImage, PlatformDetails } from '../../engine/imagetools/inspect.ts';

/** Go's names that are more than a capital letter. */
const FIELDS: Readonly<Record<string, string>> = {
  os: 'OS',
  'os.version': 'OSVersion',
  'os.features': 'OSFeatures',
  urls: 'URLs',
  rootfs: 'RootFS',
  diff_ids: 'DiffIDs',
  created_by: 'CreatedBy',
  empty_layer: 'EmptyLayer',
};
/** Their keys are names that people gave. */
const MAPS = new Set(['annotations', 'Labels', 'ExposedPorts', 'Volumes']);

/** @throws ProaError TEMPLATE_SYNTAX, TEMPLATE_FIELD, … */
export function renderImage(
  format: string,
  name: string,
  image: InspectedImage,
  details: readonly PlatformDetails[],
): string {
  const { descriptor, listed, annotations } = image;
  const { mediaType, digest, size } = descriptor;
  const manifest =
    listed === undefined
      ? { mediaType, digest, size }
      : { schemaVersion: 2, mediaType, digest, size, manifests: listed, ...(annotations && { annotations }) };
  const raw = new WeakMap<object, unknown>();
  const single = details.length <= 1 ? details[0] : undefined;
  const of = <T>(read: (one: PlatformDetails) => T): unknown =>
    single === undefined
      ? asMap(Object.fromEntries(details.map((one) => [one.platform, view(read(one), raw)])))
      : view(read(single), raw);
  const document = {
    name,
    manifest,
    image: single?.config ?? Object.fromEntries(details.map(({ platform, config }) => [platform, config])),
  };
  const root = {
    Name: name,
    Manifest: view(manifest, raw),
    Image: of(({ config }) => config),
    SBOM: of(sbomOf),
    Provenance: of(provenanceOf),
  };
  raw.set(root, document);
  const json = (value: unknown): string =>
    JSON.stringify((isObject(value) && raw.get(value)) || value, null, 2) ?? 'null';
  return compileTemplate(format)(root, { json });
}

function sbomOf({ statements }: PlatformDetails): object {
  const [SPDX, ...AdditionalSPDXs] = statements
    .filter(({ type }) => type === 'https://spdx.dev/Document')
    .map(({ predicate }) => predicate);
  return { ...(SPDX !== undefined && { SPDX }), ...(AdditionalSPDXs.length > 0 && { AdditionalSPDXs }) };
}

function provenanceOf({ statements }: PlatformDetails): object {
  const found = statements.find(({ type }) => type.startsWith('https://slsa.dev/provenance/'));
  return found === undefined ? {} : { SLSA: found.predicate };
}

/** @param raw gets what each object of the view stands for */
function view(value: unknown, raw: WeakMap<object, unknown>): unknown {
  if (!isObject(value)) return value;
  const made = Array.isArray(value)
    ? value.map((item) => view(item, raw))
    : Object.fromEntries(
        Object.entries(value).map(([key, member]) => [
          FIELDS[key] ?? key.charAt(0).toUpperCase() + key.slice(1),
          MAPS.has(key) && isObject(member) ? asMap({ ...member }) : view(member, raw),
        ]),
      );
  raw.set(made, value);
  return made;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
