import { compileEventFilters } from '../../../lib/engine/system/event-filters.ts';
import type { StoredEvent } from '../../../lib/storage/events.ts';

const time = { sec: 1, nsec: 0 };
const web = { image: 'registry.example.com:5000/nginx:1.25', name: 'web', tier: 'front' };
const EVENTS: Record<string, StoredEvent> = {
  start: { time, type: 'container', action: 'start', id: 'abc123', attributes: web },
  init: { time, type: 'container', action: 'init', id: 'abc123', attributes: web },
  die: { time, type: 'container', action: 'die', id: 'abc123', attributes: { ...web, exitCode: '1' } },
  destroy: { time, type: 'container', action: 'destroy', id: 'abc123', attributes: web },
  exec: { time, type: 'container', action: 'exec_start: sh -c true', id: 'abc123', attributes: web },
  healthy: { time, type: 'container', action: 'health_status: healthy', id: 'abc123', attributes: web },
  other: {
    time,
    type: 'container',
    action: 'start',
    id: 'def456',
    attributes: { image: 'bb', name: 'web2' },
  },
  pull: { time, type: 'image', action: 'pull', id: 'nginx:1', attributes: { name: 'nginx' } },
  delete: { time, type: 'image', action: 'delete', id: `sha256:${'e'.repeat(64)}`, attributes: {} },
  volume: { time, type: 'volume', action: 'destroy', id: 'data', attributes: { driver: 'local' } },
};

const passing = (...filters: string[]): string[] => {
  const matches = compileEventFilters(filters);
  return Object.keys(EVENTS).filter((name) => matches(EVENTS[name]!));
};

test.each([
  [['event=start'], ['start', 'other']],
  [['event=die'], ['die']],
  [['event=died'], ['die']],
  [['event=remove'], ['destroy', 'delete', 'volume']],
  [['event=destroy'], ['destroy', 'volume']],
  [['event=exec_start'], ['exec']],
  [['event=exec'], ['exec']],
  [['event=health_status'], ['healthy']],
  [['event=health_status: healthy'], ['healthy']],
  [['event=health_status: unhealthy'], []],
  [['event=init'], ['init']],
  [['type=volume'], ['volume']],
  [
    ['type=volume', 'type=image'],
    ['pull', 'delete', 'volume'],
  ],
  [['container=web2'], ['other']],
  [['container=/web2'], ['other']],
  [['container=def'], ['other']],
  [['container=web', 'event=die'], ['die']],
  [['volume=data'], ['volume']],
  [['label=tier', 'event=die'], ['die']],
  [['label=tier=front', 'event=start'], ['start']],
  [['label=tier=front', 'label=tier=back'], []],
  [['image=bb'], ['other']],
  [['image=registry.example.com:5000/nginx', 'event=die'], ['die']],
  [['image=nginx'], ['pull']],
  [[`image=${'e'.repeat(12)}`], ['delete']],
  [['scope=swarm'], []],
])('%j', (filters, expected) => {
  expect(passing(...filters)).toEqual(expected);
});

test("without a filter by event, Podman's own steps are left out", () => {
  expect(passing()).toEqual(Object.keys(EVENTS).filter((name) => name !== 'init'));
});

test('what is no filter is refused', () => {
  expect(() => passing('event')).toThrow('it is not KEY=VALUE');
  expect(() => passing('colour=red')).toThrow('there is no filter "colour"');
});
