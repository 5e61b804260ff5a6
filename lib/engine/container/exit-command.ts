/**
 * What conmon runs when its container has ended. A clean-up by `proa` costs a whole start of it, on a processor that a
 * foreground `run` needs in that very moment for its own clean-up. So a shell first waits for whoever watches the
 * container (see exit-watch.ts) to be done or dead, and starts `proa` only when something is left to clean.
 */
import { bundlePath } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { watchPath } from './exit-watch.ts';

/**
 * Seconds after which a watcher that neither cleans up nor dies (its user suspended it) is passed over: restart
 * policies must not wait for it.
 */
const PATIENCE = 5;

/** $1 the watch file, $2 the bundle (gone when all is cleaned), then the command. */
const SCRIPT =
  'if [ -e "$1" ] && command -v flock >/dev/null; then exec 9<"$1" && flock -w ' +
  `${PATIENCE} 9; exec 9<&-; fi; [ -d "$2" ] || exit 0; shift 2; exec "$@"`;

export function exitCommand(engine: Engine, id: string): string[] {
  const { store, self } = engine;
  const cleanup = [...self, 'container', 'cleanup', id];
  return ['/bin/sh', '-c', SCRIPT, 'proa-exit', watchPath(store, id), bundlePath(store, id), ...cleanup];
}
