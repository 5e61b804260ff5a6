/** A container whose first process is systemd (systemd.io, "Container Interface"); its mounts are in spec.ts. */
import { basename } from 'node:path/posix';

/** systemd(1), "Signals": the one that makes it shut down. */
export const SYSTEMD_STOP_SIGNAL = 'SIGRTMIN+3';

/** `--systemd`: `always`, or only when the program is systemd or an init of its name. */
export function wantsSystemd(wanted: boolean | 'always' | undefined, program: string): boolean {
  if (wanted === 'always') return true;
  return (
    wanted === true && (/^(\/usr(\/local)?)?\/sbin\/init$/.test(program) || basename(program) === 'systemd')
  );
}

/** What systemd wants to know of where it is. */
export function systemdEnv(id: string): string[] {
  return ['container=oci', `container_uuid=${id.slice(0, 32)}`];
}
