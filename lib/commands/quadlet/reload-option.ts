/** `--reload-systemd`, of commands that change Quadlet files. */
import type { OptionTable } from '../../cli/command.ts';
import type { Places } from '../../systemd/quadlet/installed/places.ts';

export const reloadOption = {
  'reload-systemd': {
    type: 'bool',
    default: true,
    summary: 'Let systemd read all units again; =false changes the files alone',
  },
} as const satisfies OptionTable;

/**
 * Before anything is changed: is there a systemd to tell?
 * @returns what tells it, or does nothing when that was not wanted
 * @throws ProaError NO_SYSTEMD, NO_USER_BUS
 */
export function reloader({ manager }: Places, wanted: boolean): () => Promise<void> {
  if (!wanted) return async () => {};
  manager.requireRunning();
  return () => manager.reload();
}
