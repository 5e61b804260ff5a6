/** A real bundle with a static busybox, and real runtimes to run it with. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryFindProgram } from '../../../../lib/core/programs.ts';
import { capabilitiesOfMask } from '../../../../lib/oci/model/runtime-spec/capabilities.ts';
import { parseProcLimits, resolveRlimits } from '../../../../lib/oci/model/runtime-spec/rlimits.ts';
import { hostArchitecture } from '../../../../lib/oci/model/runtime-spec/seccomp.ts';
import { makeSpec, type SpecInput, serializeSpec } from '../../../../lib/oci/model/runtime-spec/spec.ts';
import { crunRefuses } from '../../../../lib/oci/runtime/select.ts';

export const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((file) => existsSync(file));
export const isRoot = process.geteuid!() === 0;

export type Changes = { [key in keyof SpecInput]?: Partial<SpecInput[key]> };

export class Bundle implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'proa-bundle-'));

  constructor() {
    for (const folder of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'run']) {
      mkdirSync(join(this.dir, 'rootfs', folder), { recursive: true, mode: 0o755 });
    }
    copyFileSync(busybox!, join(this.dir, 'rootfs/bin/busybox'));
    for (const name of [
      'sh',
      'cat',
      'id',
      'grep',
      'ls',
      'hostname',
      'touch',
      'tr',
      'mount',
      'cut',
      'wc',
      'chroot',
    ]) {
      symlinkSync('busybox', join(this.dir, 'rootfs/bin', name));
    }
  }

  /** Runs a shell command in a container of `runtime` and returns what it printed. */
  run(runtime: 'crun' | 'runc', command: string, changes: Changes, userNamespace = false): string {
    const id = `proa-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const status = readFileSync('/proc/self/status', 'latin1');
    const bounding = capabilitiesOfMask(/^CapBnd:\s*(\w+)/m.exec(status)![1]!);
    const mayRaise = isRoot && !userNamespace && bounding.has('CAP_SYS_RESOURCE');
    const host = parseProcLimits(readFileSync('/proc/self/limits', 'latin1'));
    const spec = makeSpec({
      ...(changes as Partial<SpecInput>),
      process: {
        args: ['sh', '-c', command],
        env: ['PATH=/bin'],
        cwd: '/',
        user: { uid: 0, gid: 0 },
        rlimits: resolveRlimits({ ulimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: -1 }], host, mayRaise }),
        ...changes.process,
      },
      rootfs: { path: 'rootfs', ...changes.rootfs },
      ...(!userNamespace && { cgroup: { path: `/${id}`, resources: { pids: { limit: 64 } } } }),
      host: {
        rootless: userNamespace,
        groupIds: userNamespace ? 1 : 2 ** 32 - 1,
        architecture: hostArchitecture(),
        bounding,
      },
    });
    writeFileSync(join(this.dir, 'config.json'), serializeSpec(spec));

    const argv = [
      tryFindProgram(runtime)!,
      '--root',
      join(this.dir, 'state'),
      'run',
      '--bundle',
      this.dir,
      id,
    ];
    if (userNamespace) argv.unshift('unshare', '--user', '--map-root-user', '--mount', '--');
    // Where crun refuses the hybrid layout, it gets to see a v1 layout: a mount namespace without the v2 tree.
    if (runtime === 'crun' && crunRefuses()) {
      argv.unshift('unshare', '--mount', 'sh', '-c', 'umount -l /sys/fs/cgroup/unified && exec "$@"', '-');
    }
    const result = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8', timeout: 30_000 });
    if (result.status !== 0)
      throw new Error(`${runtime}: exit ${result.status}: ${result.stderr}${result.stdout}`);
    return result.stdout.trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Why a runtime cannot be tried here; undefined when it can. */
export function reasonToSkip(runtime: 'crun' | 'runc', userNamespace: boolean): string | undefined {
  if (busybox === undefined) return 'no static busybox';
  if (tryFindProgram(runtime) === undefined) return `${runtime} is not installed`;
  if (!isRoot && !userNamespace) return 'needs root';
  if (!isRoot && runtime === 'crun' && crunRefuses()) return 'crun refuses the hybrid cgroups of this host';
  return undefined;
}
