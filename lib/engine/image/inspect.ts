/** `image inspect`: everything about an image, in Docker's structure with Podman's members besides. */
import { ProaError } from '../../core/error.ts';
import type { ContainerDefaults, ImageConfig } from '../../oci/model/image-config.ts';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { familiarName, parseReference } from '../../oci/model/reference.ts';
import { findImage, type ImageRecord, namesOf, readImageConfig, readName } from '../../storage/images.ts';
import { layerDiffPath } from '../../storage/layers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

/** What Go shows for a time that is not set. */
const NO_TIME = '0001-01-01T00:00:00Z';

/**
 * The record that `image inspect` prints, its members in Docker's order.
 * @param platform chooses from a manifest list; an image of another one is not what was asked for
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, BLOB_CORRUPT
 */
export function inspectImage(engine: Engine, text: string, platform?: Platform): Record<string, unknown> {
  const { store } = engine;
  const record = platform === undefined ? requireImage(engine, text) : forPlatform(engine, text, platform);
  const config = readImageConfig(store, record);
  const names = namesOf(store, record.id);
  const docker_version = config.other?.docker_version;
  return {
    Id: record.id,
    Digest: record.manifest.digest,
    RepoTags: names.map(familiar),
    RepoDigests: record.repoDigests.map(familiar),
    Parent: record.parent ?? '',
    Comment: config.history.at(-1)?.comment ?? '',
    Created: config.created ?? NO_TIME,
    DockerVersion: typeof docker_version === 'string' ? docker_version : '',
    Author: config.author ?? '',
    Config: containerDefaults(config.config),
    Architecture: config.architecture,
    Variant: config.variant ?? '',
    Os: config.os,
    Size: record.size,
    VirtualSize: record.size,
    GraphDriver: { Data: driverData(store, record), Name: 'overlay2' },
    RootFS: { Type: 'layers', Layers: record.diffIds },
    Metadata: { LastTagTime: lastTagTime(store, names) },
    ...podmanMembers(record, config, names),
  };
}

/** A list's image for the platform, or an image that is for it. */
function forPlatform({ store }: Engine, text: string, platform: Platform): ImageRecord {
  const record = findImage(store, text, platform);
  if (record !== undefined) {
    const { os, architecture, variant } = record;
    if (matchPlatform(platform, [{ os, architecture, variant }]) !== undefined) return record;
  }
  throw new ProaError('IMAGE_NOT_FOUND', `No such image: ${text} for ${formatPlatform(platform)}`);
}

function podmanMembers(record: ImageRecord, config: ImageConfig, names: string[]): Record<string, unknown> {
  return {
    Labels: config.config.Labels ?? {},
    Annotations: {},
    ManifestType: record.manifest.mediaType,
    User: config.config.User ?? '',
    History: config.history,
    NamesHistory: names,
  };
}

/** What an image does not set is empty, and not absent: templates may count it and range over it. */
function containerDefaults({ other, ...defaults }: ContainerDefaults): Record<string, unknown> {
  return {
    User: '',
    ExposedPorts: {},
    Env: [],
    Cmd: [],
    Volumes: {},
    WorkingDir: '',
    Entrypoint: [],
    OnBuild: [],
    Labels: {},
    // No empty ones of these: `{{if .Config.Healthcheck}}` asks whether there is one. Their fields are known all the same.
    Healthcheck: undefined,
    StopSignal: undefined,
    Shell: undefined,
    ...defaults,
    ...other,
  };
}

/** Where the layers lie, in the words of an overlay mount: topmost first. */
function driverData(store: Store, record: ImageRecord): Record<string, string> {
  const [top, ...lower] = record.diffIds.toReversed().map((diffId) => layerDiffPath(store, diffId));
  return {
    ...(lower.length > 0 && { LowerDir: lower.join(':') }),
    ...(top !== undefined && { UpperDir: top }),
  };
}

function lastTagTime(store: Store, names: readonly string[]): string {
  const times = names.map((name) => readName(store, parseReference(name))?.updated ?? NO_TIME);
  return times.sort().at(-1) ?? NO_TIME;
}

function familiar(name: string): string {
  return familiarName(parseReference(name));
}
