/** Checks of FROM: its arguments, its platform, and what its defaults come to. */

import { nearest } from '../../../core/nearest.ts';
import { parsePlatform } from '../../../oci/model/platform.ts';
import { parseReference } from '../../../oci/model/reference.ts';
import { BuildArgs } from '../args.ts';
import type { Stage } from '../ast.ts';
import { expandFrom } from '../expand.ts';
import { expandWord } from '../expand-word.ts';
import type { LintInput, Report } from './lint.ts';

export function checkFroms({ dockerfile, platform }: LintInput, args: BuildArgs, report: Report): void {
  const declared = new Set(dockerfile.globalArgs.flatMap((each) => each.args.map(({ name }) => name)));
  const defaults = new BuildArgs(dockerfile, new Map(), platform, 'default');
  const rules = { escape: dockerfile.directives.escape };
  for (const { name, from } of dockerfile.stages) {
    checkDeclared(from, args, declared, rules, report);
    checkPlatform(from, name, args, report);
    const image = expandFrom(from, defaults.global, rules).image;
    if (!isImageName(image)) {
      const made = image === '' ? 'nothing' : JSON.stringify(image);
      report('InvalidDefaultArgInFrom', `by default ${from.image} is ${made}, and no image name`, from.lines);
    }
  }
}

function checkDeclared(
  from: Stage['from'],
  { global }: BuildArgs,
  declared: ReadonlySet<string>,
  rules: { escape: '\\' | '`' },
  report: Report,
): void {
  const unknown = new Set<string>();
  expandFrom(from, global, { ...rules, unset: (name) => unknown.add(name) });
  for (const name of unknown) {
    if (declared.has(name)) continue;
    const near = nearest(name, [...declared, ...global.keys()]);
    const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
    report('UndefinedArgInFrom', `FROM uses ${name}, which no ARG before it declares${meant}`, from.lines);
  }
}

function checkPlatform(
  { platform, lines }: Stage['from'],
  name: string | undefined,
  { global }: BuildArgs,
  report: Report,
): void {
  if (platform === undefined) return;
  const used = new Set<string>();
  // Nothing is set there, so that every variable is told.
  const plain = expandWord(platform, new Map(), { unset: (variable) => used.add(variable) }).text;
  if (used.size === 1 && used.has('TARGETPLATFORM')) {
    if (expandWord(platform, global).text === global.get('TARGETPLATFORM')) {
      report('RedundantTargetPlatform', `--platform=${platform} says what is so anyway`, lines);
    }
  }
  // A stage that is named for its platform means it so.
  if (used.size === 0 && !platform.includes('$') && !namesPlatform(name ?? '', plain)) {
    report(
      'FromPlatformFlagConstDisallowed',
      `--platform=${plain} is the same for every platform of the build`,
      lines,
    );
  }
}

/** True as well for what is no platform: FROM itself fails then. */
function namesPlatform(stage: string, text: string): boolean {
  try {
    const { os, architecture } = parsePlatform(text);
    return stage.includes(os) || stage.includes(architecture);
  } catch {
    return true; // not of this check
  }
}

function isImageName(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false; // the only thing it can throw
  }
}
