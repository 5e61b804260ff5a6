/** `--oom-score-adj`: how readily the kernel ends the container's processes when memory runs out. */
import { readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { readCapabilities } from '../../rootless/identity.ts';

/** The lowest value that a child of this process may have: proc_pid_oom_score_adj(5), oom_score_adj_min. */
export function lowestOomScoreAdj(): number {
  if (readCapabilities().effective.has('CAP_SYS_RESOURCE') && inFirstUserNamespace()) return -1000;
  return Number(readFileSync('/proc/self/oom_score_adj', 'latin1'));
}

/** A warning when the value cannot be had here. @throws ProaError INVALID_OPTION out of -1000 to 1000 */
export function oomScoreWarning(wanted: number | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  if (wanted < -1000 || wanted > 1000) {
    throw new ProaError(
      'INVALID_OPTION',
      `invalid argument "${wanted}" for --oom-score-adj: it is not between -1000 and 1000`,
    );
  }
  const lowest = lowestOomScoreAdj();
  if (wanted >= lowest) return undefined;
  return `--oom-score-adj ${wanted} becomes ${lowest}: a lower one than this process has needs CAP_SYS_RESOURCE`;
}

/** The kernel asks for the capability there (fs/proc/base.c, __set_oom_adj: capable). */
function inFirstUserNamespace(): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));
}
