/** Checks that look at words as they are written: keywords, stage names, comments. */
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from '../ast.ts';
import type { Report } from './lint.ts';

const RESERVED = ['context', 'scratch'];

export function checkWords(dockerfile: Dockerfile, report: Report): void {
  const { stages, globalArgs } = dockerfile;
  const all = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  checkKeywords(all, report);
  checkStageNames(stages, report);
  checkContinuations(dockerfile, [...globalArgs, ...all], report);
  for (const instruction of [...globalArgs, ...all]) {
    if (instruction.kind === 'FROM' || instruction.kind === 'ARG') checkDescription(instruction, report);
    else checkForm(instruction, report);
  }
}

const isLower = (word: string): boolean => word === word.toLowerCase();
const isUpper = (word: string): boolean => word === word.toUpperCase();

/** The majority's case is right; a draw is for upper case. */
function checkKeywords(all: readonly (Instruction | FromInstruction)[], report: Report): void {
  const lower = all.filter(({ keyword }) => isLower(keyword)).length;
  const upper = all.filter(({ keyword }) => isUpper(keyword)).length;
  const [right, word] = lower > upper ? [isLower, 'lowercase'] : [isUpper, 'uppercase'];
  for (const { keyword, lines } of all) {
    if (!right(keyword))
      report('ConsistentInstructionCasing', `${keyword} should be ${word}, as most are`, lines);
  }
}

function checkStageNames(stages: readonly Stage[], report: Report): void {
  const seen = new Set<string>();
  for (const { name, from } of stages) {
    if (name === undefined) continue;
    if (from.as !== name) report('StageNameCasing', `stage name ${from.as} should be lowercase`, from.lines);
    if (RESERVED.includes(name)) report('ReservedStageName', `${name} is a reserved word`, from.lines);
    if (seen.has(name)) report('DuplicateStageName', `another stage is named ${name}`, from.lines);
    seen.add(name);
    const { keyword, asKeyword = '' } = from;
    // A FROM that is neither has its own warning.
    const wrong = (isLower(keyword) && !isLower(asKeyword)) || (isUpper(keyword) && !isUpper(asKeyword));
    if (wrong) report('FromAsCasing', `${asKeyword} should have the case of ${keyword}`, from.lines);
  }
}

function checkContinuations(
  { emptyContinuations }: Dockerfile,
  all: readonly (Instruction | FromInstruction)[],
  report: Report,
): void {
  for (const { lines, keyword } of all) {
    const line = emptyContinuations.find((number) => lines.first <= number && number <= lines.last);
    if (line !== undefined) {
      report('NoEmptyContinuation', `${keyword} goes on behind an empty line`, { first: line, last: line });
    }
  }
}

function checkDescription(instruction: ArgInstruction | FromInstruction, report: Report): void {
  const { kind, comments, lines } = instruction;
  const names = kind === 'ARG' ? instruction.args.map(({ name }) => name) : [instruction.as?.toLowerCase()];
  const comment = comments.at(-1);
  if (comment === undefined || names[0] === undefined || names.includes(comment.split(' ', 1)[0]!)) return;
  const what = kind === 'ARG' ? 'argument' : 'stage';
  const name = names.length > 1 ? 'NAME' : names[0];
  report('InvalidDefinitionDescription', `the comment above this ${what} does not begin with ${name}`, lines);
}

function checkForm(instruction: Instruction, report: Report): void {
  const { kind, lines } = instruction;
  if (kind === 'MAINTAINER')
    report('MaintainerDeprecated', 'use LABEL org.opencontainers.image.authors=…', lines);
  if ((kind === 'ENV' || kind === 'LABEL') && instruction.old) {
    report('LegacyKeyValueFormat', `write ${kind} ${instruction.pairs[0]!.name}=…, without the blank`, lines);
  }
}
