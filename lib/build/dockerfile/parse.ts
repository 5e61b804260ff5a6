/** Text → {@link Dockerfile}, as BuildKit reads it (https://docs.docker.com/reference/dockerfile/). */
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from './ast.ts';
import { readDirectives } from './directives.ts';
import { readInstruction, refuseAsTrigger } from './instruction.ts';
import { type LogicalLine, logicalLines, physicalLines, withoutEnd } from './lines.ts';
import { syntaxError, within } from './syntax-error.ts';

interface OpenStage extends Stage {
  readonly instructions: Instruction[];
}

/**
 * @param name path or description of the file, for messages
 * @throws ProaError DOCKERFILE_SYNTAX with `NAME:LINE: what`, and as its hint the nearest word that there is
 */
export function parseDockerfile(text: string, name: string): Dockerfile {
  const raw = physicalLines(text);
  const source = raw.map(withoutEnd);
  const directives = readDirectives(source, name);
  const lines = [...logicalLines(raw, directives.escape, name)];
  if (lines.length === 0)
    throw syntaxError(`${name} has no instructions`, 'it begins with FROM and an image');
  const globalArgs: ArgInstruction[] = [];
  const stages: OpenStage[] = [];
  for (const line of lines) {
    const place = `${name}:${line.lines.first}`;
    const read = within(place, () => readInstruction(line, directives.escape));
    if (read.kind === 'FROM') stages.push(stageOf(read, stages.length));
    else if (stages.length > 0) stages.at(-1)!.instructions.push(read);
    else if (read.kind === 'ARG') globalArgs.push(read);
    else within(place, () => beforeFrom(read));
  }
  if (stages.length === 0) throw syntaxError(`${name} has no FROM`, 'add FROM and an image, or FROM scratch');
  const emptyContinuations = lines.flatMap((line) => line.emptyContinuations);
  return { name, source, directives, globalArgs, stages, emptyContinuations };
}

function stageOf(from: FromInstruction, index: number): OpenStage {
  return { index, ...(from.as !== undefined && { name: from.as.toLowerCase() }), from, instructions: [] };
}

function beforeFrom({ kind }: Instruction): never {
  throw syntaxError(`${kind} stands before the first FROM`, 'only ARG may stand there');
}

/**
 * One instruction by itself, as in `commit --change`.
 * @throws ProaError DOCKERFILE_SYNTAX, without the place
 */
export function parseInstruction(text: string, escapeMark: '\\' | '`' = '\\'): Instruction {
  const [line, ...more] = logicalLines(
    physicalLines(text),
    escapeMark,
    'instruction',
  ) as Iterable<LogicalLine>;
  if (line === undefined || more.length > 0) throw syntaxError('it must be one instruction');
  const read = readInstruction(line, escapeMark);
  if (read.kind === 'FROM') throw syntaxError('FROM cannot stand there');
  return read;
}

/** An ONBUILD trigger, as image configurations hold it. Throws ProaError DOCKERFILE_SYNTAX, without the place. */
export function parseTrigger(text: string): Instruction {
  const read = parseInstruction(text);
  refuseAsTrigger(read.kind);
  return read;
}
