/** Where the values of ARG come from (Dockerfile reference, "ARG": scopes, predefined and platform arguments). */
import type { ArgInstruction, Dockerfile } from '../../build/dockerfile/ast.ts';
import { expandInstruction } from '../../build/dockerfile/expand.ts';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/model/platform.ts';

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Known without an ARG, and of no effect on what a step is taken for. */
export const PROXY_ARGS: ReadonlySet<string> = new Set(NAMES.flatMap((name) => [name, name.toLowerCase()]));

export class BuildArgs {
  /** What FROM sees. */
  readonly global = new Map<string, string>();
  private readonly platform: ReadonlyMap<string, string>;
  private readonly used = new Set<string>();

  constructor(
    dockerfile: Dockerfile,
    private readonly given: ReadonlyMap<string, string>,
    target: Platform,
    stage: string,
  ) {
    this.platform = platformArgs(target, stage);
    for (const [name, value] of this.platform) this.global.set(name, given.get(name) ?? value);
    for (const instruction of dockerfile.globalArgs) this.addGlobal(instruction, dockerfile);
  }

  /** Proxies that were given, for every RUN. */
  get proxies(): Map<string, string> {
    return new Map([...this.given].filter(([name]) => PROXY_ARGS.has(name)));
  }

  /** The value that `ARG name` or `ARG name=value` has in a stage. */
  inStage(name: string, value: string | undefined): string | undefined {
    this.used.add(name);
    return this.given.get(name) ?? value ?? this.global.get(name) ?? this.platform.get(name);
  }

  /** Given, and asked for by no ARG so far. */
  get unused(): string[] {
    return [...this.given.keys()].filter(
      (name) =>
        !this.used.has(name) && !PROXY_ARGS.has(name) && !/^(BUILDKIT_|SOURCE_DATE_EPOCH$)/.test(name),
    );
  }

  private addGlobal(instruction: ArgInstruction, { directives }: Dockerfile): void {
    const { args } = expandInstruction(instruction, this.global, { escape: directives.escape });
    for (const { name, value } of args) {
      this.used.add(name);
      const known = this.given.get(name) ?? value;
      if (known !== undefined) this.global.set(name, known);
    }
  }
}

function platformArgs(target: Platform, stage: string): Map<string, string> {
  const build = hostPlatform();
  return new Map([
    ['BUILDPLATFORM', formatPlatform(build)],
    ['BUILDOS', build.os],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant ?? ''],
    ['TARGETPLATFORM', formatPlatform(target)],
    ['TARGETOS', target.os],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant ?? ''],
    ['TARGETSTAGE', stage],
  ]);
}
