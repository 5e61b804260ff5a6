/** Networks: their records, what is up of them, and their name server. */
import { existsSync } from 'node:fs';
import { removeTree } from '../../../core/sys/directory.ts';
import { lacksServer } from '../../../netns/dns.ts';
import { DEFAULT_NETWORK, listNetworks } from '../../../netns/networks.ts';
import {
  lockNetwork,
  type NetworkRecord,
  networkNames,
  networkPath,
  readNetwork,
} from '../../../storage/networks.ts';
import type { Store } from '../../../storage/store.ts';
import type { Engine } from '../../engine.ts';
import { onHostNetwork } from '../../network/host-network.ts';
import { usersOf } from '../../network/inspect.ts';
import { type Finding, setAside } from './finding.ts';
import { readCritically, writtenByNewer } from './records.ts';

/** Records that cannot be read. */
export function* findBadNetworks({ store }: Engine): Iterable<Finding> {
  for (const name of networkNames(store)) {
    const file = `${networkPath(store, name)}/network.json`;
    const reading = readCritically<NetworkRecord>(
      file,
      (record) =>
        record.name === name && Array.isArray(record.subnets) && typeof record.interface === 'string',
    );
    if (reading.kind === 'good' || !existsSync(networkPath(store, name))) continue;
    const why = reading.kind === 'absent' ? 'its record is missing' : reading.why;
    const repair =
      reading.kind === 'newer'
        ? () => Promise.reject(writtenByNewer(`network ${name}`))
        : () => dropRecord(store, name, file);
    yield { what: 'network', which: name, why, repair };
  }
}

/** Nothing but the record tells what a network was; containers that are on it go on until they end. */
async function dropRecord(store: Store, name: string, file: string): Promise<string> {
  using _ = await lockNetwork(store, name, 'exclusive');
  const kept = existsSync(file) ? `, the record is ${setAside(store, file, `network-${name}.json`)}` : '';
  removeTree(networkPath(store, name));
  return `removed${kept}: make it anew with proa network create`;
}

/** What is up without a record, or without its name server. */
export function* findNetworkLeftovers(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  for (const { name, id } of listNetworks(store.runRoot)) {
    if (name === DEFAULT_NETWORK || isKnown(store, name, id) || usersOf(store, name).length > 0) continue;
    const repair = async (): Promise<string> => {
      if (isKnown(store, name, id)) return 'in use again, kept';
      await onHostNetwork(engine, 'remove', { name });
      return 'removed';
    };
    yield { what: 'network', which: name, why: 'it is up and has no record', repair };
  }
  if (lacksServer(store.runRoot)) {
    const repair = async (): Promise<string> => {
      await onHostNetwork(engine, 'reload', {});
      return 'started';
    };
    yield {
      what: 'name server',
      which: 'aardvark-dns',
      why: 'containers need it and it does not run',
      repair,
    };
  }
}

function isKnown(store: Store, name: string, id: string): boolean {
  // An unreadable record is told of above.
  try {
    return readNetwork(store, name)?.id === id;
  } catch {
    return true;
  }
}
