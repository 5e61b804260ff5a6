/** Which OCI runtime a container is driven with, and where that one keeps its state. */
import { basename } from 'node:path/posix';
import type { CgroupManager } from '../../core/cgroup-mode.ts';
import type { RuntimeProgram } from '../../oci/runtime/runtime.ts';
import { cgroupArguments, type RuntimeKind, selectRuntime } from '../../oci/runtime/select.ts';
import type { ContainerConfig, ContainerState } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

/**
 * The runtime for a container: the one it runs with, else its own or the engine's --runtime, else the choice of
 * select.ts.
 */
export function containerRuntime(
  engine: Engine,
  config: Pick<ContainerConfig, 'runtime' | 'cgroupMode'>,
  state?: Pick<ContainerState, 'runtime'>,
): RuntimeProgram & { kind: RuntimeKind } {
  const configured = state?.runtime ?? (config.runtime || engine.runtime);
  const { path, kind } = selectRuntime({ configured });
  return {
    kind,
    path,
    root: `${engine.store.runRoot}/${basename(path)}`,
    args: cgroupArguments(kind, managerOf(engine, config)),
  };
}

function managerOf(engine: Engine, { cgroupMode }: Pick<ContainerConfig, 'cgroupMode'>): CgroupManager {
  const { manager } = engine.cgroups;
  if (cgroupMode === 'disabled' || manager === 'disabled') return 'disabled';
  // Systemd has made the service's cgroup and leaves what is below to us.
  return cgroupMode === 'split' ? 'cgroupfs' : manager;
}
