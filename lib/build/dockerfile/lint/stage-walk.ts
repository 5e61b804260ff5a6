/** Checks that follow a stage's instructions with the variables they see. */
import { normalize } from 'node:path/posix';
import { nearest } from '../../../core/nearest.ts';
import type { IgnoreRules } from '../../ignore.ts';
import type { BuildArgs } from '../args.ts';
import type { ArgInstruction, CopyInstruction, Dockerfile, Instruction, Lines, Stage } from '../ast.ts';
import { type ExpandRules, expandInstruction } from '../expand.ts';
import { within } from '../syntax-error.ts';
import type { Report } from './lint.ts';

/** What a stage hands on to those that begin with it. */
export interface WalkedStage {
  /** ENV as far as known. */
  readonly env: ReadonlyMap<string, string>;
  /** false: the base image's variables are not known, and so nothing is said of any that are unset. */
  readonly envKnown: boolean;
  readonly absoluteWorkdir: boolean;
  readonly ownShell: boolean;
}

/** Only the last of them counts. */
const ONCE = ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'];

/** Whole words between underlines. */
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const NO_SECRET = /(?:_|^)(?:public|file|version)(?:_|$)/i;

export class StageWalk {
  readonly #env: Map<string, string>;
  readonly #args = new Map<string, string | undefined>();
  readonly #lastOf = new Map<string, Lines>();
  #absoluteWorkdir: boolean;
  #ownShell: boolean;

  constructor(
    private readonly dockerfile: Dockerfile,
    private readonly buildArgs: BuildArgs,
    private readonly base: WalkedStage,
    private readonly ignore: IgnoreRules | undefined,
    private readonly report: Report,
  ) {
    this.#env = new Map(base.env);
    this.#absoluteWorkdir = base.absoluteWorkdir;
    this.#ownShell = base.ownShell;
  }

  /** @throws ProaError DOCKERFILE_SYNTAX for variables that are not closed, or must be set */
  run(stage: Stage): WalkedStage {
    for (const instruction of stage.instructions) this.#see(instruction);
    return {
      env: this.#env,
      envKnown: this.base.envKnown,
      absoluteWorkdir: this.#absoluteWorkdir,
      ownShell: this.#ownShell,
    };
  }

  #see(written: Instruction): void {
    if (written.kind === 'ARG') {
      this.#declare(written);
      return;
    }
    const instruction = this.#checked(written, (rules) => expandInstruction(written, this.#variables, rules));
    const { kind, lines } = instruction;
    switch (kind) {
      case 'ENV':
        for (const { name, value } of instruction.pairs) {
          this.#checkSecret('ENV', name, lines);
          this.#env.set(name, value);
        }
        return;
      case 'SHELL':
        this.#ownShell = true;
        return;
      case 'WORKDIR':
        this.#checkWorkdir(instruction.word, lines);
        return;
      case 'EXPOSE':
        this.#checkPorts(instruction.words, lines);
        return;
      case 'COPY':
      case 'ADD':
        this.#checkSources(instruction);
        return;
      case 'CMD':
      case 'ENTRYPOINT':
        if (instruction.command.form === 'shell' && !this.#ownShell) {
          this.report('JSONArgsRecommended', `${kind} in the shell form: signals go to the shell`, lines);
        }
    }
    if (ONCE.includes(kind)) this.#checkOnce(kind, lines);
  }

  #declare(instruction: ArgInstruction): void {
    this.#checked(instruction, (rules) => {
      for (const [name, value] of this.buildArgs.declared(instruction, () => this.#variables, rules)) {
        this.#checkSecret('ARG', name, instruction.lines);
        this.#args.set(name, value);
      }
    });
  }

  /** ENV wins over ARG. */
  get #variables(): Map<string, string> {
    const variables = new Map(this.#env);
    for (const [name, value] of this.#args) {
      if (value !== undefined && !variables.has(name)) variables.set(name, value);
    }
    return variables;
  }

  #checked<T>(written: Instruction, expand: (rules: ExpandRules) => T): T {
    const unset = new Set<string>();
    const rules = { escape: this.dockerfile.directives.escape, unset: (name: string) => unset.add(name) };
    const result = within(`${this.dockerfile.name}:${written.lines.first}: ${written.kind}`, () =>
      expand(rules),
    );
    for (const name of this.base.envKnown ? unset : []) {
      if (this.#args.has(name)) continue;
      const near = nearest(name, this.#variables.keys());
      const meant = near === undefined ? '' : ` (did you mean $${near}?)`;
      this.report('UndefinedVar', `$${name} is not defined${meant}`, written.lines);
    }
    return result;
  }

  #checkSecret(kind: string, name: string, lines: Lines): void {
    if (!SECRET.test(name) || NO_SECRET.test(name)) return;
    this.report(
      'SecretsUsedInArgOrEnv',
      `${kind} ${name} looks like a secret: use RUN --mount=type=secret`,
      lines,
    );
  }

  /** Once is enough: with the first one put right, the others are. */
  #checkWorkdir(folder: string, lines: Lines): void {
    // What an unknown variable would have begun with is anyone's guess.
    const unsure = !this.base.envKnown && folder === '';
    if (!this.#absoluteWorkdir && !folder.startsWith('/') && !unsure) {
      this.report('WorkdirRelativePath', `${folder || 'WORKDIR'} begins where the base image's ends`, lines);
    }
    this.#absoluteWorkdir = true;
  }

  #checkPorts(ports: readonly string[], lines: Lines): void {
    for (const port of ports) {
      const protocol = /\/(.*)$/.exec(port)?.[1] ?? '';
      if (protocol !== protocol.toLowerCase()) {
        this.report('ExposeProtoCasing', `${port}: write ${port.toLowerCase()}`, lines);
      }
      if (port.includes(':')) {
        this.report('ExposeInvalidFormat', `${port}: write ${port.slice(port.lastIndexOf(':') + 1)}`, lines);
      }
    }
  }

  /** The one that counts for nothing is told. */
  #checkOnce(kind: string, lines: Lines): void {
    const before = this.#lastOf.get(kind);
    if (before !== undefined) {
      this.report('MultipleInstructionsDisallowed', `a later ${kind} of this stage takes its place`, before);
    }
    this.#lastOf.set(kind, lines);
  }

  #checkSources({ kind, from, sources, lines }: CopyInstruction): void {
    if (from !== undefined || this.ignore === undefined) return;
    for (const source of sources) {
      const path = normalize(source).replace(/^\/+|\/+$/g, '');
      if (/^([a-z]+:\/\/|git@)/i.test(source) || !this.ignore.isIgnored(path)) continue;
      this.report('CopyIgnoredFile', `${kind} ${source}: .dockerignore leaves it out`, lines);
    }
  }
}
