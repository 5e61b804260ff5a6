/**
 * The network namespace in which a user's bridges are: RUNROOT/netns/rootless, with a pasta(1) as its way out, made for the
 * first container that needs it and gone with the last. Whoever works in it holds the shared lock of RUNROOT/networks, who
 * makes it or takes it down the exclusive one.
 */
import { existsSync } from 'node:fs';
import { readRecord, removeFile, writeRecord } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { type Lock, lock, tryLock } from '../../core/lock.ts';
import { giveOwnScope, isInService } from '../../core/own-scope.ts';
import { isAlive, type ProcessHandle, signalProcess } from '../../core/process-handle.ts';
import { findProgram } from '../../core/programs.ts';
import { selfCommand } from '../../core/self.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { listLeases } from '../../netns/leases.ts';
import { createNamespace, removeNamespace } from '../../netns/namespace.ts';
import { listNetworks, networkFolder } from '../../netns/networks.ts';
import { startPasta } from '../../netns/pasta.ts';
import { PORT_TAP, startPortForwarder } from '../../netns/port-forwarder.ts';
import { releasePorts, reservePorts } from '../../netns/port-reservations.ts';
import type { PortMapping } from '../../netns/ports.ts';
import type { NetworkStatus } from '../../netns/status.ts';
import { uplink } from '../../netns/user-mode.ts';
import type { PortRequest } from '../../storage/containers.ts';
import { namespacePath, type Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import type { OperationName } from './host-network.ts';
import type { Link } from './links.ts';
import { holders, netnsPath, type Wired } from './wire.ts';

/** What the child says (commands/network/child.ts). */
export interface ChildAnswer {
  result?: unknown;
  error?: { code: string; message: string; hint?: string | undefined; exitCode: number };
}

interface Uplink {
  version: 1;
  helper: ProcessHandle;
}

/** The namespace's own address: not the host's, so that the host is reached by its own (see pasta(1), `--address`). */
const UPLINK = ['-a', '169.254.3.2', '-n', '24', '-g', '169.254.3.1'];
const SIGTERM = 15;

/** An operation of host-network.ts, for a user. Ports are the host's, so they are published from here. */
export async function doAsUser(engine: Engine, name: OperationName, argument: object): Promise<unknown> {
  switch (name) {
    case 'wire':
      return await wire(engine, argument as Parameters<typeof wire>[1]);
    case 'unwire':
      return await unwire(engine, argument as Parameters<typeof unwire>[1]);
    case 'connect':
    case 'disconnect': {
      const { status, ...rest } = argument as { status: NetworkStatus };
      const { ports, helper } = status;
      const next = (await inside(engine, name, {
        ...rest,
        status: { ...status, ports: [] },
      })) as NetworkStatus;
      return { ...next, ports, ...(helper && { helper }), ...hostAddress() };
    }
    case 'remove':
    case 'reload':
      // Without the namespace there is nothing up; the notes of it go.
      if (isUp(engine.store)) return await inside(engine, name, argument);
      if (name === 'remove')
        removeTree(networkFolder(engine.store.runRoot, (argument as { name: string }).name));
      return undefined;
    default:
      return await inside(engine, name, argument);
  }
}

/** Takes the namespace down with all that is in it. */
export async function endRootlessNetwork({ store }: Engine): Promise<void> {
  using _ = await lock(`${store.runRoot}/networks`);
  takeDown(store);
}

async function wire(
  engine: Engine,
  { config, ports, links }: { config: Wired; ports: readonly PortRequest[]; links?: readonly Link[] },
): Promise<NetworkStatus> {
  const { store } = engine;
  const { id } = config;
  const v6 = ports.find(({ hostIp }) => hostIp.includes(':'));
  if (v6 !== undefined)
    throw new ProaError(
      'NO_IPV6',
      `publish on [${v6.hostIp}]: a user's networks publish on IPv4 addresses only`,
    );
  await using undo = new AsyncDisposableStack();
  const status = (await inside(engine, 'wire', { config, ports: [], links })) as NetworkStatus;
  undo.defer(() => unwire(engine, { id, status }));
  const claim = { id, ip: '' };
  const reserved = reservePorts(store.runRoot, claim, ports as readonly PortMapping[], holders(store)).ports;
  undo.defer(() => releasePorts(store.runRoot, id, reserved));
  if (reserved.length > 0) {
    const helper = await startPortForwarder(netnsPath(store, id), reserved);
    undo.defer(() => void signalProcess(helper, SIGTERM));
    await inside(engine, 'tapIn', { id, tap: PORT_TAP });
    Object.assign(status, { helper });
  }
  undo.move();
  return { ...status, ports: reserved, ...hostAddress() };
}

async function unwire(
  engine: Engine,
  { id, status }: { id: string; status?: NetworkStatus | undefined },
): Promise<void> {
  const { store } = engine;
  if (status?.helper !== undefined) signalProcess(status.helper, SIGTERM);
  if (status !== undefined) releasePorts(store.runRoot, id, status.ports);
  const { helper: _, ...rest } = status ?? {};
  await inside(engine, 'unwire', { id, ...(status && { status: { ...rest, ports: [] } }) });
  endIfUnused(store);
}

/** The host as containers see it: by its own address, through pasta. */
function hostAddress(): { hostAddress?: string } {
  const { ip } = uplink();
  return ip === undefined ? {} : { hostAddress: ip };
}

/** Runs an operation in the namespace, which is made if need be. */
async function inside(engine: Engine, name: OperationName, argument: object): Promise<unknown> {
  const { store } = engine;
  using _ = await open(store);
  const command = [
    findProgram('nsenter'),
    `--net=${pinned(store)}`,
    '--',
    ...selfCommand(),
    '__network',
    store.root,
    store.runRoot,
    name,
  ];
  const child = Bun.spawn(command, {
    stdin: Buffer.from(JSON.stringify(argument)),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (out === '') {
    const words = err.trim().split('\n').at(-1) || `exit status ${await child.exited}`;
    throw new ProaError('NETWORK_FAILED', `work in the network namespace of the bridges: ${words}`);
  }
  const { result, error } = JSON.parse(out) as ChildAnswer;
  if (error === undefined) return result;
  const { code, message, hint, exitCode } = error;
  throw new ProaError(code, message, { hint, exitCode });
}

/** The namespace is there, and stays while the lock is held. */
async function open(store: Store): Promise<Lock> {
  const folder = `${store.runRoot}/networks`;
  for (;;) {
    {
      using shared = new DisposableStack();
      const held = shared.use(await lock(folder, 'shared'));
      if (isUp(store)) {
        shared.move();
        return held;
      }
    }
    using _ = await lock(folder);
    if (!isUp(store)) await bringUp(store);
  }
}

async function bringUp(store: Store): Promise<void> {
  takeDown(store);
  const path = pinned(store);
  createNamespace(path);
  try {
    const { helper } = await startPasta({ netnsPath: path, ports: [], extra: UPLINK });
    if (isInService()) giveOwnScope({ pid: helper.pid, name: 'network', rootless: true });
    const record: Uplink = { version: 1, helper: { pid: helper.pid, startTime: helper.startTime } };
    writeRecord(uplinkFile(store), record);
  } catch (error) {
    removeNamespace(path);
    throw error;
  }
}

function isUp(store: Store): boolean {
  return existsSync(pinned(store)) && isAlive(readRecord<Uplink>(uplinkFile(store))?.helper);
}

/** The last container is gone, unless one comes in this moment. */
function endIfUnused(store: Store): void {
  using held = tryLock(`${store.runRoot}/networks`);
  if (held === undefined) return;
  const used = listNetworks(store.runRoot).some((network) => listLeases(store.runRoot, network).size > 0);
  if (!used) takeDown(store);
}

function takeDown(store: Store): void {
  const record = readRecord<Uplink>(uplinkFile(store));
  if (record !== undefined) signalProcess(record.helper, SIGTERM);
  removeFile(uplinkFile(store));
  removeNamespace(pinned(store));
}

function pinned(store: Store): string {
  return namespacePath(store, 'rootless');
}

function uplinkFile(store: Store): string {
  return `${pinned(store)}.json`;
}
