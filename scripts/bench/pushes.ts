/** Sending a large image: to a registry that has nothing, and to one that has it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run, time, tryRun, type Words } from './command.ts';
import type { Scenario } from './scenarios.ts';

/** A registry server on a free port of this machine, with nothing in it. */
class EmptyRegistry {
  private constructor(
    readonly host: string,
    private readonly child: Bun.Subprocess,
    private readonly folder: string,
  ) {}

  static async start(work: string): Promise<EmptyRegistry> {
    const folder = join(work, `registry-${crypto.randomUUID()}`);
    mkdirSync(folder);
    const host = `127.0.0.1:${freePort()}`;
    const lines = ['version: 0.1', 'log: {level: error, accesslog: {disabled: true}}'];
    lines.push(`storage: {filesystem: {rootdirectory: ${folder}}}`, `http: {addr: "${host}"}`);
    const config = join(folder, 'config.yml');
    writeFileSync(config, lines.join('\n'));
    const child = Bun.spawn(['docker-registry', 'serve', config], { stdio: ['ignore', 'ignore', 'ignore'] });
    while (
      !(await fetch(`http://${host}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await Bun.sleep(20);
    return new EmptyRegistry(host, child, folder);
  }

  async stop(): Promise<void> {
    this.child.kill();
    await this.child.exited;
    rmSync(this.folder, { recursive: true });
  }
}

function freePort(): number {
  using server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  return server.port;
}

/** What lets an engine speak plain HTTP to any port of this machine; Docker and Proa do that of themselves. */
function plainHttp(cli: Words): string[] {
  return cli.some((word) => basename(word) === 'podman') ? ['--tls-verify=false'] : [];
}

/** @param big `REGISTRY/NAME` of an image with the tag 1 */
export function pushes(big: string, work: string): Scenario[] {
  const again = (cli: Words): string => `${big}-${Bun.hash(cli.join(' '))}`;
  const source = `${big}:1`;
  let registry: EmptyRegistry;
  let target: string;
  return [
    {
      name: 'push',
      setUp: (cli) => run([...cli, 'pull', '-q', source]),
      async measure(cli) {
        registry = await EmptyRegistry.start(work);
        target = `${registry.host}/big:1`;
        await run([...cli, 'tag', source, target]);
        return time([...cli, 'push', '-q', ...plainHttp(cli), target]);
      },
      async undo(cli) {
        await run([...cli, 'rmi', target]);
        await registry.stop();
      },
      tearDown: (cli) => tryRun([...cli, 'rmi', '-f', source]),
      rounds: 3,
    },
    {
      name: 'push-again',
      async setUp(cli) {
        await run([...cli, 'pull', '-q', source]);
        await run([...cli, 'tag', source, again(cli)]);
        await run([...cli, 'push', '-q', again(cli)]);
      },
      measure: (cli) => time([...cli, 'push', '-q', again(cli)]),
      tearDown: (cli) => tryRun([...cli, 'rmi', '-f', again(cli), source]),
      rounds: 3,
    },
    {
      // Everything is there: what is left to do is to ask.
      name: 'pull-again',
      setUp: (cli) => run([...cli, 'pull', '-q', source]),
      measure: (cli) => time([...cli, 'pull', '-q', source]),
      tearDown: (cli) => tryRun([...cli, 'rmi', '-f', source]),
    },
  ];
}
