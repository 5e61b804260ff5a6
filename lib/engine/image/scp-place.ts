/**
 * The ends of `image scp` (podman-image-scp(1)): `IMAGE` here, `USER@localhost::IMAGE` in the store of another user of this
 * machine, `[USER@]HOST[:PORT]::IMAGE` on another machine. Each is a way to run an engine there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { selfCommand } from '../../core/self.ts';

export type ScpPlace =
  | { kind: 'here' }
  | { kind: 'user'; user: string }
  /** `socket`: what Podman would connect to; an engine is started by ssh instead. */
  | { kind: 'ssh'; host: string; port?: string; socket?: string };

export interface ScpEnd {
  place: ScpPlace;
  /** Empty: at the destination, the name that it has. */
  image: string;
}

/** Takes an argument apart. Throws ProaError INVALID_ARGUMENT. */
export function parseScpEnd(text: string): ScpEnd {
  const at = text.indexOf('::');
  if (at < 0) return { place: { kind: 'here' }, image: text };
  const where = text.slice(0, at);
  const image = text.slice(at + 2);
  const local = /^([^@]+)@localhost$/.exec(where)?.[1];
  if (local !== undefined) return { place: { kind: 'user', user: local }, image };
  const match = /^(?:ssh:\/\/)?((?:[^@:/\s]+@)?(?:\[[0-9a-fA-F:]+\]|[^@:/\s]+))(?::(\d{1,5}))?(\/.*)?$/.exec(
    where,
  );
  const [, host, port, socket] = match ?? [];
  // What begins with a dash would be an option of ssh's.
  if (host === undefined || host.startsWith('-')) {
    throw new ProaError('INVALID_ARGUMENT', `copy image ${text}: ${JSON.stringify(where)} is no host`, {
      hint: 'An end looks like IMAGE, HOST::IMAGE, USER@HOST:PORT::IMAGE or USER@localhost::IMAGE',
    });
  }
  return { place: { kind: 'ssh', host, ...(port && { port }), ...(socket && { socket }) }, image };
}

/** For messages. */
export function showPlace(place: ScpPlace): string {
  if (place.kind === 'here') return 'this store';
  return place.kind === 'user' ? `${place.user}@localhost` : place.host;
}

/**
 * The command line that runs `ENGINE ARGS` at a place.
 * @param globals options of this proa's own, for the store that is meant by `here`
 * @throws ProaError PROGRAM_MISSING, NO_SUCH_USER
 */
export function commandAt(place: ScpPlace, args: readonly string[], globals: readonly string[]): string[] {
  const own = [...selfCommand(), ...globals, ...args];
  if (place.kind === 'here') return own;
  if (place.kind === 'user') {
    const prefix = becoming(place.user);
    return prefix === undefined ? own : [...prefix, ...selfCommand(), ...args];
  }
  const port = place.port === undefined ? [] : ['-p', place.port];
  // The other side's login shell may be any; from here on it is sh.
  const script = `sh -c ${quoted(`${FIND_ENGINE}; exec "$engine" ${args.map(quoted).join(' ')}`)}`;
  return [findProgram('ssh'), ...port, '--', place.host, script];
}

/** Whatever engine the other machine has: archives are the same for all. A shell without a login has a short PATH. */
const FIND_ENGINE =
  'PATH="$PATH:/usr/local/bin:$HOME/.local/bin"; engine=$(command -v proa || command -v podman || command -v docker) || ' +
  '{ echo "there is no proa, podman or docker" >&2; exit 127; }';

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What makes us another user: root becomes anyone, anyone else needs sudo for it. Undefined for who we are already. */
function becoming(user: string): string[] | undefined {
  const [name, , uid, gid, , home] = spawnSync(findProgram('getent'), ['passwd', '--', user], {
    encoding: 'utf8',
  })
    .stdout.trimEnd()
    .split(':');
  if (!name || !uid || !gid) throw new ProaError('NO_SUCH_USER', `copy image: there is no user ${user}`);
  if (Number(uid) === process.geteuid!()) return undefined;
  if (process.geteuid!() !== 0) return [findProgram('sudo'), '--set-home', `--user=${name}`, '--'];
  const runtime = `/run/user/${uid}`;
  const environment = [
    `HOME=${home}`,
    `USER=${name}`,
    `PATH=${process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}`,
    ...(existsSync(runtime) ? [`XDG_RUNTIME_DIR=${runtime}`] : []),
  ];
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all'];
  return [findProgram('setpriv'), ...ids, '--', 'env', '-i', ...environment];
}
