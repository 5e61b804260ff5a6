/** Containers whose process is real, without a runtime and without conmon. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { processHandle } from '../../../../lib/core/process-handle.ts';
import { bundlePath, type ContainerConfig, exitFilePath } from '../../../../lib/storage/containers.ts';
import { runningState, TestStore } from '../../../helpers/container-records.ts';

export class LiveContainers implements AsyncDisposable {
  readonly records = new TestStore();
  private readonly children: Bun.Subprocess[] = [];

  /**
   * A running container whose process runs this shell command and then idles. Its exit code is written as conmon would;
   * `true` stands in for the runtime, which only tidies up.
   */
  async run(command: string, config: Partial<ContainerConfig> = {}) {
    const child = Bun.spawn(['sh', '-c', `${command}; echo ready; while :; do sleep 0.01; done`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.children.push(child);
    await child.stdout.getReader().read();
    const { config: made } = await this.records.add(config, {
      ...runningState(processHandle(child.pid)),
      conmon: processHandle(process.pid),
      runtime: '/bin/true',
    });
    child.exited.then((code) => writeFileSync(exitFilePath(this.records.store, made.id), String(code)));
    return { id: made.id, child };
  }

  /** The folder that a container has in RUNROOT from its start to its clean-up. */
  bundle(id: string): void {
    mkdirSync(bundlePath(this.records.store, id), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) {
      child.kill('SIGKILL');
      await child.exited;
    }
    // The exit codes of those that were still running are written in this moment.
    await Bun.sleep(0);
    this.records[Symbol.dispose]();
  }
}
