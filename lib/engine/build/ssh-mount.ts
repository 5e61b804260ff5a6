/**
 * `RUN --mount=type=ssh`: the caller's ssh-agent, or one that was started for the step with the keys that were given. A
 * socket of our own is shown, with the owner and mode that the step asks for, and passes on what comes: the keys stay
 * outside.
 */
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import type { SshMount } from '../../build/dockerfile/run-mount.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import type { Sandbox } from './sandbox.ts';
import { give } from './secret-mount.ts';
import type { SideMounts } from './side-mounts.ts';

/** How long ssh-agent may take to listen (milliseconds). */
const AGENT_PATIENCE = 5_000;

/**
 * @param given `--ssh`: ids with paths of a socket or of private keys; without paths SSH_AUTH_SOCK
 * @returns undefined for one that is not there and need not be
 * @throws ProaError SSH_NOT_FOUND, SSH_FAILED, PROGRAM_MISSING
 */
export async function showAgent(
  given: ReadonlyMap<string, readonly string[]>,
  sandbox: Sandbox,
  side: SideMounts,
  { id, target, required, uid, gid, mode }: SshMount,
): Promise<(AsyncDisposable & { mount: Mount }) | undefined> {
  const paths = given.get(id);
  const places = paths?.length === 0 ? [process.env.SSH_AUTH_SOCK ?? ''].filter(Boolean) : paths;
  if (places === undefined || places.length === 0) {
    if (!required) return undefined;
    throw new ProaError('SSH_NOT_FOUND', `ssh ${id}: nobody gave an agent or a key to this build`, {
      hint:
        id === 'default'
          ? 'proa build --ssh default …, with SSH_AUTH_SOCK set'
          : `proa build --ssh ${id}=KEY …`,
    });
  }
  await using made = new AsyncDisposableStack();
  const [first] = places;
  const agent = isSocket(first!) ? first! : await startAgent(sandbox, places, id, made);
  // Sockets' names are short (unix(7)): through the descriptor the name is.
  const folder = open(side.ram, O.PATH | O.DIRECTORY);
  made.defer(() => close(folder));
  const name = crypto.randomUUID();
  const listener = listenFor(`/proc/self/fd/${folder}/${name}`, agent);
  made.defer(() => listener.stop(true));
  const file = `${side.ram}/${name}`;
  give(file, uid, gid, `ssh ${id}`);
  chmodSync(file, mode);
  const held = made.move();
  return {
    mount: bindMount({ source: file, destination: target! }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

interface Peer {
  other?: Bun.Socket<Peer>;
  /** What came before the agent answered. */
  early: Buffer[];
}

/** Passes each connection on to the agent. */
function listenFor(path: string, agent: string): { stop(force: boolean): void } {
  return Bun.listen<Peer>({
    unix: path,
    socket: {
      open(client) {
        client.data = { early: [] };
        void Bun.connect<Peer>({
          unix: agent,
          data: { other: client, early: [] },
          socket: {
            open(server) {
              client.data.other = server;
              for (const bytes of client.data.early.splice(0)) server.write(bytes);
            },
            data: (server, bytes) => void server.data.other?.write(bytes),
            close: (server) => void server.data.other?.end(),
            error: (server) => void server.data.other?.end(),
          },
        }).catch(() => client.end()); // The agent is gone: the client sees its connection end.
      },
      data(client, bytes) {
        if (client.data.other === undefined) client.data.early.push(Buffer.from(bytes));
        else client.data.other.write(bytes);
      },
      close: (client) => void client.data.other?.end(),
      error: (client) => void client.data.other?.end(),
    },
  });
}

/** An ssh-agent(1) with these keys and no others. @returns its socket */
async function startAgent(
  sandbox: Sandbox,
  keys: readonly string[],
  id: string,
  held: AsyncDisposableStack,
): Promise<string> {
  const folder = open(sandbox.freshFolder(), O.PATH | O.DIRECTORY);
  held.defer(() => close(folder));
  const socket = `/proc/${process.pid}/fd/${folder}/agent`;
  const agent = Bun.spawn([findProgram('ssh-agent'), '-D', '-a', socket], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  held.defer(async () => {
    agent.kill();
    await agent.exited;
  });
  for (const end = performance.now() + AGENT_PATIENCE; !existsSync(socket); await Bun.sleep(2)) {
    if (agent.exitCode === null && performance.now() < end) continue;
    throw new ProaError('SSH_FAILED', `ssh ${id}: ssh-agent does not start`);
  }
  for (const key of keys) await addKey(socket, key, id);
  return socket;
}

async function addKey(socket: string, key: string, id: string): Promise<void> {
  // Read by us, as ssh-add refuses files that others can read, which the caller may have on purpose.
  const child = Bun.spawn([findProgram('ssh-add'), '-q', '-'], {
    env: { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' },
    stdio: [readKey(key, id), 'ignore', 'pipe'],
    detached: true,
  });
  if ((await child.exited) === 0) return;
  const words = (await new Response(child.stderr).text()).trim();
  throw new ProaError('SSH_FAILED', `ssh ${id}: use key ${key}: ${words || 'ssh-add refuses it'}`, {
    hint: 'A key with a passphrase has to be in an agent: ssh-add it there, and give --ssh without a path',
  });
}

function readKey(key: string, id: string): Uint8Array {
  try {
    return readFileSync(key);
  } catch (error) {
    throw new ProaError('SSH_NOT_FOUND', `ssh ${id}: read ${key}: no such socket or key`, { cause: error });
  }
}
