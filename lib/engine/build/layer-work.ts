/** A step that may change files, as the stage sees it: how its result is found in the cache, and how it is made. */
import type { Digest } from '../../oci/model/digest.ts';
import type { BuildStep } from './request.ts';
import type { MountedStep, Sandbox } from './sandbox.ts';

export interface LayerWork {
  /** For the image's history. */
  readonly text: string;
  /** The layers that it is made on, bottom first. */
  readonly below: readonly Digest[];
  /** Waits for other stages that it takes files from. */
  ready?(): Promise<unknown>;
  /**
   * The keys that its result may be known by, the cheapest first. The next one is asked for only when nothing is known
   * by those before it.
   * @param sandbox makes one, when files of layers have to be looked at
   */
  keys(step: BuildStep, sandbox: () => Sandbox): AsyncIterable<string>;
  /** Writes the files. @returns false when the result is not what the keys say, so that it must not be kept */
  make(mounted: MountedStep, sandbox: Sandbox, step: BuildStep): Promise<boolean>;
}
