import { ProaError } from '../../../core/error.ts';
import { LINT_RULES, type LintRuleName } from './rules.ts';

/** Which checks count, and what a warning does. */
export interface LintOptions {
  readonly skip: ReadonlySet<string> | 'all';
  /** The experimental rules that are asked for. */
  readonly experimental: ReadonlySet<string> | 'all';
  /** Warnings end the build. */
  readonly error: boolean;
}

const NO_LINT_OPTIONS: LintOptions = { skip: new Set(), experimental: new Set(), error: false };

/**
 * `skip=A,B;error=true;experimental=all`: what stands behind `# check=`, and in the build argument
 * BUILDKIT_DOCKERFILE_CHECK, which takes its place.
 * @throws ProaError INVALID_CHECK with the part that is not understood
 */
export function parseLintOptions(text: string): LintOptions {
  let options = NO_LINT_OPTIONS;
  for (const part of text.trim() === '' ? [] : text.split(';')) {
    const equals = part.indexOf('=');
    const [key, value] = [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
    if (equals > 0 && (key === 'skip' || key === 'experimental'))
      options = { ...options, [key]: namesOf(value) };
    else if (equals > 0 && key === 'error') options = { ...options, error: truth(value) };
    else throw invalid(part, 'it is none of skip=RULE,… error=true experimental=RULE,…');
  }
  return options;
}

export function isAsked({ skip, experimental }: LintOptions, rule: LintRuleName): boolean {
  if (skip === 'all' || skip.has(rule)) return false;
  return !('experimental' in LINT_RULES[rule]) || experimental === 'all' || experimental.has(rule);
}

/** Names that there are not: Docker takes them without a word, so that newer ones do no harm. */
function namesOf(text: string): ReadonlySet<string> | 'all' {
  return text === 'all' ? 'all' : new Set(text.split(',').map((name) => name.trim()));
}

function truth(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalid(`error=${text}`, 'it is true or false');
}

function invalid(part: string, why: string): ProaError {
  return new ProaError('INVALID_CHECK', `invalid check option ${JSON.stringify(part)}: ${why}`, {
    hint: 'for example # check=skip=JSONArgsRecommended;error=true',
  });
}
