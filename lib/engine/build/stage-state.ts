/** What a stage has come to so far: layers, the image's configuration, and the variables that instructions see. */
import { DEFAULT_SHELL } from '../../build/image-defaults.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { ContainerDefaults, HistoryEntry } from '../../oci/model/image-config.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { DEFAULT_PATH } from '../../oci/model/runtime-spec/env.ts';

/** What the `#` of a history entry says of who made it, as BuildKit's images have it. */
const COMMENT = 'buildkit.dockerfile.v0';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where a stage begins. */
export interface StageBase {
  /** Bottom layer first. */
  readonly diffIds: readonly Digest[];
  readonly config: ContainerDefaults;
  readonly history: readonly HistoryEntry[];
  readonly author?: string | undefined;
  readonly platform: Platform;
  /** The image's id; absent for scratch and for other stages that began there. */
  readonly image?: Digest | undefined;
  readonly osVersion?: string | undefined;
  readonly osFeatures?: readonly string[] | undefined;
}

export class StageState {
  readonly diffIds: Digest[];
  readonly config: Mutable<ContainerDefaults>;
  readonly history: HistoryEntry[];
  author: string | undefined;
  /** CMD was said in this stage, so that ENTRYPOINT does not take it away. */
  commandSet = false;
  /** ARG, as far as the stage has said them. */
  readonly args = new Map<string, string | undefined>();

  constructor(readonly base: StageBase) {
    this.diffIds = [...base.diffIds];
    this.config = { ...base.config };
    this.history = [...base.history];
    this.author = base.author;
    if (!this.env.has('PATH')) this.setEnv('PATH', DEFAULT_PATH);
  }

  /** ENV. */
  get env(): Map<string, string> {
    return new Map(
      (this.config.Env ?? []).map((entry) => {
        const equals = entry.indexOf('=');
        return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
      }),
    );
  }

  /** What `${…}` means now: ENV wins over ARG. */
  get variables(): Map<string, string> {
    const variables = new Map<string, string>();
    for (const [name, value] of this.args) if (value !== undefined) variables.set(name, value);
    for (const [name, value] of this.env) variables.set(name, value);
    return variables;
  }

  get shell(): readonly string[] {
    return this.config.Shell ?? DEFAULT_SHELL;
  }

  get workingDir(): string {
    return this.config.WorkingDir || '/';
  }

  setEnv(name: string, value: string): void {
    const env = this.env.set(name, value);
    this.config.Env = Array.from(env, ([key, text]) => `${key}=${text}`);
  }

  /** Notes an instruction that changed no file. Its time is known when the stage's next layer is. */
  noteMetadata(text: string): void {
    this.history.push({
      created_by: text,
      ...(this.author && { author: this.author }),
      comment: COMMENT,
      empty_layer: true,
    });
  }

  /** Notes an instruction that may have changed files. @param diffId undefined: it changed none */
  noteLayer(text: string, diffId: Digest | undefined, created: string): void {
    this.history.push({
      created,
      created_by: `${text} # buildkit`,
      ...(this.author && { author: this.author }),
      comment: COMMENT,
      ...(diffId === undefined && { empty_layer: true }),
    });
    if (diffId !== undefined) this.diffIds.push(diffId);
  }

  /** Where a stage begins that is built on this one. */
  asBase(): StageBase {
    const { diffIds, config, history, author, base } = this;
    return { ...base, diffIds, config, history, author };
  }
}

/**
 * The history with a time for each entry: what changed no file is as old as the layer that came after it in the same
 * build, and the last ones as the image.
 */
export function datedHistory(history: readonly HistoryEntry[], created: string): HistoryEntry[] {
  let time = created;
  return [...history]
    .reverse()
    .map((entry) => {
      time = entry.created ?? time;
      return { ...entry, created: time };
    })
    .reverse();
}
