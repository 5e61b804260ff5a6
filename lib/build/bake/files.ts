/** Bake's files by their content: HCL, JSON or compose. */
import { readComposeFiles } from './compose.ts';
import { type Definition, mergeDefinitions, NOTHING } from './definition.ts';
import type { Body } from './hcl/ast.ts';
import { parseHcl, parseHclJson } from './hcl/parse.ts';
import { type BakeEnvironment, readHclFiles } from './hcl-file.ts';

/** Looked for in this order when no file is named; all that are there count, the later ones over the earlier ones. */
export const DEFAULT_FILES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl',
];

export interface BakeFile {
  readonly name: string;
  readonly text: string;
}

/** Blocks of the JSON form, with those that may stand in them. */
const JSON_BLOCKS = new Map([
  ['variable', new Set(['validation'])],
  ['function', new Set<string>()],
  ['target', new Set<string>()],
  ['group', new Set<string>()],
]);

/**
 * All files as one definition.
 * @param dotenv what the compose project's .env says
 * @throws ProaError BAKE_SYNTAX
 */
export async function readBakeFiles(
  files: readonly BakeFile[],
  environment: BakeEnvironment,
  dotenv: Readonly<Record<string, string>>,
): Promise<Definition> {
  const bodies: Body[] = [];
  const projects: BakeFile[] = [];
  for (const file of files) {
    const found = readOne(file);
    if (found === 'compose') projects.push(file);
    else bodies.push(found);
  }
  const names = { ...dotenv, ...environment.variables };
  const compose = projects.length === 0 ? NOTHING : await readComposeFiles(projects, names);
  return mergeDefinitions(compose, readHclFiles(bodies, environment));
}

/** By the file's name; without one that says it, by what can be read. */
function readOne(file: BakeFile): Body | 'compose' {
  if (/\.ya?ml$/.test(file.name)) return 'compose';
  if (/\.hcl$/.test(file.name)) return parseHcl(file);
  if (/\.json$/.test(file.name) || /^\s*\{/.test(file.text)) {
    // Compose files may be JSON too.
    return /"services"\s*:/.test(file.text) ? 'compose' : parseHclJson(file, JSON_BLOCKS);
  }
  return /^services\s*:/m.test(file.text) ? 'compose' : parseHcl(file);
}
