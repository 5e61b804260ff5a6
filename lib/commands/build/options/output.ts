/** `--output`, in the forms of buildx and podman. */
import { isTerminal } from '../../../cli/terminal.ts';
import { parseInteger } from '../../../cli/values.ts';
import { ProaError } from '../../../core/error.ts';
import type {
  BuildOutput,
  LayerPacking,
  OutputAnnotations,
  PlatformAnnotation,
} from '../../../engine/build/output.ts';
import { parseTag } from '../../../engine/image/tag.ts';
import type { Signing } from '../../../engine/trust/sign.ts';
import { parsePlatform } from '../../../oci/model/platform.ts';
import { parseReference, type Reference } from '../../../oci/model/reference.ts';
import type { RegistryOptions } from '../../../oci/registry/client.ts';
import { checkLevel } from '../../../storage/tar/compress.ts';
import { invalidOption } from '../../container/options/invalid.ts';
import { keyBool, keyValues } from './key-values.ts';
import { absolute } from './source.ts';

const STDOUT = 1;

const TYPES = ['local', 'tar', 'oci', 'docker', 'image', 'registry', 'cacheonly'];

export interface OutputRequest {
  /** Texts of `--output`. */
  readonly outputs: readonly string[];
  readonly tags: readonly string[];
  readonly push: boolean;
  readonly load: boolean;
  readonly registry: RegistryOptions;
  readonly signing: Signing | undefined;
}

export interface ReadOutputs {
  readonly outputs: readonly BuildOutput[];
  readonly annotations: OutputAnnotations;
}

type Fields = Partial<Record<string, string>>;

/**
 * What is to become of the result. Without any `--output` it becomes an image of this store.
 * @throws ProaError INVALID_OPTION, CONFLICTING_OPTIONS, OUTPUT_IS_TERMINAL, INVALID_REFERENCE
 */
export function readOutputs(request: OutputRequest, annotations: OutputAnnotations): ReadOutputs {
  const names = request.tags.map(parseTag);
  const outputs: BuildOutput[] = [];
  let all = annotations;
  for (const text of request.outputs) {
    const fields = fieldsOf(text);
    all = withAnnotations(all, fields, text);
    const output = readOutput(text, fields, names, request);
    if (output !== undefined) outputs.push(output);
  }
  const image = outputs.find((output) => output.kind === 'image');
  const wantsImage = request.push || request.load || request.outputs.length === 0;
  if (wantsImage && image === undefined)
    outputs.push({ ...imageDefaults(request), names, push: request.push });
  else if (request.push && image?.kind === 'image')
    outputs[outputs.indexOf(image)] = { ...image, push: true };
  if (request.signing !== undefined && !outputs.some((output) => output.kind === 'image' && output.push)) {
    throw new ProaError('CONFLICTING_OPTIONS', 'sign the result: only what is pushed is signed', {
      hint: 'Add --push, or push it later: proa push --sign-by KEY NAME',
    });
  }
  const targets = outputs.filter((output) => output.kind !== 'image' && output.target === STDOUT);
  if (targets.length > 1) throw new ProaError('CONFLICTING_OPTIONS', 'several outputs go to stdout');
  if (targets.length > 0 && isTerminal(STDOUT)) {
    throw new ProaError('OUTPUT_IS_TERMINAL', 'write the result to stdout: dest is a terminal', {
      hint: 'Name a file (--output type=tar,dest=FILE), or redirect stdout',
    });
  }
  return { outputs, annotations: all };
}

/** A path alone is a folder, `-` alone a tar on stdout. */
function fieldsOf(text: string): Fields {
  if (text === '') throw invalidOption('output', text, 'it says nothing');
  if (text === '-') return { type: 'tar', dest: '-' };
  if (!text.includes('=')) return { type: 'local', dest: text };
  const fields: Fields = keyValues('output', text);
  return { ...fields, type: (fields.type ?? 'local').toLowerCase() };
}

function readOutput(
  text: string,
  fields: Fields,
  names: readonly Reference[],
  request: OutputRequest,
): BuildOutput | undefined {
  const { type = '', dest } = fields;
  const own = fields.name === undefined ? names : fields.name.split(',').map((name) => parseTag(name.trim()));
  switch (type) {
    case 'local':
    case 'tar':
      return filesOutput(text, fields);
    case 'oci':
      if (dest === undefined)
        throw invalidOption('output', text, 'dest is required for oci', 'dest=FILE, or dest=- for stdout');
      return archiveOutput(text, 'oci', fields, own);
    case 'docker':
      // Without a place it is loaded into the engine, which is this one.
      return dest === undefined
        ? { ...imageDefaults(request), names: own, push: false }
        : archiveOutput(text, 'docker', fields, own);
    case 'image':
    case 'registry':
      return imageOutput(text, fields, own, request);
    case 'cacheonly':
      return undefined;
    default:
      throw invalidOption('output', text, `unsupported type "${type}"`, `It is one of ${TYPES.join(', ')}`);
  }
}

