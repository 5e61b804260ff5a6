/**
 * The cgroup freezer, which stops all of a container's processes where they are. Written directly, which takes a
 * millisecond; where the container's cgroup is not found, the runtime is asked, which takes ten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CGROUP_ROOT } from '../../core/cgroup-mode.ts';
import { runtimePause, runtimeResume } from '../../oci/runtime/runtime.ts';
import type { Container } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerRuntime } from './runtime.ts';

/** How long the kernel may take to stop all processes (milliseconds); one in a stalled disk's hands takes for ever. */
const PATIENCE = 2_000;

/** @throws ProaError RUNTIME_FAILED */
export async function freeze(engine: Engine, container: Container): Promise<void> {
  const freezer = freezerOf(container);
  if (freezer === undefined) return askRuntime(engine, container, runtimePause);
  write(freezer, true);
  const end = performance.now() + PATIENCE;
  while (!isFrozen(freezer) && performance.now() < end) await Bun.sleep(0.5);
}

/** @throws ProaError RUNTIME_FAILED */
export async function thaw(engine: Engine, container: Container): Promise<void> {
  const freezer = freezerOf(container);
  if (freezer === undefined) return askRuntime(engine, container, runtimeResume);
  write(freezer, false);
}

interface Freezer {
  version: 1 | 2;
  /** The container's own cgroup. */
  folder: string;
}

/**
 * By its first process: v1 names the controller's tree, v2 has one (cgroups(7), "/proc/PID/cgroup"). The process may be in
 * a cgroup that it made itself; the container's is the one that has its id in its name.
 */
function freezerOf({ config, state }: Container): Freezer | undefined {
  let lines: string[];
  try {
    lines = readFileSync(`/proc/${state.process?.pid}/cgroup`, 'utf8').split('\n');
  } catch {
    return undefined; // it ended: the runtime will say so
  }
  const own = new RegExp(`^.*${config.id}[^/]*`);
  const pathOf = (pattern: RegExp): string | undefined =>
    own.exec(lines.find((line) => pattern.test(line))?.replace(pattern, '') ?? '')?.[0];
  const v1 = pathOf(/^\d+:(?:[^:]*,)?freezer(?:,[^:]*)?:/);
  if (v1 !== undefined) return usable({ version: 1, folder: `${CGROUP_ROOT}/freezer${v1}` });
  const v2 = pathOf(/^0::/);
  return v2 === undefined ? undefined : usable({ version: 2, folder: `${CGROUP_ROOT}${v2}` });
}

function usable(freezer: Freezer): Freezer | undefined {
  try {
    isFrozen(freezer);
    return freezer;
  } catch {
    return undefined; // mounted elsewhere, or without this file
  }
}

function write({ version, folder }: Freezer, frozen: boolean): void {
  if (version === 1) writeFileSync(`${folder}/freezer.state`, frozen ? 'FROZEN' : 'THAWED');
  else writeFileSync(`${folder}/cgroup.freeze`, frozen ? '1' : '0');
}

function isFrozen({ version, folder }: Freezer): boolean {
  if (version === 1) return readFileSync(`${folder}/freezer.state`, 'utf8') === 'FROZEN\n';
  return /^frozen 1$/m.test(readFileSync(`${folder}/cgroup.events`, 'utf8'));
}

function askRuntime(engine: Engine, { config, state }: Container, ask: typeof runtimePause): Promise<void> {
  return ask(containerRuntime(engine, config, state), config.id);
}
