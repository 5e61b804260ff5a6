// One container's network without the container: `bun container.ts RUNROOT ID MODE SPEC…` sets it up in a process of
// its own and prints the status.
import { createNamespace } from '../../../lib/netns/namespace.ts';
import { setUpNetwork } from '../../../lib/netns/network.ts';
import { parsePublish } from '../../../lib/netns/ports.ts';
import type { NetworkMode } from '../../../lib/netns/status.ts';

const [runRoot, id, mode, ...specs] = process.argv.slice(2) as [string, string, NetworkMode, ...string[]];
const netnsPath = `${runRoot}/netns/${id}`;
createNamespace(netnsPath);
const ports = specs.flatMap(parsePublish);
const containers = { isAlive: () => true };
try {
  console.log(JSON.stringify(await setUpNetwork({ id, mode, ports, runRoot, netnsPath, containers })));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify({ code, message }));
}
