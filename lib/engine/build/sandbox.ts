/**
 * Where a stage's steps happen: one folder, one bundle and one network for all of them, as they come one after the other.
 * It is no container: there is no record of it. Its folder in ROOT/tmp is locked while it is in use; what it has in RUNROOT
 * carries its id, so that `system check` and the next build find what a killed build left, as that of a killed start.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { Staging } from '../../core/staging.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { AT_FDCWD, tryMkdirAt } from '../../core/sys/file.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { NamespaceChoice } from '../../oci/model/runtime-spec/namespaces.ts';
import { type RuntimeProgram, runtimeDelete } from '../../oci/runtime/runtime.ts';
import {
  bundlePath,
  type ContainerConfig,
  mergedPath,
  newContainerId,
  sideMountsPath,
} from '../../storage/containers.ts';
import { lowerDirs } from '../../storage/layers.ts';
import { mountOverlay, type OverlayMount, unmountOverlay } from '../../storage/overlay.ts';
import { UpperLayer } from '../../storage/upper-layer.ts';
import { ContainerNetwork } from '../container/network.ts';
import { unmountSideMounts } from '../container/side-mounts.ts';
import type { UserNamespaceOfStart } from '../container/user-namespace.ts';
import type { Engine } from '../engine.ts';

/** A root file system that a step writes to. Disposed, it is unmounted, and what was written is gone unless kept. */
export interface MountedStep extends Disposable {
  /** Path of the mounted root. */
  readonly root: string;
  readonly layer: UpperLayer;
  /** Folders of the layers below, topmost first. */
  readonly lower: readonly string[];
  /** Mounts it once more, at the same place, in another way. */
  remount(by: (overlay: OverlayMount) => void): void;
  /** Unmounts it, so that what was written can become a layer. */
  unmount(): void;
}

/** A network as the specification and /etc want it. */
export interface StepNetwork {
  readonly namespace: NamespaceChoice;
  /** The namespace is nobody else's. */
  readonly isOwn: boolean;
  /** Files for /etc by their names there. */
  readonly etc: Readonly<Record<string, string>>;
}

export class Sandbox implements AsyncDisposable {
  readonly id: string;
  private readonly staging: Staging;
  private network:
    | { mode: string; step: StepNetwork; texts: Map<string, string>; of: ContainerNetwork }
    | undefined;
  private mounts = 0;
  private readonly views = new Map<string, string>();

  constructor(private readonly engine: Engine) {
    this.id = newContainerId();
    this.staging = Staging.open(engine.store.tmp, this.id);
    mkdirSync(this.bundle, { recursive: true, mode: 0o700 });
  }

  /** The folder of the runtime's files. */
  get bundle(): string {
    return bundlePath(this.engine.store, this.id);
  }

  /** Mounts layers, bottom first, and above them a new folder to write to. */
  mount(diffIds: readonly Digest[]): MountedStep {
    using _ = span('mount step');
    const { store } = this.engine;
    const root = mergedPath(store, this.id);
    const lower = lowerDirs(store, diffIds);
    using made = new DisposableStack();
    const layer = made.use(new UpperLayer(store));
    if (this.mounts++ === 0) tryMkdirAt(AT_FDCWD, root, 0o755);
    const overlay: OverlayMount = {
      lower: lower.length > 0 ? lower : [this.emptyFolder()],
      upper: { dir: layer.upper, work: layer.work },
      target: root,
      userxattr: store.xattrPrefix === 'user',
    };
    mountOverlay(overlay);
    made.defer(() => unmountOverlay(root));
    const held = made.move();
    let mounted = true;
    return {
      root,
      layer,
      lower,
      remount(by) {
        unmountOverlay(root);
        by(overlay);
      },
      unmount() {
        if (mounted) unmountOverlay(root);
        mounted = false;
      },
      [Symbol.dispose]: () => held.dispose(),
    };
  }

  /** Shows layers, bottom first, read-only, until the sandbox goes. */
  view(diffIds: readonly Digest[]): string {
    const key = diffIds.join();
    const known = this.views.get(key);
    if (known !== undefined) return known;
    const { store } = this.engine;
    const target = `${sideMountsPath(store, this.id)}/view-${this.views.size}`;
    mkdirSync(target, { recursive: true, mode: 0o711 });
    const lower = lowerDirs(store, diffIds);
    mountOverlay({
      // Without a folder to write to overlayfs wants two.
      lower: [...lower, this.emptyFolder(), ...(lower.length === 0 ? [this.emptyFolder('empty2')] : [])],
      target,
      userxattr: store.xattrPrefix === 'user',
    });
    this.views.set(key, target);
    return target;
  }

  /** A new folder on the store's disk that goes with the sandbox. */
  freshFolder(): string {
    const path = `${this.staging.path}/${crypto.randomUUID()}`;
    mkdirSync(path);
    return path;
  }

  /**
   * The network of a step, which the steps after it share as long as they ask for the same.
   * @param owners of a step with a user namespace of its own: then its network is its own, too
   */
  async connect(
    config: ContainerConfig,
    root: string,
    owners?: Pick<UserNamespaceOfStart, 'networkPath' | 'giveToRoot'>,
  ): Promise<StepNetwork> {
    const mode = owners === undefined ? config.network.mode : crypto.randomUUID();
    if (this.network !== undefined && this.network.mode !== mode) await this.disconnect();
    if (this.network === undefined) {
      const of = new ContainerNetwork(this.engine, config, undefined);
      const namespace = of.makeNamespace(owners?.networkPath);
      this.network = { mode, of, texts: new Map(), step: { namespace, isOwn: of.isOwn, etc: {} } };
      const etc = of.makeEtc(this.bundle, root);
      this.network.step = { namespace, isOwn: of.isOwn, etc };
      owners?.giveToRoot(Object.values(etc));
      await of.connect();
      for (const file of Object.values(etc)) this.network.texts.set(file, readFileSync(file, 'utf8'));
    } else {
      // What a step writes there is no other's.
      for (const [file, text] of this.network.texts) writeFile(file, text);
    }
    return this.network.step;
  }

  private async disconnect(): Promise<void> {
    const { of } = this.network!;
    this.network = undefined;
    await of.remove();
  }

  private emptyFolder(name = 'empty'): string {
    const path = `${this.staging.path}/${name}`;
    tryMkdirAt(AT_FDCWD, path, 0o755);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using _ = span('remove sandbox');
    using _staging = this.staging;
    const { store } = this.engine;
    unmountOverlay(mergedPath(store, this.id));
    unmountSideMounts(store, this.id);
    if (this.network !== undefined) await this.disconnect();
    removeTree(this.bundle);
  }
}

/** How long a runtime may take to end behind a container that was killed (milliseconds). */
const END_PATIENCE = 5_000;

/**
 * Kills whatever is in the container. The runtime, which stayed with it, then takes down what is its own and ends; it is
 * killed only when it does not.
 */
export async function endNow(runtime: RuntimeProgram, id: string, child: Bun.Subprocess): Promise<void> {
  const ended = child.exited.then(() => true);
  for (const end = performance.now() + END_PATIENCE; performance.now() < end; ) {
    try {
      await runtimeDelete(runtime, id);
    } catch (error) {
      // It is not made yet; or the runtime is about to delete it itself.
      if (existsSync(`${runtime.root}/${id}`) && child.exitCode !== null) throw error;
    }
    if (await Promise.race([ended, Bun.sleep(50)])) return;
  }
  child.kill('SIGKILL');
}
