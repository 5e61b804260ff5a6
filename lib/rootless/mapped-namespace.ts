/**
 * A user namespace with given ids, and a network namespace that belongs to it, before a process of the container is in
 * them. A network namespace has to belong to the container's user namespace, or nothing of it could be set from inside
 * (user_namespaces(7), "Interaction of user namespaces and other types of namespaces").
 *
 * A process that sleeps makes them and holds them until they are open here.
 */
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { messageOf, ProaError } from '../core/error.ts';
import { findProgram } from '../core/programs.ts';
import { close, O, open } from '../core/sys/file.ts';
import type { IdMapping } from '../oci/model/runtime-spec/types.ts';
import { cutAtRanges, type IdMap, parseIdMap } from './id-map.ts';

const PATIENCE = 5_000;

export class MappedNamespace implements Disposable {
  private constructor(
    private readonly user: number,
    private readonly network: number,
  ) {}

  /** With these ids; `hostID` counts in our own user namespace. @throws ProaError USERNS_FAILED */
  static create(maps: { uids: readonly IdMapping[]; gids: readonly IdMapping[] }): Promise<MappedNamespace> {
    const command = [findProgram('unshare'), '--user', '--net', '--', findProgram('sleep'), 'infinity'];
    return MappedNamespace.hold(command, (pid) => {
      for (const [file, map] of [
        ['uid_map', maps.uids],
        ['gid_map', maps.gids],
      ] as const) {
        const own = parseIdMap(readFileSync(`/proc/self/${file}`, 'utf8'));
        writeFileSync(`/proc/${pid}/${file}`, mapText(map, own));
      }
    });
  }

  /** A network namespace that belongs to the user namespace at `path`, and that one itself. */
  static join(path: string): Promise<MappedNamespace> {
    const inside = [findProgram('unshare'), '--net', '--', findProgram('sleep'), 'infinity'];
    return MappedNamespace.hold([findProgram('nsenter'), `--user=${path}`, '--', ...inside], () => {});
  }

  private static async hold(command: string[], then: (pid: number) => void): Promise<MappedNamespace> {
    const holder = Bun.spawn(command, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    try {
      await settled(holder);
      then(holder.pid);
      using opened = new DisposableStack();
      const openFile = (kind: string): number => {
        const fd = open(`/proc/${holder.pid}/ns/${kind}`, O.RDONLY);
        opened.defer(() => close(fd));
        return fd;
      };
      const made = new MappedNamespace(openFile('user'), openFile('net'));
      opened.move();
      return made;
    } catch (error) {
      if (error instanceof ProaError) throw error;
      throw new ProaError('USERNS_FAILED', `make user namespace: ${messageOf(error)}`, { cause: error });
    } finally {
      holder.kill('SIGKILL');
    }
  }

  /** A path to it for other processes, while this is not disposed. */
  get userPath(): string {
    return `/proc/${process.pid}/fd/${this.user}`;
  }

  get networkPath(): string {
    return `/proc/${process.pid}/fd/${this.network}`;
  }

  /** For mount_setattr(2). */
  get userFd(): number {
    return this.user;
  }

  [Symbol.dispose](): void {
    close(this.user);
    close(this.network);
  }
}

/** Waits until the holder is in its new namespaces: the network's is the last to be made. */
async function settled(holder: Bun.Subprocess<'ignore', 'ignore', 'pipe'>): Promise<void> {
  const ours = readlinkSync('/proc/self/ns/net');
  const end = performance.now() + PATIENCE;
  for (
    let pause = 0.3;
    performance.now() < end && holder.exitCode === null;
    pause = Math.min(pause * 1.5, 10)
  ) {
    if (readlinkSync(`/proc/${holder.pid}/ns/net`) !== ours) return;
    await Bun.sleep(pause);
  }
  const words = holder.exitCode === null ? '' : await new Response(holder.stderr).text();
  throw new ProaError('USERNS_FAILED', `make user namespace: ${words.trim() || 'it does not come about'}`);
}

/** One range a line: user_namespaces(7). */
function mapText(map: readonly IdMapping[], own: IdMap): string {
  const ranges = map.map(({ containerID, hostID, size }) => ({ inside: containerID, outside: hostID, size }));
  return cutAtRanges(ranges, own)
    .map(({ inside, outside, size }) => `${inside} ${outside} ${size}\n`)
    .join('');
}
