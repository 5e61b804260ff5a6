/** Names, neighbours and bytes on networks that a person made. */
import { run, time, tryRun, type Words } from './command.ts';
import { IMAGE, type Scenario } from './scenarios.ts';

const NETWORK = 'proa-bench-net';
const SERVER = 'proa-bench-server';
const NEIGHBOURS = 100;
const LOOKUPS = 100;
/** Bytes that one round moves through a published port. */
const BYTES = 1 << 30;

/** The engines have theirs at the same time. */
const portOf = (cli: Words): number => 18_000 + Number(Bun.hash(cli.join(' ')) % 1000n);
const sleeper = (name: string): string[] => ['run', '-d', '--network', NETWORK, '--name', name, IMAGE];
const SLEEP = ['/bin/sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"];
const makeNetwork = (cli: Words): Promise<void> => run([...cli, 'network', 'create', NETWORK]);
const removeNetwork = (cli: Words): Promise<void> => tryRun([...cli, 'network', 'rm', NETWORK]);

export function networks(): Scenario[] {
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, index) => `proa-bench-neighbour-${index}`);
  const runOnIt = ['run', '--rm', '--network', NETWORK, IMAGE, '/bin/true'];
  return [
    {
      name: 'run-net',
      setUp: makeNetwork,
      measure: (cli) => time([...cli, ...runOnIt]),
      tearDown: removeNetwork,
    },
    {
      // The same with a hundred containers on the network.
      name: 'run-net-100',
      async setUp(cli) {
        await makeNetwork(cli);
        for (const name of neighbours) await run([...cli, ...sleeper(name), ...SLEEP]);
      },
      measure: (cli) => time([...cli, ...runOnIt]),
      async tearDown(cli) {
        await tryRun([...cli, 'rm', '-f', ...neighbours]);
        await removeNetwork(cli);
      },
    },
    {
      name: 'connect',
      async setUp(cli) {
        await makeNetwork(cli);
        await run([...cli, 'run', '-d', '--name', SERVER, IMAGE, ...SLEEP]);
      },
      measure: (cli) => time([...cli, 'network', 'connect', NETWORK, SERVER]),
      undo: (cli) => run([...cli, 'network', 'disconnect', NETWORK, SERVER]),
      tearDown: removeServer,
    },
    {
      // Out of the container through a published port to the host.
      name: 'throughput',
      async setUp(cli) {
        await makeNetwork(cli);
        const serve = `trap 'exit 0' TERM; nc -ll -p 80 -e dd if=/dev/zero bs=1M count=${BYTES >> 20} & wait`;
        const options = ['--network', NETWORK, '-p', `${portOf(cli)}:80`, '--name', SERVER];
        await run([...cli, 'run', '-d', ...options, IMAGE, '/bin/sh', '-c', serve]);
      },
      measure: (cli) => receive('127.0.0.1', portOf(cli)),
      tearDown: removeServer,
    },
    {
      name: `dns-${LOOKUPS}`,
      async setUp(cli) {
        await makeNetwork(cli);
        await run([...cli, ...sleeper(SERVER), ...SLEEP]);
      },
      measure(cli) {
        const many = `for i in $(seq ${LOOKUPS}); do nslookup ${SERVER} >/dev/null || exit 1; done`;
        return time([...cli, 'exec', SERVER, '/bin/sh', '-c', many]);
      },
      tearDown: removeServer,
    },
  ];
}

async function removeServer(cli: Words): Promise<void> {
  await tryRun([...cli, 'rm', '-f', SERVER]);
  await removeNetwork(cli);
}

/** Milliseconds until all bytes came. @throws Error when fewer do */
async function receive(hostname: string, port: number): Promise<number> {
  const start = performance.now();
  let received = 0;
  const ended = Promise.withResolvers<void>();
  await Bun.connect({
    hostname,
    port,
    socket: {
      data: (_, chunk) => {
        received += chunk.length;
      },
      close: () => ended.resolve(),
      error: (_, error) => ended.reject(error),
    },
  });
  await ended.promise;
  if (received !== BYTES) throw new Error(`received ${received} of ${BYTES} bytes`);
  return performance.now() - start;
}
