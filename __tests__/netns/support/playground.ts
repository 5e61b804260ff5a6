/**
 * A host of its own for a test: the test's thread moves into a fresh network namespace, which has an uplink to a second
 * one that plays a neighbour on the wire. Nothing of the machine's network is touched.
 */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../../lib/core/sys/directory.ts';
import { close, O, open } from '../../../lib/core/sys/file.ts';
import { CLONE, setns, unshare } from '../../../lib/core/sys/process.ts';
import { createNamespace, removeNamespace } from '../../../lib/netns/namespace.ts';
import { setUpNetwork, tearDownNetwork } from '../../../lib/netns/network.ts';
import { parsePublish } from '../../../lib/netns/ports.ts';
import type { NetworkStatus } from '../../../lib/netns/status.ts';

export const HOST_IP = '192.168.77.1';
export const NEIGHBOUR_IP = '192.168.77.2';
const PEER = join(__dirname, 'peer.ts');

export interface TestContainer {
  id: string;
  runRoot: string;
  netnsPath: string;
  status: NetworkStatus;
}

export class Playground {
  readonly folder = mkdtempSync(join(tmpdir(), 'proa-netns-'));
  readonly runRoot = join(this.folder, 'run');
  readonly neighbour = join(this.folder, 'neighbour');
  private readonly home = open('/proc/thread-self/ns/net', O.RDONLY);
  private readonly servers: Bun.Subprocess[] = [];

  constructor() {
    unshare(CLONE.NEWNET);
    createNamespace(this.neighbour);
    sh(`ip link set lo up
      ip link add up0 type veth peer name lan0
      ip link set lan0 netns ${this.neighbour}
      ip addr add ${HOST_IP}/24 dev up0; ip link set up0 up
      ip route add default via ${NEIGHBOUR_IP}`);
    sh(`ip addr add ${NEIGHBOUR_IP}/24 dev lan0; ip link set lan0 up`, this.neighbour);
  }

  async up(id: string, specs: string[] = []): Promise<TestContainer> {
    const { runRoot } = this;
    const netnsPath = `${runRoot}/netns/${id}`;
    createNamespace(netnsPath);
    const ports = specs.flatMap(parsePublish);
    const containers = { isAlive: () => true };
    try {
      const status = await setUpNetwork({ id, mode: 'bridge', ports, runRoot, netnsPath, containers });
      return { id, runRoot, netnsPath, status };
    } catch (error) {
      tearDownNetwork({ id, runRoot, netnsPath });
      throw error;
    }
  }

  /** A server in a namespace that answers with its caller's address. */
  async serve(
    namespace: string | undefined,
    protocol: 'tcp' | 'udp',
    host: string,
    port: number,
  ): Promise<void> {
    const server = Bun.spawn(
      inside(namespace, [process.execPath, PEER, 'serve', protocol, host, String(port)]),
      {
        stdout: 'pipe',
        stderr: 'inherit',
      },
    );
    this.servers.push(server);
    const { value } = await server.stdout.getReader().read();
    if (value === undefined) throw new Error('the server did not start');
  }

  close(): void {
    for (const server of this.servers) server.kill(9);
    removeNamespace(this.neighbour);
    const pinned = join(this.runRoot, 'netns');
    if (existsSync(pinned)) for (const name of readdirSync(pinned)) removeNamespace(join(pinned, name));
    setns(this.home, CLONE.NEWNET);
    close(this.home);
    removeTree(this.folder);
  }
}

/** Calls a server and returns its answer: the address that it saw; or an error's code. */
export function call(namespace: string | undefined, host: string, port: number, protocol = 'tcp'): string {
  return run(inside(namespace, [process.execPath, PEER, 'call', protocol, host, String(port)])).trim();
}

/** Runs a shell script, in another namespace if given. */
export function sh(script: string, namespace?: string): string {
  return run(inside(namespace, ['sh', '-ec', script]));
}

/** Waits for what the kernel does in its own time, such as destroying a namespace. */
export async function eventually(condition: () => boolean): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    if (condition()) return true;
    await Bun.sleep(20);
  }
  return false;
}

function run(command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdout: 'pipe', stderr: 'pipe' });
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
  return stdout.toString();
}

function inside(namespace: string | undefined, command: string[]): string[] {
  return namespace === undefined ? command : ['nsenter', `--net=${namespace}`, ...command];
}
