/** What `RUN --mount` shows in a step: prepared on the host's side, bound by the runtime, gone with the step. */
import type { Stage } from '../../build/dockerfile/ast.ts';
import type { CacheMount, RunMount } from '../../build/dockerfile/run-mount.ts';
import { ProaError } from '../../core/error.ts';
import { bindMount, tmpfsMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import { bindFacts, prepareBind } from './bind-mount.ts';
import { takeCacheMount } from './cache-mounts.ts';
import type { PlatformBuild } from './platform-build.ts';
import type { BuildStep } from './request.ts';
import type { Sandbox } from './sandbox.ts';
import { copyOut, SideMounts } from './side-mounts.ts';
import { fileSource } from './sources.ts';

/** Who asks: a step of a stage. */
export interface MountingStep {
  readonly build: PlatformBuild;
  readonly stage: Stage;
  readonly step: BuildStep;
}

/** What a RUN's result depends on of its mounts: of a bind mount the content, of all others only that they are there. */
export async function mountFacts(of: MountingStep, mounts: readonly RunMount[]): Promise<unknown[]> {
  const facts: unknown[] = [];
  for (const mount of mounts) facts.push(mount.type === 'bind' ? await bindFacts(of, mount) : mount);
  return facts;
}

/** The mounts of one step, until disposed. */
export class StepMounts implements AsyncDisposable {
  readonly mounts: Mount[] = [];
  /** NAME=VALUE of secrets and agents. */
  readonly env: string[] = [];
  private readonly held = new AsyncDisposableStack();

  private constructor(
    private readonly of: MountingStep,
    private readonly sandbox: Sandbox,
    private readonly side: SideMounts,
  ) {}

  /** @throws ProaError SECRET_NOT_FOUND, SSH_NOT_FOUND, MOUNT_SOURCE_MISSING, … */
  static async open(of: MountingStep, sandbox: Sandbox, mounts: readonly RunMount[]): Promise<StepMounts> {
    await using made = new AsyncDisposableStack();
    const side = new SideMounts(sandbox.bundle);
    const opened = made.use(new StepMounts(of, sandbox, side));
    opened.held.use(side);
    for (const mount of mounts) await opened.add(mount);
    made.move();
    return opened;
  }

  private async add(mount: RunMount): Promise<void> {
    switch (mount.type) {
      case 'bind':
        this.mounts.push(await prepareBind(this.of, this.sandbox, this.side, mount));
        return;
      case 'cache':
        await this.addCache(mount);
        return;
      case 'tmpfs': {
        const size = mount.size === undefined ? [] : [`size=${mount.size}`];
        this.mounts.push(tmpfsMount(mount.target, ['exec', 'dev', 'suid', ...size]));
        return;
      }
      case 'secret': {
        const { showSecret } = await import('./secret-mount.ts');
        const shown = showSecret(this.of.build.request.secrets, this.side, mount);
        if (shown?.env !== undefined) this.env.push(shown.env);
        if (shown?.mount !== undefined) this.mounts.push(shown.mount);
        return;
      }
      case 'ssh': {
        const { showAgent } = await import('./ssh-mount.ts');
        const shown = await showAgent(this.of.build.request.ssh, this.sandbox, this.side, mount);
        if (shown === undefined) return;
        this.held.use(shown);
        this.env.push(`SSH_AUTH_SOCK=${mount.target}`);
        this.mounts.push(shown.mount);
      }
    }
  }

  private async addCache(mount: CacheMount): Promise<void> {
    const { engine } = this.of.build;
    const { id, target, sharing, uid, gid, mode, readOnly, from, source } = mount;
    const origin =
      from === undefined ? undefined : await fileSource(this.of.build, this.of.stage, from, this.of.step);
    const { folder, held } = await takeCacheMount(engine.store, {
      id,
      sharing,
      uid,
      gid,
      mode,
      ...(origin && { origin: originName(origin, source) }),
      fill: async (empty) => {
        if (origin === undefined) return;
        const root = origin.kind === 'folder' ? origin.context.path : this.sandbox.view(origin.diffIds);
        await copyOut(root, source, empty, origin.name);
      },
    });
    this.held.use(held);
    this.mounts.push(
      bindMount({ source: folder, destination: target, readonly: readOnly, options: ['nosuid', 'nodev'] }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.held.disposeAsync();
  }
}

function originName(origin: Awaited<ReturnType<typeof fileSource>>, source: string): string {
  return JSON.stringify([origin.kind === 'folder' ? origin.context.path : origin.diffIds, source]);
}

/** @throws ProaError NOT_ALLOWED for what BuildKit calls entitlements, and nobody allowed */
export function requireAllowed(
  { allow }: PlatformBuild['request'],
  what: 'network.host' | 'security.insecure' | 'device',
  option: string,
): void {
  if (allow?.has(what)) return;
  throw new ProaError('NOT_ALLOWED', `${option} needs more rights than a build has: ${what} is not allowed`, {
    hint: `proa build --allow ${what} …`,
  });
}
