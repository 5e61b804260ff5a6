/** RUN as a step: what its result is known by, and its process in a container. */
import { normalize } from 'node:path/posix';
import type { RunInstruction, Stage } from '../../build/dockerfile/ast.ts';
import { parseRunMount, type RunMount } from '../../build/dockerfile/run-mount.ts';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/model/platform.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import { stepKey } from './cache.ts';
import type { LayerWork } from './layer-work.ts';
import { machinePlatforms } from './machine-platforms.ts';
import type { PlatformBuild } from './platform-build.ts';
import { runProcess, stepFailed } from './run-process.ts';
import { type RunScript, runCommand, runEnv, runFacts, runText } from './run-step.ts';
import type { Sandbox } from './sandbox.ts';
import { awaitStages } from './sources.ts';
import type { StageState } from './stage-state.ts';
import { stepContainer } from './step-container.ts';
import { mountFacts, requireAllowed, StepMounts } from './step-mounts.ts';

/** @param instruction variables replaced */
export function runWork(
  build: PlatformBuild,
  stage: Stage,
  state: StageState,
  instruction: RunInstruction,
): LayerWork {
  const { engine, request } = build;
  const command = runCommand(instruction, state.shell);
  const mounts = placedMounts(instruction, state.workingDir);
  const network = instruction.network ?? request.network;
  const privileged = instruction.security === 'insecure';
  // What the command line asks for, its caller may have; what the Dockerfile asks for, its caller has to allow.
  if (instruction.network === 'host' && request.network !== 'host')
    requireAllowed(request, 'network.host', 'RUN --network=host');
  if (privileged) requireAllowed(request, 'security.insecure', 'RUN --security=insecure');
  if (instruction.devices.length > 0) requireAllowed(request, 'device', 'RUN --device');
  return {
    text: runText(state, command),
    below: state.diffIds,
    ready: () =>
      awaitStages(
        build,
        stage,
        mounts.map((mount) => ('from' in mount ? mount.from : undefined)),
      ),
    async *keys(step) {
      const facts = await mountFacts({ build, stage, step }, mounts);
      yield stepKey([state.diffIds, ...runFacts(state, instruction, command), facts]);
    },
    async make(mounted, sandbox, step) {
      requireRunnable(state.base.platform);
      await using shown = await StepMounts.open({ build, stage, step }, sandbox, mounts);
      const config = await stepContainer(
        engine,
        sandbox.id,
        {
          args: command.args,
          env: [...runEnv(state, build.args.proxies), ...shown.env],
          workingDir: state.workingDir,
          user: state.config.User ?? '',
          network,
          privileged,
          devices: instruction.devices,
        },
        request.limits,
      );
      const script = command.script === undefined ? [] : [showScript(sandbox, command.script)];
      const code = await runProcess(engine, sandbox, config, mounted, [...shown.mounts, ...script], {
        output: (stream, bytes) => build.observer.output(step, stream, bytes),
        signal: build.signal,
        ...(request.stdin && { stdin: true }),
        runtimeFlags: request.limits.runtimeFlags,
      });
      if (code !== 0) throw stepFailed(command.args.join(' '), code);
      return true;
    },
  };
}

/** @throws ProaError PLATFORM_UNSUPPORTED for programs that neither this processor nor an emulator runs */
function requireRunnable(platform: Platform): void {
  if (platform.architecture === hostPlatform().architecture) return;
  if (machinePlatforms().some(({ architecture }) => architecture === platform.architecture)) return;
  const wanted = formatPlatform(platform);
  throw new ProaError('PLATFORM_UNSUPPORTED', `RUN for ${wanted}: this machine cannot run its programs`, {
    hint: 'apt-get install qemu-user-static binfmt-support, or build FROM --platform=$BUILDPLATFORM and COPY',
  });
}

/** Relative targets begin at WORKDIR; agents without one get BuildKit's, by number. */
function placedMounts({ mounts }: RunInstruction, workingDir: string): RunMount[] {
  let agents = 0;
  return mounts.map((text) => {
    const mount = parseRunMount(text);
    const unplaced = mount.type === 'ssh' && mount.target === undefined;
    const target = unplaced ? `/run/buildkit/ssh_agent.${agents++}` : mount.target;
    if (target === undefined) return mount;
    return { ...mount, target: normalize(target.startsWith('/') ? target : `${workingDir}/${target}`) };
  });
}

function showScript(sandbox: Sandbox, { path, content }: RunScript): Mount {
  const file = `${sandbox.freshFolder()}/script`;
  writeFile(file, content, { mode: 0o755 });
  return bindMount({ source: file, destination: path, readonly: true });
}
