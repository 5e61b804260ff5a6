import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { currentPorts } from '../../engine/container/ports.ts';
import { observeState } from '../../engine/container/state.ts';
import { formatHostSide } from '../../netns/ports.ts';
import { type Container, readContainer, resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../image/exit-code.ts';

export const command = defineCommand({
  names: ['port', 'container port'],
  summary: "Show where a container's ports are published",
  usage: 'CONTAINER [PRIVATE_PORT[/PROTOCOL]]',
  examples: ['port web', 'port web 80/tcp'],
  options: {},
  args: { min: 1, max: 2 },
  completeArgs: 'running',
  run: ({ args }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const id = resolveContainer(store, args[0]!);
      const record = readContainer(store, id);
      const lines =
        record === undefined ? [] : portLines({ ...record, state: observeState(store, record) }, args[1]);
      await print(lines.map((line) => `${line}\n`).join(''));
    }),
});

/** One line a published port; with a port given, only its addresses on the host. */
function portLines(container: Container, wanted: string | undefined): string[] {
  const key = wanted?.includes('/') ? wanted : `${wanted}/tcp`;
  const lines: string[] = [];
  for (const { containerPort, protocol, published } of currentPorts(container)) {
    if (published === undefined) continue;
    const own = `${containerPort}/${protocol}`;
    const host = formatHostSide(published.hostIp, published.hostPort);
    if (wanted === undefined) lines.push(`${own} -> ${host}`);
    else if (own === key) lines.push(host);
  }
  if (wanted !== undefined && lines.length === 0) {
    const { name } = container.config;
    throw new ProaError('PORT_NOT_PUBLISHED', `show port ${key} of container ${name}: it is not published`, {
      hint: `proa port ${name} shows those that are`,
    });
  }
  return lines;
}
