/** The build checks by name (https://docs.docker.com/reference/build-checks/). */
export interface LintRule {
  readonly description: string;
  /** Asked only when `experimental=` names it. */
  readonly experimental?: true;
}

export const LINT_RULES = {
  StageNameCasing: { description: 'stage names should be lowercase' },
  FromAsCasing: { description: "the word 'as' should have the case of 'from'" },
  NoEmptyContinuation: { description: 'empty lines within an instruction will become errors' },
  ConsistentInstructionCasing: {
    description: 'all instructions of a Dockerfile should have the same case, upper or lower',
  },
  DuplicateStageName: { description: 'stage names should be unique' },
  ReservedStageName: { description: 'reserved words should not be stage names' },
  JSONArgsRecommended: {
    description: 'the JSON form is recommended for CMD and ENTRYPOINT, as signals reach the program then',
  },
  MaintainerDeprecated: { description: 'MAINTAINER is deprecated: name the author in a label' },
  UndefinedArgInFrom: { description: 'FROM should use arguments that are declared' },
  WorkdirRelativePath: {
    description: 'a relative WORKDIR without an absolute one before it depends on the base image',
  },
  UndefinedVar: { description: 'variables should be defined before they are used' },
  MultipleInstructionsDisallowed: {
    description: 'an instruction of which only the last one counts should stand once in a stage',
  },
  LegacyKeyValueFormat: { description: 'name and value should be joined by =, not by a blank' },
  RedundantTargetPlatform: { description: '$TARGETPLATFORM is the platform of FROM anyway' },
  SecretsUsedInArgOrEnv: { description: 'ARG and ENV should hold no secrets' },
  InvalidDefaultArgInFrom: {
    description: 'the defaults of the arguments before FROM should make a valid image name',
  },
  FromPlatformFlagConstDisallowed: { description: '--platform of FROM should not be a constant' },
  CopyIgnoredFile: {
    description: 'COPY and ADD should not name what .dockerignore leaves out',
    experimental: true,
  },
  InvalidDefinitionDescription: {
    description:
      'a comment right above a stage or an argument should be its description: # NAME TEXT. An empty line keeps others apart',
    experimental: true,
  },
  ExposeProtoCasing: { description: 'the protocol of EXPOSE should be lowercase' },
  ExposeInvalidFormat: {
    description: 'EXPOSE should name no address and no port of the host; it will become an error',
  },
} as const satisfies Record<string, LintRule>;

export type LintRuleName = keyof typeof LINT_RULES;

/** Where Docker explains a rule. */
export function lintRuleUrl(name: LintRuleName): string {
  const words = name.replace('JSONArgs', 'JsonArgs').replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`);
  return `https://docs.docker.com/go/dockerfile/rule/${words.toLowerCase()}/`;
}
