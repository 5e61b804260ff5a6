/** What a build is asked to do, and what it tells meanwhile. */
import type { Dockerfile, Lines } from '../../build/dockerfile/ast.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { ImageConfig } from '../../oci/model/image-config.ts';
import type { Platform } from '../../oci/model/platform.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import type { ManifestKind } from '../image/new-manifest.ts';

/** Files that COPY, ADD and `RUN --mount=type=bind` may take: the context, or one of `--build-context`. */
export interface FolderContext {
  readonly kind: 'folder';
  readonly path: string;
  /** Lines of its .dockerignore, as they stand there. */
  readonly ignore: readonly string[];
}
/** `--build-context name=docker-image://REF` or `oci-layout://…`: takes the place of that image or stage. */
export interface ImageContext {
  readonly kind: 'image';
  readonly reference: string;
}
export type BuildContext = FolderContext | ImageContext;

/** `--secret id=…,src=…|env=…`; its bytes are read when a step needs them. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string };

/** What the containers of RUN may use; the words are those of `proa run`. */
export interface StepLimits {
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly cpuShares?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly cgroupParent?: string;
  readonly shmSize?: number;
  readonly ulimits: readonly string[];
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly devices: readonly string[];
  readonly securityOpts: readonly string[];
  /** `HOST:IP`. */
  readonly addHosts: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** Podman's `-v`: shown to every RUN. */
  readonly volumes: readonly string[];
  /** As `run --userns`. On the disk files belong to the ids of the container. */
  readonly userns?: string;
  /** `CONTAINER:HOST:SIZE`; or the owner of ranges in /etc/subuid and /etc/subgid. */
  readonly uidMaps?: readonly string[];
  readonly gidMaps?: readonly string[];
  readonly subuidname?: string;
  readonly subgidname?: string;
  readonly ipc?: string;
  readonly pid?: string;
  readonly uts?: string;
  readonly cgroupns?: string;
  readonly groupAdd?: readonly string[];
  /** /etc/hosts stays as the image has it. */
  readonly noHosts?: boolean;
  /** Options for crun or runc itself, before the verb. */
  readonly runtimeFlags?: readonly string[];
}

/** What `--allow` lets RUN have (BuildKit's entitlements). */
export type Entitlement = 'network.host' | 'security.insecure' | 'device';

/** Where a cache comes from or goes to: `--cache-from`, `--cache-to`. */
export interface CachePlace {
  readonly type: 'registry' | 'local' | 'inline';
  /** The image of `registry`, or the folder of `local`; nothing for `inline`. */
  readonly place?: string;
  /** Of an export: the result's layers alone, or those of all steps. */
  readonly mode: 'min' | 'max';
  /** The rest of what was said, by key (`compression`, `oci-mediatypes`, `ignore-error`, …). */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface BuildRequest {
  readonly dockerfile: Dockerfile;
  readonly context: FolderContext;
  readonly namedContexts: ReadonlyMap<string, BuildContext>;
  /** A stage's name or number; else the last one. */
  readonly target?: string;
  readonly platforms: readonly Platform[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** true: nothing from the cache; names: not for these stages. */
  readonly noCache: boolean | readonly string[];
  readonly pull: 'missing' | 'always' | 'newer' | 'never';
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Id → paths: an agent's socket, or private keys. */
  readonly ssh: ReadonlyMap<string, readonly string[]>;
  readonly network: 'default' | 'none' | 'host' | (string & {});
  readonly limits: StepLimits;
  /** false: RUN, COPY and ADD of the target stage become one layer. */
  readonly layers: boolean;
  /** `new`: the stage's own layers become one. `all`: those of its base too. */
  readonly squash?: 'new' | 'all';
  readonly format: ManifestKind;
  /** Seconds since 1970 for all that the build makes (`--timestamp`, SOURCE_DATE_EPOCH). */
  readonly timestamp?: number;
  /** Stages at once; 0: as many as there are. */
  readonly jobs: number;
  readonly allow?: ReadonlySet<Entitlement>;
  /** How registries of base images are asked. */
  readonly registry?: RegistryOptions;
  readonly policyFile?: string;
  readonly cacheFrom?: readonly CachePlace[];
  readonly cacheTo?: readonly CachePlace[];
  /** Seconds after which what is in the cache counts no more. */
  readonly cacheTtl?: number;
  /** false: also the stages that the target does not need. */
  readonly skipUnusedStages?: boolean;
  /** RUN reads our standard input. */
  readonly stdin?: boolean;
  /** Variables and labels that the result does not keep, whoever set them. */
  readonly unsetEnv?: readonly string[];
  readonly unsetLabels?: readonly string[];
  /** false: labels of the base are not taken over. */
  readonly inheritLabels?: boolean;
  readonly omitHistory?: boolean;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

/** One image of the result, not yet named. */
export interface BuiltImage {
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
  /** Leased until the {@link BuildResult} is disposed. */
  readonly diffIds: readonly Digest[];
  /** Image that the target stage began with; absent for scratch. */
  readonly parent?: Digest;
  /** What came from elsewhere: base images and downloads, for `--provenance`. */
  readonly materials?: readonly BuildMaterial[];
}
export interface BuildMaterial {
  readonly kind: 'image' | 'http' | 'git';
  /** A full image name, or a URL. */
  readonly name: string;
  /** Of the manifest, the file, or (hex alone) the commit. */
  readonly digest: string;
  readonly platform?: Platform;
}
export interface BuildResult extends AsyncDisposable {
  readonly images: readonly BuiltImage[];
}

/** A step as progress shows it; `id` is unique in the build. */
export interface BuildStep {
  readonly id: number;
  /** `[stage 2/5] RUN make`, as BuildKit names steps. */
  readonly name: string;
  readonly lines?: Lines;
  /** Ids of the steps whose results it begins with. */
  readonly inputs?: readonly number[];
}
/** Told as it happens, from all stages in whatever order they come. */
export interface BuildObserver {
  /** Steps that there will be, as soon as they are known: progress counts them. */
  planned?(steps: readonly BuildStep[]): void;
  started(step: BuildStep): void;
  /** Bytes of a RUN's output. */
  output(step: BuildStep, stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Bytes of a pull, download or context so far. @param part `sha256:…` of a layer, `transferring context`, `extracting …` */
  progress(step: BuildStep, done: number, total: number | undefined, part?: string): void;
  ended(step: BuildStep, how: 'done' | 'cached' | 'cancelled'): void;
  failed(step: BuildStep, error: unknown): void;
  warned(text: string, lines?: Lines): void;
}