function filesOutput(text: string, fields: Fields): BuildOutput {
  const { type, dest, mode } = only(text, fields, ['type', 'dest', 'platform-split', 'mode']);
  const split = keyBool('output', text, 'platform-split', fields['platform-split']);
  if (dest === undefined || dest === '') throw invalidOption('output', text, `dest is required for ${type}`);
  if (mode !== undefined && mode !== 'copy' && mode !== 'delete')
    throw invalidOption('output', text, `mode=${mode} is neither copy nor delete`);
  if (type === 'local' && dest === '-')
    throw invalidOption('output', text, 'stdout is no folder', 'For a tar on stdout: --output -');
  return {
    kind: type === 'tar' ? 'tar' : 'folder',
    target: dest === '-' ? STDOUT : absolute(dest),
    ...(split !== undefined && { platformSplit: split }),
    ...(mode === 'delete' && { replace: true }),
  };
}

const PACKING = [
  'compression',
  'compression-level',
  'force-compression',
  'oci-mediatypes',
  'rewrite-timestamp',
];
const ARCHIVE = ['type', 'dest', 'name', 'tar', 'context', ...PACKING];

function archiveOutput(
  text: string,
  format: 'oci' | 'docker',
  fields: Fields,
  names: readonly Reference[],
): BuildOutput {
  only(text, fields, ARCHIVE);
  const asFolder = keyBool('output', text, 'tar', fields.tar) === false;
  const dest = fields.dest!;
  if (asFolder && dest === '-') throw invalidOption('output', text, 'stdout is no folder');
  return {
    kind: 'archive',
    format,
    target: dest === '-' ? STDOUT : absolute(dest),
    asFolder,
    names,
    packing: readPacking(text, fields),
  };
}

const IMAGE = [
  ...['type', 'name', 'push', 'push-by-digest', 'store', 'unpack', 'registry.insecure', 'name-canonical'],
  ...['dangling-name-prefix', 'danglingname', ...PACKING],
];

function imageOutput(
  text: string,
  fields: Fields,
  names: readonly Reference[],
  request: OutputRequest,
): BuildOutput {
  only(text, fields, IMAGE);
  const bool = (key: string): boolean | undefined => keyBool('output', text, key, fields[key]);
  const byDigest = bool('push-by-digest') ?? false;
  const insecure = bool('registry.insecure');
  const base = imageDefaults(request);
  return {
    ...base,
    names:
      byDigest && fields.name !== undefined
        ? fields.name.split(',').map((name) => parseReference(name))
        : names,
    store: bool('store') ?? true,
    push: (bool('push') ?? false) || fields.type === 'registry' || request.push,
    pushByDigest: byDigest,
    registry: insecure ? { ...base.registry, tlsVerify: false } : base.registry,
    packing: readPacking(text, fields),
  };
}

function imageDefaults({ registry, signing }: OutputRequest) {
  return { kind: 'image', store: true, pushByDigest: false, registry, packing: {}, signing } as const;
}

function readPacking(text: string, fields: Fields): LayerPacking {
  const { compression: word, 'compression-level': level } = fields;
  const kinds = { gzip: 'gzip', zstd: 'zstd', uncompressed: 'none', none: 'none' } as const;
  if (word !== undefined && !Object.hasOwn(kinds, word)) {
    throw invalidOption(
      'output',
      text,
      `unsupported compression "${word}"`,
      'It is one of gzip, zstd, uncompressed',
    );
  }
  const compression = word === undefined ? undefined : kinds[word as keyof typeof kinds];
  const number = level === undefined ? undefined : parseInteger(level);
  if (compression !== 'none') checkLevel(compression ?? 'gzip', number);
  const force = keyBool('output', text, 'force-compression', fields['force-compression']);
  const oci = keyBool('output', text, 'oci-mediatypes', fields['oci-mediatypes']);
  return {
    ...(compression !== undefined && { compression }),
    ...(number !== undefined && { level: number }),
    ...(force !== undefined && { force }),
    ...(oci !== undefined && { kind: oci ? ('oci' as const) : ('docker' as const) }),
  };
}

/** @throws ProaError INVALID_OPTION for a key that the type does not have */
function only(text: string, fields: Fields, keys: readonly string[]): Fields {
  const other = Object.keys(fields).find((key) => !keys.includes(key) && !key.startsWith('annotation'));
  if (other === undefined) return fields;
  throw invalidOption(
    'output',
    text,
    `unexpected key "${other}" for type ${fields.type}`,
    `It takes ${keys.join(', ')}`,
  );
}

/** `annotation.KEY=VALUE`, `annotation-index.KEY=`, `annotation-manifest[linux/arm64].KEY=`, … */
const ANNOTATION =
  /^annotation(?:-(manifest|index|manifest-descriptor|index-descriptor))?(?:\[([^\]]*)\])?\.(.+)$/;

function withAnnotations(before: OutputAnnotations, fields: Fields, text: string): OutputAnnotations {
  const after = {
    manifest: [...before.manifest],
    descriptor: [...before.descriptor],
    index: { ...before.index },
    indexDescriptor: { ...before.indexDescriptor },
  };
  for (const [key, value = ''] of Object.entries(fields)) {
    if (!key.startsWith('annotation')) continue;
    const [, place = 'manifest', only, name] = ANNOTATION.exec(key) ?? [];
    if (name === undefined) throw invalidOption('output', text, `unexpected key "${key}"`);
    const annotation: PlatformAnnotation = {
      key: name,
      value,
      ...(only && { platform: parsePlatform(only) }),
    };
    if (place === 'manifest') after.manifest.push(annotation);
    else if (place === 'manifest-descriptor') after.descriptor.push(annotation);
    else if (place === 'index') after.index[name] = value;
    else after.indexDescriptor[name] = value;
  }
  return after;
}
