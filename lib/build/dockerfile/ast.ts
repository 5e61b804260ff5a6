/**
 * A Dockerfile as read, before any variable is replaced (https://docs.docker.com/reference/dockerfile/). Words are as they
 * stand in the file: quotes, escapes and `${…}` are still there, as what they mean depends on the stage's ARG and ENV at
 * that place. `expand.ts` replaces them, an instruction at a time.
 */

/** Lines of the Dockerfile, counted from 1, both included. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** The comments at the top that are meant for the builder. */
export interface Directives {
  /** `# syntax=`: told, never obeyed: the language is built in. */
  readonly syntax?: string;
  readonly escape: '\\' | '`';
  /** `# check=skip=A,B;error=true`, the text behind `check=`. */
  readonly check?: string;
}

export interface Dockerfile {
  /** Path or description for messages. */
  readonly name: string;
  /** All lines without their ends, to show those around a failing one. */
  readonly source: readonly string[];
  readonly directives: Directives;
  /** ARG before the first FROM: they serve FROM alone, until a stage names them again. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  /** Numbers of empty lines within an instruction that goes on: allowed, but a build check tells. */
  readonly emptyContinuations: readonly number[];
}

export interface Stage {
  readonly index: number;
  /** Of `AS name`, in small letters. */
  readonly name?: string;
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
}

interface Base {
  readonly lines: Lines;
  /** The instruction as one line, continuations joined, comments left out: for history, progress and errors. */
  readonly text: string;
  /** Its first word as written, such as `from`. */
  readonly keyword: string;
  /** Comments right above it, without `#`. */
  readonly comments: readonly string[];
}

/** `<<EOF` … `EOF`. */
export interface Heredoc {
  readonly name: string;
  readonly content: string;
  /** Whether `${…}` in it is replaced (its name was not quoted). Only COPY and ADD do it; RUN leaves it to the shell. */
  readonly expand: boolean;
  /** `<<-`: leading tabs are already taken away. */
  readonly chomp: boolean;
}

/** RUN, CMD and ENTRYPOINT: a line for the shell, or the JSON form. */
export type CommandLine =
  | { readonly form: 'shell'; readonly line: string }
  | { readonly form: 'exec'; readonly words: readonly string[] };

export interface FromInstruction extends Base {
  readonly kind: 'FROM';
  readonly image: string;
  readonly platform?: string;
  /** The stage's name as written, and the word before it: `AS` in whatever letters. */
  readonly as?: string;
  readonly asKeyword?: string;
}
export interface ArgInstruction extends Base {
  readonly kind: 'ARG';
  readonly args: readonly { readonly name: string; readonly value?: string }[];
}
export interface RunInstruction extends Base {
  readonly kind: 'RUN';
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  /** Texts of `--mount=`, in order; `run-mount.ts` reads them once variables are replaced. */
  readonly mounts: readonly string[];
  readonly network?: string;
  readonly security?: string;
  readonly devices: readonly string[];
}
export interface CopyInstruction extends Base {
  readonly kind: 'COPY' | 'ADD';
  readonly sources: readonly string[];
  readonly heredocs: readonly Heredoc[];
  readonly destination: string;
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  /** ADD alone. */
  readonly checksum?: string;
  readonly keepGitDir: boolean;
  /** ADD alone; undefined: local archives are unpacked, downloaded ones are not. */
  readonly unpack?: boolean;
}
export interface CommandInstruction extends Base {
  readonly kind: 'CMD' | 'ENTRYPOINT';
  readonly command: CommandLine;
}
/** ENV and LABEL. `old` marks `ENV name the rest of the line`. */
export interface PairsInstruction extends Base {
  readonly kind: 'ENV' | 'LABEL';
  readonly pairs: readonly { readonly name: string; readonly value: string }[];
  readonly old: boolean;
}
export interface WordsInstruction extends Base {
  readonly kind: 'EXPOSE' | 'VOLUME';
  readonly words: readonly string[];
}
export interface WordInstruction extends Base {
  readonly kind: 'USER' | 'WORKDIR' | 'STOPSIGNAL';
  readonly word: string;
}
export interface MaintainerInstruction extends Base {
  readonly kind: 'MAINTAINER';
  readonly word: string;
}
export interface OnbuildInstruction extends Base {
  readonly kind: 'ONBUILD';
  /** The instruction for the image's children, as text. */
  readonly trigger: string;
}
export interface ShellInstruction extends Base {
  readonly kind: 'SHELL';
  readonly words: readonly string[];
}
export interface HealthcheckInstruction extends Base {
  readonly kind: 'HEALTHCHECK';
  /** As image configurations have it: `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", line]`. */
  readonly test: readonly string[];
  /** Nanoseconds; absent: not said. */
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

export type Instruction =
  | ArgInstruction
  | RunInstruction
  | CopyInstruction
  | CommandInstruction
  | PairsInstruction
  | WordsInstruction
  | WordInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | ShellInstruction
  | HealthcheckInstruction;
