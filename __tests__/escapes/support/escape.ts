/**
 * One way out of a container, or one confusion, a file. All files share two machines (root's and a user's) and their image,
 * as making one takes longer than most escapes: `escapes.test.ts` runs them, and after each test it looks whether
 * anything of the host was touched.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Who } from '../../e2e/support/account.ts';
import { buildImage } from '../../e2e/support/image.ts';
import type { Machine } from '../../e2e/support/machine.ts';
import { archive, type MemberOptions } from '../../storage/tar/support/archive.ts';

export interface Escape {
  title: string;
  /** Whose containers try it. */
  who: readonly Who[];
  /** Defines the tests. */
  body(stage: Stage): void;
}

/** @param title with the numbers under which the world knows it */
export function defineEscape(title: string, who: readonly Who[], body: (stage: Stage) => void): Escape {
  return { title, who, body };
}

/** What of the machine's own settings a container would change first. */
const KERNEL = ['kernel/core_pattern', 'kernel/hostname', 'kernel/panic', 'vm/panic_on_oom'];
const SECRET = 'of the host\n';

export class Stage {
  private before = '';
  private images = 0;

  constructor(readonly machine: Machine) {}

  /** A folder of the host's that belongs to the machine's person and that no container is shown. */
  get host(): string {
    return `${this.machine.folder}/host`;
  }

  /** A file in it. */
  get secret(): string {
    return `${this.host}/secret`;
  }

  async open(): Promise<void> {
    await this.machine.makeFolder('host');
    writeFileSync(this.secret, SECRET);
    mkdirSync(`${this.host}/folder`);
    const { uid, gid } = this.machine.account;
    execFileSync('chown', ['-R', `${uid}:${gid}`, this.host]);
    this.before = this.look();
  }

  /** That nothing of the host was changed, or mounted on. */
  expectUntouched(): void {
    expect(this.look()).toBe(this.before);
    expect(readFileSync(this.secret, 'utf8')).toBe(SECRET);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(` ${this.host}`);
  }

  private look(): string {
    const files = execFileSync('find', [this.host, '-printf', '%p %y %m %U:%G %s %T@ %C@ %l\\n'], {
      encoding: 'utf8',
    });
    return [...KERNEL.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')), files].join('');
  }

  /** The machine's image with a layer of these members on top, and with this config. */
  async image(members: readonly MemberOptions[], config: object = {}): Promise<string> {
    const { name, bytes } = this.archive(members, config);
    const { code, err } = await this.machine.proaWith({ stdin: bytes }, 'load', '-q');
    if (code !== 0) throw new Error(`load ${name}: ${err}`);
    return name;
  }

  /** Such an image as `docker save` would write it. */
  archive(
    members: readonly MemberOptions[],
    config: object = {},
  ): { name: string; bytes: Uint8Array<ArrayBuffer> } {
    const name = `hostile-${this.images++}`;
    const layers = [readFileSync(this.machine.imageTar), archive(...members)];
    const image = buildImage(
      layers.map((tar) => ({ tar, compression: 'none' as const })),
      { config: { Cmd: ['sh'], ...config } },
    );
    const manifest = [
      { Config: 'config.json', RepoTags: [`${name}:latest`], Layers: layers.map((_, i) => `${i}.tar`) },
    ];
    const bytes = archive(
      { name: 'config.json', content: image.config.bytes },
      ...layers.map((content, i) => ({ name: `${i}.tar`, content })),
      { name: 'manifest.json', content: JSON.stringify(manifest) },
    );
    return { name, bytes: new Uint8Array(bytes) };
  }

  /** Runs a shell script in a container of such an image. */
  run(image: string, script: string, ...options: string[]) {
    return this.machine.proa('run', '--rm', '--network=none', ...options, image, 'sh', '-c', script);
  }

  /** Runs an image's own command. */
  start(image: string, ...options: string[]) {
    return this.machine.proa('run', '--rm', '--network=none', ...options, image);
  }
}
