/** Runs a step's process in a mounted root: specification, the OCI runtime in the foreground, its output, its exit code. */
import { readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { serializeSpec } from '../../oci/model/runtime-spec/spec.ts';
import type { Mount, Spec } from '../../oci/model/runtime-spec/types.ts';
import { type RuntimeProgram, runtimeArgs, runtimeError } from '../../oci/runtime/runtime.ts';
import type { RuntimeKind } from '../../oci/runtime/select.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { StartNamespaces, sharedMemory } from '../container/namespaces.ts';
import type { PreparedMounts } from '../container/prepare-mounts.ts';
import { containerRuntime } from '../container/runtime.ts';
import { addCompiledFilter } from '../container/seccomp-cache.ts';
import { containerSpec } from '../container/spec.ts';
import type { UserNamespaceOfStart } from '../container/user-namespace.ts';
import { makeWorkingFolder } from '../container/working-folder.ts';
import type { Engine } from '../engine.ts';
import { MountStubs } from './mount-stubs.ts';
import { endNow, type MountedStep, type Sandbox } from './sandbox.ts';

export interface RunStreams {
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** It reads our own standard input. */
  readonly stdin?: boolean;
  readonly signal: AbortSignal;
  /** Options of the runtime before its verb. */
  readonly runtimeFlags?: readonly string[];
}

/**
 * @param mounts besides those that every container has
 * @returns the exit code; 128 and the signal's number for one that a signal ended
 * @throws ProaError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, RUNTIME_FAILED, USER_NOT_FOUND, …; what the signal says
 */
export async function runProcess(
  engine: Engine,
  sandbox: Sandbox,
  config: ContainerConfig,
  mounted: MountedStep,
  mounts: readonly Mount[],
  streams: RunStreams,
): Promise<number> {
  using _ = span('run step');
  const { store } = engine;
  using joined = await StartNamespaces.open(engine, config);
  const { root } = mounted;
  using owners = config.idMaps && (await openOwners(engine, config, joined));
  if (owners !== undefined) mounted.remount((overlay) => owners.mountLayers(overlay));
  makeWorkingFolder(config, root, owners);
  const network = await sandbox.connect(config, root, owners);
  const runtime = containerRuntime(engine, config);
  const spec = containerSpec(engine, config, {
    root,
    mounts: await ownMounts(engine, config, root, runtime.kind),
    namespaces: { ...joined.choices, ...owners?.choices, network: network.namespace },
    ownNetwork: network.isOwn,
    etc: network.etc,
    shm: sharedMemory(store, config),
    runtime: runtime.kind,
  });
  addMounts(spec, mounts);
  if (config.cdiDevices !== undefined) {
    const { injectDevices } = await import('../container/cdi.ts');
    injectDevices(spec, config.cdiDevices, engine.identity.rootless);
  }
  if (runtime.kind === 'crun') await addCompiledFilter(store, spec);
  writeFile(`${sandbox.bundle}/config.json`, serializeSpec(spec), { mode: 0o600 });
  using _stubs = new MountStubs(
    root,
    (spec.mounts ?? []).map(({ destination }) => destination),
  );
  return await runInForeground(sandbox, runtime, config, streams);
}

/** Those of `-v`. */
async function ownMounts(
  engine: Engine,
  config: ContainerConfig,
  root: string,
  runtime: RuntimeKind,
): Promise<PreparedMounts> {
  if (config.mounts.length === 0) return { mounts: [] };
  const { prepareMounts } = await import('../container/prepare-mounts.ts');
  return await prepareMounts(engine, config, root, runtime);
}

/** Of a step with a user namespace of its own. Such are rare: what it takes is loaded only for them. */
async function openOwners(
  engine: Engine,
  config: ContainerConfig,
  { choices }: StartNamespaces,
): Promise<UserNamespaceOfStart> {
  const { UserNamespaceOfStart } = await import('../container/user-namespace.ts');
  return UserNamespaceOfStart.open(engine, config, choices.user);
}

/** Later mounts are shown over earlier ones; those of the step come after what every container has. */
function addMounts(spec: Spec, mounts: readonly Mount[]): void {
  const taken = new Set(mounts.map(({ destination }) => destination));
  spec.mounts = [...(spec.mounts ?? []).filter(({ destination }) => !taken.has(destination)), ...mounts];
}

async function runInForeground(
  sandbox: Sandbox,
  runtime: RuntimeProgram,
  config: ContainerConfig,
  { output, stdin, signal, runtimeFlags = [] }: RunStreams,
): Promise<number> {
  signal.throwIfAborted();
  const { bundle, id } = sandbox;
  const log = `${bundle}/runtime.log`;
  writeFile(log, '');
  const command = [runtime.path, ...runtimeArgs(runtime), ...runtimeFlags, `--log=${log}`];
  const child = Bun.spawn([...command, 'run', '--bundle', bundle, id], {
    cwd: bundle,
    // Of its own session: a Ctrl-C is ours to pass on.
    detached: true,
    stdio: [stdin ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    env: process.env,
  });
  const end = (): Promise<void> => endNow(runtime, id, child);
  // What fails in it is tried again, and told, at the end of the step.
  const abort = (): void => void end().catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.all([
      pump(child.stdout, (bytes) => output('stdout', bytes)),
      pump(child.stderr, (bytes) => output('stderr', bytes)),
    ]);
    const code = await child.exited;
    signal.throwIfAborted();
    const words = readFileSync(log, 'utf8').trim();
    if (code !== 0 && isRuntimes(words)) throw runtimeError(words, 'run', config.command[0]);
    return code;
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody listens to its output any more, or it was told to end: nothing of it outlives the step.
    if (child.exitCode === null && child.signalCode === null) await end();
    await child.exited;
  }
}

/** Warnings of a runtime do not keep the process from running. */
function isRuntimes(words: string): boolean {
  return words
    .split('\n')
    .some((line) => line !== '' && !/level=(warning|info|debug)|"level":"(warn|info|debug)/.test(line));
}

async function pump(stream: ReadableStream<Uint8Array>, each: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of stream) each(bytes);
}

/** What a failing RUN is told as; the Dockerfile's lines are the caller's to show. */
export function stepFailed(command: string, code: number): ProaError {
  return new ProaError(
    'BUILD_STEP_FAILED',
    `process ${JSON.stringify(command)} did not complete successfully: exit code: ${code}`,
    {
      exitCode: code,
    },
  );
}
