/**
 * What the service manager that started us has for the container, and what it is told: sd_notify(3), sd_listen_fds(3).
 *
 * `--sdnotify` says who tells the socket of NOTIFY_SOCKET that the service is up. `container`: the container itself,
 * through conmon, which hands on what arrives at a socket of its own; `conmon`: we, once it runs; `healthy`: we, once it is
 * (readiness.ts); `ignore`: nobody. The main process of the service is conmon in any case, as it lives as long as the
 * container. Sockets that the manager has opened for the service are the container's.
 */
import { mkdirSync } from 'node:fs';
import { trySendDatagram } from '../../core/sys/socket.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Spec } from '../../oci/model/runtime-spec/types.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

/** Where the container finds conmon's socket. */
const FOLDER = '/run/notify';

/** Whom `awaitReadiness` (readiness.ts) has to tell, asked before the start. */
export function readinessSocket(config: Pick<ContainerConfig, 'sdNotify'> | undefined): string | undefined {
  return config?.sdNotify === 'healthy' ? process.env.NOTIFY_SOCKET || undefined : undefined;
}

export class ServiceManager {
  private constructor(
    private readonly mode: NonNullable<ContainerConfig['sdNotify']>,
    private readonly socket: string | undefined,
    /** How many sockets there are, from descriptor 3 on. */
    readonly sockets: number,
    private readonly socketNames: string | undefined,
  ) {}

  /**
   * Takes its variables out of our environment, for the programs that we start would answer to them by themselves (the
   * runtimes wait until the container has spoken, and count descriptors of their own).
   */
  static take(config: Pick<ContainerConfig, 'sdNotify'>): ServiceManager {
    const { NOTIFY_SOCKET, LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env;
    for (const name of ['NOTIFY_SOCKET', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'])
      delete process.env[name];
    const { sdNotify: mode = 'container' } = config;
    const forUs = Number(LISTEN_PID) === process.pid;
    return new ServiceManager(
      mode,
      mode === 'ignore' ? undefined : NOTIFY_SOCKET || undefined,
      forUs ? Number(LISTEN_FDS) || 0 : 0,
      LISTEN_FDNAMES,
    );
  }

  /** For conmon's `notifySocket`. */
  get relayed(): string | undefined {
    return this.mode === 'container' ? this.socket : undefined;
  }

  /** Shows the container conmon's socket, which that makes in BUNDLE/notify, and tells it of the manager's. */
  addTo(spec: Spec, bundle: string): void {
    const { env } = spec.process;
    if (this.sockets > 0) {
      // Its first process is the one that they are for.
      env.push('LISTEN_PID=1', `LISTEN_FDS=${this.sockets}`);
      if (this.socketNames !== undefined) env.push(`LISTEN_FDNAMES=${this.socketNames}`);
    }
    if (this.relayed === undefined) return;
    const source = `${bundle}/notify`;
    mkdirSync(source, { mode: 0o755, recursive: true });
    spec.mounts.push(bindMount({ source, destination: FOLDER, nonRecursive: true }));
    env.push(`NOTIFY_SOCKET=${FOLDER}/notify.sock`);
  }

  /** The container runs. A manager that does not listen is its own concern, as sd_notify(3) has it. */
  started(conmon: number | undefined): void {
    if (this.socket === undefined) return;
    const lines = [
      ...(conmon === undefined ? [] : [`MAINPID=${conmon}`]),
      ...(this.mode === 'conmon' ? ['READY=1'] : []),
    ];
    if (lines.length > 0) trySendDatagram(this.socket, Buffer.from(lines.join('\n')));
  }
}
