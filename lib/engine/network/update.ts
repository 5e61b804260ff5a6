/** `network update`: which servers a network asks for names that are not its own. */
import { ProaError } from '../../core/error.ts';
import { parseIp } from '../../netns/ip.ts';
import { lockNetwork, readNetwork, writeNetwork } from '../../storage/networks.ts';
import type { Engine } from '../engine.ts';
import { onHostNetwork } from './host-network.ts';
import { forNetns, networkNotFound } from './live.ts';
import { networkName } from './resolve.ts';

/** @throws ProaError NETWORK_NOT_FOUND, INVALID_OPTION, NO_NAMES */
export async function updateNetwork(
  engine: Engine,
  wanted: string,
  { add, drop }: { add: readonly string[]; drop: readonly string[] },
): Promise<void> {
  const { store } = engine;
  const name = networkName(store, wanted);
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `update network ${name}: ${why}`);
  for (const text of [...add, ...drop]) {
    if (parseIp(text) === undefined) throw fail('INVALID_OPTION', `name server ${text} is no address`);
  }
  if (readNetwork(store, name) === undefined) throw fail('NO_NAMES', 'the default network resolves no names');
  using _ = await lockNetwork(store, name, 'exclusive');
  const record = readNetwork(store, name);
  if (record === undefined) throw networkNotFound(wanted);
  if (!record.dns) throw fail('NO_NAMES', 'it resolves no names');
  const servers = (record.dnsServers ?? []).filter((server) => !drop.includes(server));
  const { dnsServers: _old, ...rest } = record;
  const all = [...new Set([...servers, ...add])];
  const next = { ...rest, ...(all.length > 0 && { dnsServers: all }) };
  writeNetwork(store, next);
  await onHostNetwork(engine, 'update', { before: forNetns(store, record), after: forNetns(store, next) });
}
