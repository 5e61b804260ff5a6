// A user's network from start to end, to be run in a user namespace of its own:
//   unshare -Urm bun user-network.ts pasta|slirp4netns FOLDER
// Prints what was seen as JSON.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../../lib/core/process-handle.ts';
import { createNamespace } from '../../../lib/netns/namespace.ts';
import { setUpNetwork, tearDownNetwork } from '../../../lib/netns/network.ts';
import { parsePublish } from '../../../lib/netns/ports.ts';
import { parseSlirpOptions, startSlirp } from '../../../lib/netns/slirp.ts';
import type { NetworkStatus } from '../../../lib/netns/status.ts';

const [program, folder] = process.argv.slice(2) as [string, string];
const peer = join(import.meta.dirname, 'peer.ts');
const runRoot = join(folder, 'run');
const netnsPath = `${runRoot}/netns/u`;
const containers = { isAlive: () => true };

const run = (...command: string[]): string => {
  const { stdout, stderr } = Bun.spawnSync(command, { stdout: 'pipe', stderr: 'pipe' });
  return `${stdout}${stderr}`.trim();
};
const inside = (...command: string[]): string[] => ['nsenter', `--net=${netnsPath}`, ...command];
const call = (host: string, port: number): string =>
  run(process.execPath, peer, 'call', 'tcp', host, String(port));
const publish = (specs: string[]): Promise<NetworkStatus> =>
  setUpNetwork({
    id: 'u',
    mode: 'pasta',
    ports: specs.flatMap(parsePublish),
    runRoot,
    netnsPath,
    containers,
  });

createNamespace(netnsPath);
const loopback = run(...inside('ip', '-br', 'addr', 'show', 'lo'));
let status = await publish(['127.0.0.1::80', `${20_000 + (process.pid % 10_000)}:80`]);
if (program === 'slirp4netns') {
  const { ports } = status;
  tearDownNetwork({ id: 'u', runRoot, netnsPath, status });
  createNamespace(netnsPath);
  // pasta lets go of its ports when it has ended.
  for (let i = 0; i < 100 && isAlive(status.helper); i++) await Bun.sleep(20);
  status = {
    mode: 'pasta',
    ports,
    nameservers: [],
    helper: (await startSlirp(netnsPath, ports, parseSlirpOptions([]))).helper,
  };
}
const server = Bun.spawn(inside(process.execPath, peer, 'serve', 'tcp', '0.0.0.0', '80'), { stdout: 'pipe' });
await server.stdout.getReader().read();
const [local, any] = status.ports.map((port) => port.hostPort as number);
const outside = process.env.HOST_IP;
const seen = {
  status,
  loopback,
  addresses: run(...inside('ip', '-br', 'addr')),
  alive: isAlive(status.helper),
  local: call('127.0.0.1', local!),
  any: call('127.0.0.1', any!),
  ...(outside === undefined ? {} : { outside: call(outside, any!), localOutside: call(outside, local!) }),
};
let low: unknown;
try {
  await publish(['80:80']);
} catch (error) {
  low = { code: (error as { code?: string }).code, hint: (error as { hint?: string }).hint };
}
server.kill(9);
tearDownNetwork({ id: 'u', runRoot, netnsPath, status });
for (let i = 0; i < 100 && isAlive(status.helper); i++) await Bun.sleep(20);
const left = ['netns', 'ports'].flatMap((name) => readdirSync(join(runRoot, name)));
console.log(
  JSON.stringify({ ...seen, low, ended: !isAlive(status.helper), left, pinned: existsSync(netnsPath) }),
);
