/** A store of its own in a temporary folder, and containers in it that exist only as records. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootId } from '../../lib/core/boot.ts';
import { type ProcessHandle, processHandle } from '../../lib/core/process-handle.ts';
import { Engine } from '../../lib/engine/engine.ts';
import { readIdentity } from '../../lib/rootless/identity.ts';
import {
  type Container,
  type ContainerConfig,
  type ContainerState,
  newContainerId,
  publishContainer,
  stageContainer,
  writeState,
} from '../../lib/storage/containers.ts';
import { claimName } from '../../lib/storage/names.ts';
import { openStore, type Store } from '../../lib/storage/store.ts';

export class TestStore implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'proa-records-'));
  readonly root = join(this.folder, 'root');
  readonly runRoot = join(this.folder, 'run');
  readonly store: Store = openStore({ root: this.root, runRoot: this.runRoot, rootless: false, uid: 0 });
  readonly engine = new Engine({ store: this.store, identity: readIdentity(), self: [] });

  /** Adds a container; what is left out is as `create` makes it. Each is a minute older than the one before. */
  async add(config: Partial<ContainerConfig> = {}, state?: Partial<ContainerState>): Promise<Container> {
    const full = { ...defaultConfig(this.count++), ...config };
    await claimName(this.store, full.name, full.id);
    using staging = stageContainer(this.store, full.id);
    publishContainer(this.store, staging, full)[Symbol.dispose]();
    const fullState: ContainerState = { version: 1, status: 'created', restartCount: 0, ...state };
    if (state !== undefined) writeState(this.store, full.id, fullState);
    return { config: full, state: fullState };
  }

  private count = 0;

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The state of a container whose process is this test (or another one that lives). */
export function runningState(process: ProcessHandle | undefined = processHandle(globalThis.process.pid)) {
  return {
    status: 'running' as const,
    bootId: bootId(),
    process,
    startedAt: new Date(Date.now() - 150_000).toISOString(),
  };
}

export function exitedState(exitCode: number): Partial<ContainerState> {
  const at = (age: number): string => new Date(Date.now() - age).toISOString();
  return { status: 'exited', exitCode, startedAt: at(3 * 3_600_000), finishedAt: at(2 * 3_600_000) };
}

function defaultConfig(index: number): ContainerConfig {
  const id = newContainerId();
  return {
    version: 1,
    id,
    name: `container-${index}`,
    // Half a minute off, so that no age turns over while a test runs.
    created: new Date(Date.now() - (index + 1.5) * 60_000).toISOString(),
    diffIds: [],
    rootfs: '/srv/root',
    entrypoint: [],
    command: ['sleep', '600'],
    env: ['A=1'],
    workingDir: '/',
    user: '',
    hostname: id.slice(0, 12),
    tty: false,
    openStdin: false,
    stdinOnce: false,
    autoRemove: false,
    labels: {},
    mounts: [],
    network: { mode: 'none', ports: [] },
    privileged: false,
    readonlyRootfs: false,
    init: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    ulimits: [],
    resources: {},
    stopSignal: 'SIGTERM',
    stopTimeout: 10,
    restart: { name: 'no', maximumRetryCount: 0 },
    runtime: '',
    exposedPorts: [],
    createCommand: ['proa', 'create'],
  };
}
