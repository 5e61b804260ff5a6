/**
 * A virtual machine for a test file: its own overlay over the disk that scripts/vm/disk.mjs made, the working copy
 * read-only under /opt/proa, Proa installed from there. Commands go over ssh on the loopback. The machine itself reaches
 * nothing: its network is closed but for that one port.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, eventually, type Outcome } from '../../e2e/support/child.ts';
import { writeImageTar } from '../../e2e/support/image.ts';

const REPOSITORY = join(__dirname, '../../..');

/** root, a user who lingers, and one who does not. */
export type Account = 'root' | 'app' | 'visitor';

/** How long a machine may take to boot or a command to end (milliseconds): without KVM, on processors that others use too. */
const PATIENCE = 600_000;

/** For what is there in a moment where nothing else goes on (milliseconds). */
export const WHILE = 180_000;

export class Vm {
  private folder = '';
  private port = 0;
  private qemu: ReturnType<typeof Bun.spawn> | undefined;

  /** Boots it and installs Proa. */
  async open(): Promise<void> {
    const disk = diskFolder();
    // Short, for the paths of the sockets in it.
    this.folder = mkdtempSync(join(tmpdir(), 'vm-'));
    await must([
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '-F',
      'raw',
      '-b',
      `${disk}/disk.img`,
      this.overlay,
    ]);
    // ssh refuses a key that others can read.
    copyFileSync(`${disk}/key`, `${this.folder}/key`);
    await must(['chmod', '600', `${this.folder}/key`]);
    this.port = await freePort();
    await this.start();
    await this.ok('PREFIX=/usr /opt/proa/scripts/install', { timeout: 120_000 });
  }

  private get overlay(): string {
    return `${this.folder}/disk.qcow2`;
  }

  /** Powers it on, and waits until commands can be run. */
  async start(): Promise<void> {
    const disk = diskFolder();
    this.qemu = Bun.spawn(
      [
        'qemu-system-x86_64',
        ...[
          '-machine',
          'q35',
          '-accel',
          process.env.PROA_VM_ACCEL ?? 'tcg',
          '-cpu',
          'max',
          '-smp',
          '2',
          '-m',
          '2048',
        ],
        ...['-display', 'none', '-vga', 'none', '-monitor', 'none', '-serial', `file:${this.folder}/console`],
        ...['-kernel', `${disk}/vmlinuz`, '-initrd', `${disk}/initrd`],
        ...['-append', 'rw console=ttyS0 quiet panic=-1 mitigations=off audit=0'],
        ...['-drive', `file=${this.overlay},if=virtio,format=qcow2,cache=unsafe`],
        ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${this.port}-:22`],
        ...['-device', 'virtio-net-pci,netdev=net', '-device', 'virtio-rng-pci'],
        ...['-virtfs', `local,path=${REPOSITORY},mount_tag=repository,security_model=none,readonly=on`],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await this.awaitBoot();
  }

  /** As the power button: services are stopped, then it boots again. Resolves when commands can be run. */
  async reboot(): Promise<void> {
    const before = await this.ok('cat /proc/sys/kernel/random/boot_id');
    await this.run('systemctl reboot');
    await this.awaitBoot(before);
  }

  /** As a power cut, and the power comes back. What the machine's kernel had not written is lost. */
  async cutPower(): Promise<void> {
    await this.halt();
    await this.start();
  }

  async close(): Promise<void> {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async halt(): Promise<void> {
    this.endMaster();
    this.qemu?.kill('SIGKILL');
    await this.qemu?.exited;
  }

  /** Runs a shell command line there. */
  async run(
    script: string,
    { as = 'root', stdin, timeout = PATIENCE }: { as?: Account; stdin?: string; timeout?: number } = {},
  ): Promise<Outcome> {
    return collect([...this.ssh(as), script], { stdin, timeout });
  }

  /** Runs what must succeed. @returns its stdout without the last newline */
  async ok(script: string, options: Parameters<Vm['run']>[1] = {}): Promise<string> {
    const { code, out, err } = await this.run(script, options);
    if (code !== 0) throw new Error(`${options.as ?? 'root'}: ${script}: exit code ${code}: ${out}${err}`);
    return out.replace(/\n$/, '');
  }

  /** Imports the image `bb`: busybox, with the users root and app. */
  async withImage(...accounts: Account[]): Promise<void> {
    const tar = `${this.folder}/image.tar`;
    if (!existsSync(tar)) await writeImageTar(tar);
    for (const as of accounts) {
      const copy = Bun.spawn([...this.ssh(as), 'proa import --change \'CMD ["sh"]\' - bb'], {
        stdio: [Bun.file(tar), 'pipe', 'pipe'],
      });
      const err = await new Response(copy.stderr).text();
      if ((await copy.exited) !== 0) throw new Error(`import the image for ${as}: ${err}`);
    }
  }

  /** What the kernel and systemd said. */
  get console(): string {
    return readFileSync(`${this.folder}/console`, 'utf8');
  }

  private ssh(as: Account): string[] {
    return [
      ...['ssh', '-q', '-F', 'none', '-i', `${this.folder}/key`, '-p', String(this.port)],
      ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=5'],
      // One connection for all commands of an account: each then costs 10 ms instead of 200.
      ...['-o', 'ControlMaster=auto', '-o', `ControlPath=${this.folder}/${as}`, '-o', 'ControlPersist=yes'],
      `${as}@127.0.0.1`,
    ];
  }

  /** A connection to a machine that is gone would take the next commands. */
  private endMaster(...accounts: Account[]): void {
    for (const as of accounts.length > 0 ? accounts : (['root', 'app', 'visitor'] as const)) {
      if (existsSync(`${this.folder}/${as}`))
        Bun.spawnSync([...this.ssh(as).slice(0, -1), '-O', 'exit', 'x']);
    }
  }

  /** Ends the sessions of an account, as when a person logs out. */
  logOut(as: Account): void {
    this.endMaster(as);
  }

  private async awaitBoot(before?: string): Promise<void> {
    const isUp = async (): Promise<boolean> => {
      if (this.qemu!.exitCode !== null || this.qemu!.signalCode !== null) {
        throw new Error(`qemu ended: ${await new Response(this.qemu?.stderr as ReadableStream).text()}`);
      }
      this.endMaster();
      const { code, out } = await this.run(
        'systemctl is-system-running --wait; cat /proc/sys/kernel/random/boot_id',
        {
          timeout: PATIENCE,
        },
      ).catch(() => ({ code: 255, out: '' }));
      return code === 0 && (before === undefined || !out.includes(before));
    };
    if (!(await eventually(isUp, Boolean, PATIENCE))) {
      throw new Error(`the machine did not come up:\n${this.console.slice(-3000)}`);
    }
  }
}

function diskFolder(): string {
  const folder = process.env.PROA_VM_DISK;
  if (folder === undefined) throw new Error('no disk for a virtual machine: npm run test:vm');
  return folder;
}

/** Of the loopback. Somebody else might take it before qemu does, who then says so. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function must(command: string[]): Promise<void> {
  const { code, err } = await collect(command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${err}`);
}
