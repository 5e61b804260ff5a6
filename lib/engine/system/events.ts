/** `events`: what happened, and with `follow` what happens from now on. */
import { FolderChanges } from '../../core/folder-changes.ts';
import type { Time } from '../../core/sys/stat.ts';
import { EventReader, eventsPath, type StoredEvent } from '../../storage/events.ts';
import type { Store } from '../../storage/store.ts';

export interface EventRequest {
  /** Nanoseconds since 1970: events before are left out. Without both bounds, a follower begins with what happens now. */
  since?: bigint | undefined;
  /** Nanoseconds since 1970: events after are left out, and following ends then. */
  until?: bigint | undefined;
  /** Goes on until `until`, or for ever. */
  follow: boolean;
}

/**
 * Events in the order in which they were written. What happens while the caller is busy with one is not lost: the log
 * stays readable to who has it open.
 */
export async function* readEvents(store: Store, request: EventRequest): AsyncGenerator<StoredEvent, void> {
  const { since, until, follow } = request;
  using reader = new EventReader(store, since !== undefined || until !== undefined || !follow);
  using changes = follow ? new FolderChanges(eventsPath(store), () => reader.findLogs()) : undefined;
  for (;;) {
    // Asked before the last look: what happened until then is in the log by now.
    const left = until === undefined ? Number.POSITIVE_INFINITY : Number(until / 1_000_000n) - Date.now();
    for (const event of reader.read()) {
      const time = nanoseconds(event.time);
      if (since !== undefined && time < since) continue;
      if (until !== undefined && time > until) continue;
      yield event;
    }
    if (changes === undefined || left < 0) return;
    await changes.wait(left + 1);
  }
}

/** Nanoseconds since 1970. */
export function nanoseconds({ sec, nsec }: Time): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}
