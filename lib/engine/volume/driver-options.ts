/**
 * `--opt` of `volume create`. For the driver `local` (docker-volume-create(1), podman-volume-create(1)): `type`, `device`
 * and `o` say what mount(8) is to mount; `size`, and in `o` without a mount `size` and `inodes`, set a quota; `uid` and
 * `gid` in `o` are the folder's owner; `copy` and `nocopy`: whether an image's content goes in. For `image`: `image`.
 */
import { parseByteSize } from '../../core/byte-size.ts';
import { ProaError } from '../../core/error.ts';
import type { QuotaLimits } from '../../core/sys/quota.ts';

type DriverOptions = Readonly<Record<string, string>>;

export interface LocalVolume {
  /** What is mounted when a container needs it; without, its files are simply in its folder. */
  mount?: MountPlan;
  quota?: QuotaLimits;
  owner?: { uid?: number; gid?: number };
  nocopy: boolean;
}

/** The arguments of mount(8). */
export interface MountPlan {
  /** '' leaves it to mount(8). */
  type: string;
  device: string;
  options: string[];
}

const KNOWN = ['type', 'device', 'o', 'size', 'copy', 'nocopy'];

/** What mounts without a device. */
const NO_DEVICE = /^(tmpfs|ramfs|overlay)$/;

/** @throws ProaError INVALID_OPTION, in Docker's words where it has some */
export function parseLocalOptions(options: DriverOptions): LocalVolume {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_OPTION', why, { hint: `Options of the driver local: ${KNOWN.join(', ')}` });
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw fail(`invalid option: "${name}"`);
  const { type = '', device = '' } = options;
  const words = (options.o ?? '').split(',').filter((word) => word !== '');
  const mounts = type !== '' || device !== '';
  const { owner, quota, rest } = readWords(words, mounts, fail);
  if (options.size !== undefined) {
    if (mounts) throw fail('size: a quota cannot be set on what is mounted; for a tmpfs say o=size=…');
    quota.bytes = size(options.size, fail);
  }
  if (device === '' && ((type !== '' && !NO_DEVICE.test(type)) || (rest.length > 0 && !mounts)))
    throw fail('missing required option: "device"');
  const bind = rest.some((word) => word === 'bind' || word === 'rbind');
  if (bind && !device.startsWith('/')) throw fail(`device ${device}: a bind mount wants an absolute path`);
  if (options.copy !== undefined && options.nocopy !== undefined)
    throw fail('copy and nocopy exclude each other');
  return {
    ...(mounts && { mount: { type, device: device || type, options: rest } }),
    ...(Object.keys(quota).length > 0 && { quota }),
    ...(Object.keys(owner).length > 0 && { owner }),
    nocopy: isOn(options.nocopy) ?? !(isOn(options.copy) ?? true),
  };
}

/** Sorts the words of `o` into ours and those of mount(8). */
function readWords(words: readonly string[], mounts: boolean, fail: (why: string) => ProaError) {
  const owner: { uid?: number; gid?: number } = {};
  const quota: QuotaLimits = {};
  const rest: string[] = [];
  for (const word of words) {
    const [, name = word, value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    if (name === 'uid' || name === 'gid') {
      // A file system may know the word too, as tmpfs does.
      if (mounts) rest.push(word);
      if (!/^\d{1,9}$/.test(value)) {
        if (mounts) continue;
        throw fail(`invalid ${name}: ${value}`);
      }
      owner[name] = Number(value);
    } else if (mounts && name !== 'timeout' && name !== 'noquota') rest.push(word);
    else if (name === 'size') quota.bytes = size(value, fail);
    else if (name === 'inodes') {
      if (!/^\d{1,15}$/.test(value)) throw fail(`invalid inodes: ${value}`);
      quota.inodes = Number(value);
    } else if (name !== 'timeout' && name !== 'noquota') rest.push(word);
  }
  return { owner, quota, rest };
}

function size(text: string, fail: (why: string) => ProaError): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined || bytes === 0) throw fail(`invalid size: ${text}`);
  return bytes;
}

/** `-o nocopy` and `-o nocopy=true` are the same. */
function isOn(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : !/^(false|0|f)$/i.test(text);
}

/** The name of the image. @throws ProaError INVALID_OPTION */
export function parseImageOptions(options: DriverOptions): string {
  const other = Object.keys(options).find((name) => name !== 'image');
  if (other !== undefined)
    throw new ProaError('INVALID_OPTION', `invalid option: "${other}": the driver image takes image alone`);
  if (options.image) return options.image;
  throw new ProaError(
    'INVALID_OPTION',
    'must provide an image name when creating a volume with the image driver',
    {
      hint: 'proa volume create --driver image --opt image=NAME',
    },
  );
}
