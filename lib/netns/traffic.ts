/** How much went through a network namespace, by its interfaces' counters (proc_pid_net(5), "dev"). */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Traffic {
  /** Bytes, as the container sees them. */
  received: number;
  sent: number;
}

/**
 * The traffic of a process's namespace, without what it said to itself.
 * @returns undefined when it has no namespace but this host's, or is gone
 */
export function readTraffic(pid: number): Traffic | undefined {
  try {
    if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) return undefined;
    return parseTraffic(readFileSync(`/proc/${pid}/net/dev`, 'latin1'));
  } catch {
    return undefined; // the process ended meanwhile
  }
}

/** Two lines of heading, then `NAME: RECEIVED-BYTES (7 more) SENT-BYTES (7 more)`. */
export function parseTraffic(text: string): Traffic {
  let received = 0;
  let sent = 0;
  for (const [, name, counters] of text.matchAll(/^ *([^:\s]+): *(.*)$/gm)) {
    if (name === 'lo') continue;
    const columns = counters!.split(/\s+/);
    received += Number(columns[0]);
    sent += Number(columns[8]);
  }
  return { received, sent };
}
