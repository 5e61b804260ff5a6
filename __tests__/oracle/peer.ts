/** The real programs that Proa is compared with, where they answer. */
import { spawnSync } from 'node:child_process';
import { collect } from '../e2e/support/child.ts';
import type { Engine } from './case.ts';

/** A daemon that takes longer is one that is busy or hangs; the tests do not wait for it. */
const PATIENCE = 1_500;

export type PeerName = 'docker' | 'podman';

/** Why the peer cannot be asked; undefined when it answers. ORACLE_DOCKER and ORACLE_PODMAN name another program. */
export function whyNoPeer(peer: PeerName): string | undefined {
  if (process.geteuid!() !== 0) return 'needs root';
  const program = programOf(peer);
  if (Bun.which(program) === null) return `${peer} is not installed`;
  // Its own version, and the server's: without a daemon Docker prints the first and fails.
  const { status, error } = spawnSync(program, ['version'], { timeout: PATIENCE, stdio: 'ignore' });
  if (error !== undefined) return `${peer} does not answer within ${PATIENCE} ms`;
  return status === 0 ? undefined : `${peer} has no daemon that answers`;
}

export function programOf(peer: PeerName): string {
  // Debian's own, where a newer client stands in front of it: client and daemon are then of one version.
  const debian = `/usr/bin/${peer}`;
  return process.env[`ORACLE_${peer.toUpperCase()}`] ?? (Bun.which(debian) === null ? peer : debian);
}

/** The peer with an image of its own from `tar`, which is gone at the end. */
export async function openPeer(
  peer: PeerName,
  image: string,
  tar: string,
): Promise<Engine & { close(): Promise<void> }> {
  const engine: Engine = {
    command: [programOf(peer)],
    image,
    env: { PATH: process.env.PATH ?? '', HOME: '/root', TZ: 'UTC' },
  };
  const ask = (...words: string[]) => collect([...engine.command, ...words], { env: engine.env });
  const imported = await ask('import', '--change', 'CMD ["sh"]', tar, image);
  if (imported.code !== 0) throw new Error(`${peer} import: ${imported.err}`);
  return {
    ...engine,
    async close() {
      await ask('rmi', '-f', image);
    },
  };
}
