/**
 * `--sdnotify`: who tells the service manager behind NOTIFY_SOCKET (sd_notify(3)) that the service is up. `container`: the
 * container itself, through conmon, which hands on what arrives at a socket of its own; `conmon`: we, once it runs;
 * `ignore`: nobody. The main process of the service is conmon in any case, as it lives as long as the container.
 */
import { mkdirSync } from 'node:fs';
import { trySendDatagram } from '../../core/sys/socket.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Spec } from '../../oci/model/runtime-spec/types.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

/** Where the container finds conmon's socket. */
const FOLDER = '/run/notify';

export class Notification {
  private constructor(
    private readonly mode: NonNullable<ContainerConfig['sdNotify']>,
    private readonly socket: string | undefined,
  ) {}

  /**
   * Takes NOTIFY_SOCKET out of our environment, for the programs that we start would answer to it by themselves (the
   * runtimes wait until the container has spoken).
   */
  static take(config: Pick<ContainerConfig, 'sdNotify'>): Notification {
    const socket = process.env.NOTIFY_SOCKET || undefined;
    delete process.env.NOTIFY_SOCKET;
    const { sdNotify: mode = 'container' } = config;
    return new Notification(mode, mode === 'ignore' ? undefined : socket);
  }

  /** For conmon's `notifySocket`. */
  get relayed(): string | undefined {
    return this.mode === 'container' ? this.socket : undefined;
  }

  /** Shows conmon's socket, which it makes in BUNDLE/notify, to the container. */
  addTo(spec: Spec, bundle: string): void {
    if (this.relayed === undefined) return;
    const source = `${bundle}/notify`;
    mkdirSync(source, { mode: 0o755, recursive: true });
    spec.mounts.push(bindMount({ source, destination: FOLDER, nonRecursive: true }));
    spec.process.env.push(`NOTIFY_SOCKET=${FOLDER}/notify.sock`);
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
