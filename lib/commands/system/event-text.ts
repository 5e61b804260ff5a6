/** An event as a line, and as what templates see of it. */
import { asMap } from '../../cli/template/value.ts';
import { printableLine } from '../../core/printable.ts';
import type { Time } from '../../core/sys/stat.ts';
import { nanoseconds } from '../../engine/system/events.ts';
import type { StoredEvent } from '../../storage/events.ts';

/** Docker's line: `2024-03-01T12:30:00.000000000Z container start ID (image=busybox, name=web)`. */
export function eventLine({ time, type, action, id, attributes }: StoredEvent, shortIds: boolean): string {
  const words = Object.keys(attributes)
    .sort()
    .map((key) => `${key}=${attributes[key]}`);
  const shown = shortIds ? id.replace(/^(sha256:)?([0-9a-f]{12})[0-9a-f]{52}$/, '$2') : id;
  const line = `${type} ${action} ${shown}${words.length > 0 ? ` (${words.join(', ')})` : ''}`;
  return `${fixedTime(time)} ${printableLine(line)}\n`;
}

/** RFC 3339 in local time with all nine decimals. */
function fixedTime({ sec, nsec }: Time): string {
  const offset = -new Date(sec * 1000).getTimezoneOffset();
  const local = new Date((sec + offset * 60) * 1000).toISOString().slice(0, 19);
  const two = (number: number): string => String(number).padStart(2, '0');
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  return `${local}.${String(nsec).padStart(9, '0')}${offset === 0 ? 'Z' : zone}`;
}

/** Podman's fields, and Docker's where a record has them not. They are inherited, so that JSON is Docker's. */
class OtherFields {
  readonly #event: StoredEvent;

  constructor(event: StoredEvent) {
    this.#event = event;
  }
  get ID(): string {
    return this.#event.id;
  }
  get Status(): string {
    return this.#event.action;
  }
  get From(): string {
    const { type, attributes } = this.#event;
    return type === 'container' ? (attributes.image ?? '') : '';
  }
  get Name(): string {
    const { attributes, id } = this.#event;
    return attributes.name ?? id;
  }
  get Image(): string {
    return this.#event.attributes.image ?? '';
  }
  get Network(): string {
    const { type, attributes } = this.#event;
    return type === 'network' ? (attributes.name ?? '') : '';
  }
  get ContainerExitCode(): number {
    return Number(this.#event.attributes.exitCode ?? 0);
  }
  get HealthStatus(): string {
    return /^health_status: (.*)$/.exec(this.#event.action)?.[1] ?? '';
  }
  get Attributes(): object {
    return asMap({ ...this.#event.attributes });
  }
}

/** The message of Docker's API; `status`, `id` and `from` are from its first version, which knew two kinds of objects. */
export function eventRecord(event: StoredEvent): object {
  const { type, action, id, attributes, time } = event;
  const old = type === 'container' || type === 'image' ? { status: action, id } : {};
  return Object.assign(new OtherFields(event), {
    ...old,
    ...(type === 'container' && attributes.image && { from: attributes.image }),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: asMap({ ...attributes }) },
    scope: 'local',
    time: time.sec,
    timeNano: nanoseconds(time),
  });
}
