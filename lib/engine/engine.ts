/** What every use case needs: where things are, who runs us, and how to call ourselves. */
import { type CgroupPlan, planCgroup } from '../rootless/cgroups.ts';
import type { Identity } from '../rootless/identity.ts';
import type { Store } from '../storage/store.ts';

export interface EngineOptions {
  store: Store;
  identity: Identity;
  self: readonly string[];
  runtime?: string;
  /** --cgroup-manager */
  cgroupManager?: 'cgroupfs' | 'systemd' | undefined;
}

export class Engine {
  readonly store: Store;
  readonly identity: Identity;
  /** Command line that runs this same engine: program and global options (conmon's exit command, children). */
  readonly self: readonly string[];
  /** --runtime of the command line or the configuration. */
  readonly runtime: string | undefined;
  private readonly cgroupManager: EngineOptions['cgroupManager'];
  private plan: CgroupPlan | undefined;

  constructor(options: EngineOptions) {
    this.store = options.store;
    this.identity = options.identity;
    this.self = options.self;
    this.runtime = options.runtime;
    this.cgroupManager = options.cgroupManager;
  }

  /** Where containers' cgroups go here, and what they can limit. Looked at once, when first needed. */
  get cgroups(): CgroupPlan {
    this.plan ??= planCgroup(this.identity, { wanted: this.cgroupManager });
    return this.plan;
  }
}
