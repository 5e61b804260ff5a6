/** The options of `run` and `create` that mount something. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import { parseMountOption, volumeDriver } from '../../../engine/container/mount-option.ts';
import type { MountRequest } from '../../../engine/container/mount-request.ts';
import { parseTmpfsOption, parseVolumeOption } from '../../../engine/container/volume-option.ts';
import { parseVolumesFrom } from '../../../engine/container/volumes-from.ts';

export const mountOptions = {
  'image-volume': {
    type: 'string',
    default: 'anonymous',
    choices: ['anonymous', 'bind', 'tmpfs', 'ignore'],
    summary: "What becomes of the image's volumes: anonymous volumes (also called bind), tmpfs, or nothing",
  },
  mount: {
    type: 'list',
    metavar: 'KEY=VALUE,...',
    summary: 'Mount a host path, volume, tmpfs or image: type=bind,source=/host/path,target=/path,readonly',
  },
  tmpfs: { type: 'list', metavar: 'PATH[:OPTIONS]', summary: 'Mount a tmpfs' },
  volume: {
    short: 'v',
    type: 'list',
    metavar: '[SOURCE:]PATH[:OPTIONS]',
    summary: 'Mount a host folder or a volume',
    complete: 'mount',
  },
  'volume-driver': { type: 'string', metavar: 'DRIVER', summary: 'Driver of new volumes: local, or image' },
  'volumes-from': {
    type: 'list',
    metavar: 'CONTAINER[:OPTIONS]',
    summary: 'Mount the host folders and volumes of another container',
    complete: 'container',
  },
} as const satisfies OptionTable;

/** @throws ProaError INVALID_MOUNT, NO_VOLUME_DRIVER */
export function readMountOptions(
  options: Options<typeof mountOptions>,
): Pick<CreateRequest, 'mounts' | 'volumesFrom' | 'imageVolumes'> {
  const driver = volumeDriver(options['volume-driver'] ?? '');
  for (const text of options['volumes-from']) parseVolumesFrom(text);
  const cwd = process.cwd();
  return {
    mounts: [
      ...options.volume.map((text) => withDriver(parseVolumeOption(text, cwd), driver)),
      ...options.mount.map((text) => parseMountOption(text, cwd)),
      ...options.tmpfs.map(parseTmpfsOption),
    ],
    volumesFrom: options['volumes-from'],
    imageVolumes: options['image-volume'] as CreateRequest['imageVolumes'],
  };
}

function withDriver(request: MountRequest, driver: Pick<MountRequest, 'driver'>): MountRequest {
  return request.type === 'volume' ? { ...request, ...driver } : request;
}
