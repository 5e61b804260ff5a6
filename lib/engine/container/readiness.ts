/** `--sdnotify=healthy`: the service is up when the container's health checks say so. */
import { ProaError } from '../../core/error.ts';
import { trySendDatagram } from '../../core/sys/socket.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { awaitCondition } from './conditions.ts';

/** Milliseconds between looks at what the checks found. */
const PAUSE = 100;

/**
 * Waits until a container that was just started is healthy and tells the service manager. We are the one to do it, and
 * not the check that finds it, since systemd listens to the service's own processes alone. How long that may take is for
 * the manager to say (TimeoutStartSec). Not under the container's lock.
 * @param socket of the service manager: see readinessSocket
 * @throws ProaError NEVER_HEALTHY when the container ended before
 */
export async function awaitReadiness(
  engine: Engine,
  { id, name }: Pick<ContainerConfig, 'id' | 'name'>,
  socket: string,
): Promise<void> {
  const code = await awaitCondition(engine, id, ['healthy', 'stopped'], PAUSE);
  if (code >= 0) {
    throw new ProaError('NEVER_HEALTHY', `start container ${name}: it ended before it was healthy`, {
      hint: `proa logs ${name}`,
    });
  }
  trySendDatagram(socket, Buffer.from('READY=1'));
}
