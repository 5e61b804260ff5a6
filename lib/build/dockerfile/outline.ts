/** What a target can be given: its arguments, secrets and SSH agents, for who wants to build it. */
import type { Dockerfile, Lines, Stage } from './ast.ts';
import { parseRunMount } from './run-mount.ts';
import type { Stages } from './stages.ts';

export interface Outline {
  /** As written; absent for a stage without a name. */
  readonly name?: string;
  readonly description: string;
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineMount[];
  readonly ssh: readonly OutlineMount[];
}
export interface OutlineArg {
  readonly name: string;
  /** What it is when nobody gives it, as written. */
  readonly value?: string;
  readonly description: string;
  readonly lines: Lines;
}
export interface OutlineMount {
  readonly id: string;
  readonly required: boolean;
  readonly lines: Lines;
}

/** @throws ProaError STAGE_NOT_FOUND, STAGE_CYCLE, DOCKERFILE_SYNTAX */
export function outlineOf(dockerfile: Dockerfile, stages: Stages, target: string | undefined): Outline {
  const goal = stages.target(target);
  const needed = stages.order(goal);
  return {
    ...(goal.from.as !== undefined && { name: goal.from.as }),
    description: describedBy(goal.from.comments, goal.from.as),
    args: argsOf(dockerfile, needed),
    ...mountsOf(needed),
  };
}

/** The rest of a comment that begins with the name; '' for none. */
export function describedBy(comments: readonly string[], name: string | undefined): string {
  if (name === undefined) return '';
  const start = `${name.toLowerCase()} `;
  const comment = comments.map((text) => text.trim()).find((text) => text.toLowerCase().startsWith(start));
  return comment === undefined ? '' : comment.slice(start.length).trim();
}

/** Each once; one from before the first FROM has its value there, unless a stage gives it another one. */
function argsOf({ globalArgs }: Dockerfile, stages: readonly Stage[]): OutlineArg[] {
  const froms = stages.map(({ from }) => `${from.image} ${from.platform ?? ''}`).join(' ');
  const own = stages.flatMap(({ instructions }) => instructions.filter((each) => each.kind === 'ARG'));
  const found = new Map<string, OutlineArg>();
  for (const { args, comments, lines } of [...globalArgs, ...own]) {
    for (const { name, value } of args) {
      const before = found.get(name);
      const description = describedBy(comments, name) || (before?.description ?? '');
      const known = value ?? before?.value;
      found.set(name, { name, ...(known !== undefined && { value: known }), description, lines });
    }
  }
  const declared = new Set(own.flatMap(({ args }) => args.map(({ name }) => name)));
  return [...found.values()].filter(
    ({ name }) => declared.has(name) || froms.includes(`$${name}`) || froms.includes(`{${name}`),
  );
}

function mountsOf(stages: readonly Stage[]): Pick<Outline, 'secrets' | 'ssh'> {
  const secrets = new Map<string, OutlineMount>();
  const ssh = new Map<string, OutlineMount>();
  for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
    if (instruction.kind !== 'RUN') continue;
    for (const mount of instruction.mounts.map((text) => parseRunMount(text))) {
      if (mount.type !== 'secret' && mount.type !== 'ssh') continue;
      const { type, id, required } = mount;
      const into = type === 'secret' ? secrets : ssh;
      into.set(id, { id, required: required || (into.get(id)?.required ?? false), lines: instruction.lines });
    }
  }
  return { secrets: [...secrets.values()], ssh: [...ssh.values()] };
}
