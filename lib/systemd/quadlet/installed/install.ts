/** Puts Quadlet files where systemd's generator finds them, once they are known to make services. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { writeFileAtomic } from '../../../core/atomic-file.ts';
import { messageOf, ProaError } from '../../../core/error.ts';
import { generateServices } from '../generate.ts';
import { kindOf } from '../kinds.ts';
import { type Problem, problemText } from '../problem.ts';
import { applicationList, assetList } from './application.ts';
import type { Places } from './places.ts';
import type { NewFile, NewQuadlets } from './sources.ts';

/** A Quadlet file without what makes it work is no use, but there is no limit to what can be beside it. */
export interface Installed {
  /** The files that were written, in the order in which they were given. */
  paths: string[];
  /** What the services are called. */
  services: string[];
  /** Warnings of the files. */
  problems: Problem[];
}

/**
 * Checks them all first, against each other and what is there already, then writes them.
 * @throws ProaError INVALID_QUADLET, QUADLET_EXISTS
 */
export function installQuadlets(
  places: Places,
  { files, application }: NewQuadlets,
  { replace }: { replace: boolean },
): Installed {
  const { target } = places;
  if (!replace) refuseOthers(target, files);
  const { services, problems } = check(places, files);
  const own = application === undefined ? files.filter(({ name }) => kindOf(name) === undefined) : [];
  try {
    mkdirSync(target, { recursive: true });
    for (const { name, content } of files) writeFileAtomic(`${target}/${name}`, content, { sync: true });
    if (application !== undefined) writeList(applicationList(target, application), files);
    else if (own.length > 0) writeList(assetList(target, files[0]!.name), own);
  } catch (error) {
    throw new ProaError('WRITE_FAILED', `install into ${target}: ${messageOf(error)}`, { cause: error });
  }
  return { paths: files.map(({ name }) => `${target}/${name}`), services, problems };
}

function writeList(file: string, files: readonly NewFile[]): void {
  writeFileAtomic(file, files.map(({ name }) => `${name}\n`).join(''), { sync: true });
}

/** One that is there with the same content is no other one. */
function refuseOthers(target: string, files: readonly NewFile[]): void {
  for (const { name, content } of files) {
    const path = `${target}/${name}`;
    if (!existsSync(path) || readFileSync(path).equals(Buffer.from(content))) continue;
    throw new ProaError('QUADLET_EXISTS', `install ${name}: ${path} is there already, with other content`, {
      hint: `--replace puts this one in its place; proa quadlet print ${name} shows it`,
    });
  }
}

/** What the generator will say of them, in a folder of their own in front of all others. */
function check(
  { folders, user }: Places,
  files: readonly NewFile[],
): { services: string[]; problems: Problem[] } {
  const trial = mkdtempSync(`${tmpdir()}/proa-quadlet-`);
  try {
    for (const { name, content } of files) writeFileSync(`${trial}/${name}`, content);
    const { services, problems } = generateServices({
      folders: [trial, ...folders],
      user,
      program: ['/proa'],
    });
    const origins = new Map(files.map(({ name, origin }) => [`${trial}/${name}`, origin]));
    const theirs = problems.flatMap((problem) => {
      const file = origins.get(problem.file);
      return file === undefined ? [] : [{ ...problem, file }];
    });
    const errors = theirs.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) {
      throw new ProaError('INVALID_QUADLET', errors.map(problemText).join('\n'), {
        hint: 'Nothing was installed',
      });
    }
    return {
      services: services.filter(({ unit }) => origins.has(unit.path)).map(({ name }) => name),
      problems: theirs,
    };
  } finally {
    rmSync(trial, { recursive: true });
  }
}
