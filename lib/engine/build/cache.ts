/**
 * What steps came to, kept by all that they depend on (storage/build-cache.ts): the layers below, as they are, the
 * instruction with its variables replaced, and the content of what it takes. Where a name, a tag or a time differs and the
 * content does not, it is the same step.
 */

import { existsSync } from 'node:fs';
import type { Digest } from '../../oci/model/digest.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import {
  type BuildCacheRecord,
  readCacheRecord,
  touchCacheRecord,
  writeCacheRecord,
} from '../../storage/build-cache.ts';
import { type LayerLease, layerPath, readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import type { SharedStep } from './cache-document.ts';
import type { ImportedCache } from './cache-import.ts';
import type { BuildRequest } from './request.ts';

/** Raised when steps come to something else than they did before. */
const FORM = 1;

export interface CachedStep {
  diffId: Digest | undefined;
  /** RFC 3339. */
  created: string;
}

/** The key of a step: 64 hex digits. @param parts what JSON can hold, in an order that is always the same */
export function stepKey(parts: readonly unknown[]): string {
  return sha256Digest(Buffer.from(JSON.stringify([FORM, ...parts]))).slice('sha256:'.length);
}

export class BuildCache {
  /** Something new was kept. */
  grew = false;
  /** Layers of what steps came to before, which nothing may need any more. */
  readonly replaced = new Set<Digest>();
  /** All that the build found or did, by key. */
  readonly used = new Map<string, SharedStep>();

  constructor(
    private readonly engine: Engine,
    private readonly lease: LayerLease,
    private readonly request: Pick<BuildRequest, 'noCache' | 'cacheTtl' | 'timestamp'>,
    private readonly imported?: ImportedCache,
  ) {}

  /**
   * What a step came to; its layer is leased.
   * @param step its key
   * @param stage names of the stage that the step is of, for `--no-cache-filter`
   */
  async find(step: string, stage: readonly string[]): Promise<CachedStep | undefined> {
    const key = this.dated(step);
    const { noCache } = this.request;
    if (noCache === true || (noCache !== false && noCache.some((name) => stage.includes(name))))
      return undefined;
    const known = (await this.here(key)) ?? (await this.elsewhere(key));
    if (known === undefined) return undefined;
    this.used.set(key, known);
    return { diffId: known.diffId, created: known.created };
  }

  private async here(key: string): Promise<SharedStep | undefined> {
    const { store } = this.engine;
    const record = readCacheRecord(store, key);
    if (record === undefined || this.isTooOld(record)) return undefined;
    if (record.diffId !== undefined && !(await this.holds(record.diffId))) return undefined;
    touchCacheRecord(store, key);
    return record;
  }

  /** From `--cache-from`; it is kept here then. */
  private async elsewhere(key: string): Promise<SharedStep | undefined> {
    const step = await this.imported?.find(key);
    if (step === undefined || this.isTooOld(step)) return undefined;
    this.write(step);
    return step;
  }

  private isTooOld({ created }: SharedStep): boolean {
    const { cacheTtl } = this.request;
    return cacheTtl !== undefined && Date.parse(created) < Date.now() - cacheTtl * 1000;
  }

  /** Keeps what a step came to. Its layer is leased. */
  keep(step: Omit<BuildCacheRecord, 'version' | 'size'>): void {
    this.write({ ...step, key: this.dated(step.key) });
  }

  /** Files of layers have the build's `--timestamp`: with another one they are other layers. */
  private dated(key: string): string {
    const { timestamp } = this.request;
    return timestamp === undefined ? key : stepKey([key, timestamp]);
  }

  private write(record: Omit<BuildCacheRecord, 'version' | 'size'>): void {
    const { store } = this.engine;
    const size = record.diffId === undefined ? 0 : (readLayer(store, record.diffId)?.diskSize ?? 0);
    const before = readCacheRecord(store, record.key)?.diffId;
    if (before !== undefined && before !== record.diffId) this.replaced.add(before);
    writeCacheRecord(store, { version: 1, ...record, size });
    this.used.set(record.key, record);
    this.grew = true;
  }

  private async holds(diffId: Digest): Promise<boolean> {
    const { store } = this.engine;
    // Its layer went with somebody's clean-up.
    if (!existsSync(layerPath(store, diffId))) return false;
    const { leasePresentLayer } = await import('../image/present-layer.ts');
    return (await leasePresentLayer(store, this.lease, diffId)) !== undefined;
  }
}
