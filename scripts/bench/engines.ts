/** Who is compared: Proa, the peers that answer on this machine, each also as an ordinary user, and a bare runtime. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, run, type Words } from './command.ts';
import { IMAGE } from './scenarios.ts';

export interface Engine {
  name: string;
  cli: Words;
  /** Only some scenarios mean something to it. */
  only?: readonly string[];
  /** Command line of a scenario that this engine says in other words. */
  instead?: Readonly<Record<string, Words>>;
}

/** An engine under its own name; podman and docker only where they answer. */
export function peers(): Engine[] {
  return ['podman', 'docker']
    .filter((name) => output([name, 'info']) !== '')
    .map((name) => ({ name, cli: [name] }));
}

/** The same engine as another user, for the one scenario in which users differ. */
export function asUser(engine: Engine, user: string): Engine {
  const [, , uid, gid, , home] = output(['getent', 'passwd', user]).split(':');
  if (uid === undefined) throw new Error(`--user ${user}: no such user`);
  const runtimeDir = `/run/user/${uid}`;
  // Without a login session of theirs there is none; engines then choose a place themselves.
  const env = existsSync(runtimeDir)
    ? [`HOME=${home}`, `XDG_RUNTIME_DIR=${runtimeDir}`]
    : ['-u', 'XDG_RUNTIME_DIR', `HOME=${home}`];
  const command = ['setpriv', `--reuid=${user}`, `--regid=${gid}`, '--init-groups', 'env', ...env];
  return { name: `${engine.name} (user)`, cli: [...command, ...engine.cli], only: ['run-none'] };
}

/** `crun run` of a prepared bundle: what no engine can be faster than. `work` is an empty folder. */
export async function bareCrun(tar: string, work: string): Promise<Engine> {
  const rootfs = join(work, 'rootfs');
  mkdirSync(rootfs, { recursive: true });
  await run(['tar', '-C', rootfs, '-xf', tar]);
  const file = join(work, 'config.json');
  Bun.spawnSync(['crun', 'spec'], { cwd: work });
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  spec.process.args = ['/bin/true'];
  spec.process.terminal = false;
  writeFileSync(file, JSON.stringify(spec));
  const command = ['crun', 'run', '--bundle', work, 'proa-bench-crun'];
  return { name: 'crun', cli: ['crun'], only: ['run-none'], instead: { 'run-none': command } };
}

/** Gives the engine the image that all scenarios use. @throws CommandFailed */
export async function importImage({ cli, instead }: Engine, tar: string): Promise<void> {
  if (instead === undefined) await run([...cli, 'import', tar, IMAGE]);
}
