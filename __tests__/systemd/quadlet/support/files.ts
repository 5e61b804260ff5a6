/** Quadlet files in a folder of their own, and what becomes of them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Generated, generateServices } from '../../../../lib/systemd/quadlet/generate.ts';
import { problemText } from '../../../../lib/systemd/quadlet/problem.ts';
import { splitWords } from '../../../../lib/systemd/unit-file/words.ts';

/** An executable that is there, for `systemd-analyze verify`. */
export const PROGRAM = '/bin/true';

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'quadlet-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  /** A text that begins with `-> ` is a link. */
  write(name: string, text: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice('-> '.length), path);
    else writeFileSync(path, text);
  }

  generate({ user = false, folders = [this.path] } = {}): Outcome {
    return new Outcome(generateServices({ folders, user, program: [PROGRAM] }), this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

export class Outcome {
  constructor(
    readonly generated: Generated,
    private readonly folder: string,
  ) {}

  /** Every problem, with paths relative to the folder. */
  get problems(): string[] {
    return this.generated.problems.map((problem) => problemText(problem).replaceAll(`${this.folder}/`, ''));
  }

  get names(): string[] {
    return this.generated.services.map(({ name }) => name).sort();
  }

  text(name: string): string {
    const found = this.generated.services.find((service) => service.name === name);
    if (found === undefined) throw new Error(`no ${name}: ${this.names} ${this.problems.join('\n')}`);
    return found.text;
  }

  /** All values of a key of the service. */
  values(name: string, key: string): string[] {
    return Array.from(this.text(name).matchAll(new RegExp(`^${key}=(.*)$`, 'gm')), ([, value]) => value!);
  }

  /** The words of a command line, without the program. */
  command(name: string, key = 'ExecStart'): string[] {
    const line = this.values(name, key).at(-1)!.replace(/^-/, '');
    return splitWords(line)!.slice(1);
  }

  links(name: string): string[] {
    return this.generated.services
      .filter((service) => service.name === name)
      .flatMap(({ links }) => links.map(({ path, target }) => `${path} -> ${target}`));
  }
}
