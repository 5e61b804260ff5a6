/** Where the values of ARG come from (Dockerfile reference, "ARG": scopes, predefined and platform arguments). */
import { formatPlatform, hostPlatform, type Platform } from '../../oci/model/platform.ts';
import type { ArgInstruction, Dockerfile } from './ast.ts';
import type { ExpandRules } from './expand.ts';
import { expandWord } from './expand-word.ts';
import { within } from './syntax-error.ts';

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Known without an ARG, and of no effect on what a step is taken for. */
export const PROXY_ARGS: ReadonlySet<string> = new Set(NAMES.flatMap((name) => [name, name.toLowerCase()]));

/** What the builder itself takes from build arguments. */
const BUILDER_ARGS = /^(BUILDKIT_.*|SOURCE_DATE_EPOCH)$/;

/** The arguments of one build for one platform. ENV is not its business: it wins over ARG of the same name. */
export class BuildArgs {
  /** What FROM sees: platform arguments, and ARG before the first FROM. */
  readonly global: ReadonlyMap<string, string>;
  private readonly used = new Set<string>();

  /**
   * @param given by `--build-arg`
   * @param targetStage as `--target` names it; without one it is `default`
   * @throws ProaError DOCKERFILE_SYNTAX for a variable that an ARG before the first FROM wants and does not get
   */
  constructor(
    dockerfile: Dockerfile,
    private readonly given: ReadonlyMap<string, string>,
    target: Platform,
    targetStage: string,
  ) {
    const global = new Map<string, string>();
    this.global = global;
    for (const [name, value] of platformArgs(target, targetStage)) global.set(name, given.get(name) ?? value);
    for (const instruction of dockerfile.globalArgs) this.addGlobal(global, instruction, dockerfile);
  }

  /** Proxies that were given, for every RUN. */
  get proxies(): Map<string, string> {
    return new Map([...this.given].filter(([name]) => PROXY_ARGS.has(name)));
  }

  /**
   * The arguments that an ARG makes known in a stage: what was given, else the default there, else what the name has before
   * the first FROM. undefined: the variable is known, but not set. One after the other, as a default may use the argument
   * right before it; a default that is not needed may be wrong.
   * @param variables of the stage, asked anew for each
   * @throws ProaError DOCKERFILE_SYNTAX, without the place
   */
  *declared(
    instruction: ArgInstruction,
    variables: () => ReadonlyMap<string, string>,
    rules: ExpandRules,
  ): Generator<[name: string, value: string | undefined]> {
    const expand = (text: string): string => expandWord(text, variables(), rules).text;
    for (const { name: written, value } of instruction.args) {
      const name = expand(written);
      this.used.add(name);
      const ownDefault = (): string | undefined => (value === undefined ? undefined : expand(value));
      yield [name, this.given.get(name) ?? ownDefault() ?? this.global.get(name)];
    }
  }

  /** Given, and asked for by no ARG so far. */
  get unused(): string[] {
    const names = [...this.given.keys()];
    return names.filter((name) => !this.used.has(name) && !PROXY_ARGS.has(name) && !BUILDER_ARGS.test(name));
  }

  private addGlobal(global: Map<string, string>, instruction: ArgInstruction, dockerfile: Dockerfile): void {
    const rules = { escape: dockerfile.directives.escape };
    within(`${dockerfile.name}:${instruction.lines.first}: ARG`, () => {
      for (const [name, value] of this.declared(instruction, () => global, rules)) {
        if (value !== undefined) global.set(name, value);
      }
    });
  }
}

/** `BUILDPLATFORM` and the like: values that every build knows. */
function platformArgs(target: Platform, targetStage: string): [name: string, value: string][] {
  return [
    ...partsOf('BUILD', hostPlatform()),
    ...partsOf('TARGET', target),
    ['TARGETSTAGE', targetStage === '' ? 'default' : targetStage],
  ];
}

function partsOf(prefix: string, platform: Platform): [name: string, value: string][] {
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform['os.version'] ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
}
