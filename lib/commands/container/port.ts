import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { listMatching } from '../../engine/container/list.ts';
import { currentPorts } from '../../engine/container/ports.ts';
import { observeState } from '../../engine/container/state.ts';
import { formatHostSide } from '../../netns/ports.ts';
import { type Container, readContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { latestOption, selectOne } from './one-container.ts';

export const command = defineCommand({
  names: ['port', 'container port'],
  summary: "Show where a container's ports are published",
  usage: '[OPTIONS] [CONTAINER] [PRIVATE_PORT[/PROTOCOL]]',
  examples: ['port web', 'port web 80/tcp', 'port --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Show the ports of all running containers' },
    latest: latestOption,
  },
  args: { min: 1, max: 2, unless: ['all', 'latest'] },
  completeArgs: 'running',
  run: ({ options: { all, latest }, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const { store } = engine;
      if (all) {
        if (args.length > 0 || latest) {
          throw new ProaError('BAD_ARGUMENTS', 'show ports: name a container or use --all, not both');
        }
        const { containers } = await listMatching(store);
        await print(containers.map((container) => portsById(container)).join(''));
        return;
      }
      const { id, rest } = selectOne(engine, latest, args);
      const record = readContainer(store, id);
      const lines =
        record === undefined ? [] : portLines({ ...record, state: observeState(store, record) }, rest[0]);
      await print(lines.map((line) => `${line}\n`).join(''));
    }),
});

/** Podman's form: the id and a tab before each line. */
function portsById(container: Container): string {
  return portLines(container, undefined)
    .map((line) => `${container.config.id.slice(0, 12)}\t${line}\n`)
    .join('');
}

/** One line a published port; with a port given, only its addresses on the host. */
function portLines(container: Container, wanted: string | undefined): string[] {
  const key = wanted === undefined ? undefined : parsePort(wanted);
  const lines: string[] = [];
  for (const { containerPort, protocol, published } of currentPorts(container)) {
    if (published === undefined) continue;
    const own = `${containerPort}/${protocol}`;
    const host = formatHostSide(published.hostIp, published.hostPort);
    if (key === undefined) lines.push(`${own} -> ${host}`);
    else if (own === key) lines.push(host);
  }
  if (key !== undefined && lines.length === 0) {
    const { name } = container.config;
    throw new ProaError('PORT_NOT_PUBLISHED', `show port ${key} of container ${name}: it is not published`, {
      hint: `proa port ${name} shows those that are`,
    });
  }
  return lines;
}

/** `80` is 80/tcp. @throws ProaError INVALID_PORT */
function parsePort(text: string): string {
  const [, port, protocol = 'tcp'] = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535) return `${Number(port)}/${protocol.toLowerCase()}`;
  throw new ProaError('INVALID_PORT', `show port ${text}: it is not PORT[/tcp|udp|sctp]`);
}
