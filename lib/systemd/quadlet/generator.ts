/**
 * What systemd runs at boot and at each daemon-reload (systemd.generator(7)): writes the services and their links into the
 * folder that it is given. It runs before anything else is up, must be quick, and may not fail as a whole.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { hasCode, messageOf } from '../../core/error.ts';
import type { Generated } from './generate.ts';
import type { Problem } from './problem.ts';

/** @returns what could not be written */
export function writeServices({ services }: Generated, target: string): Problem[] {
  const problems: Problem[] = [];
  const made = new Set<string>();
  const make = (folder: string): void => {
    if (made.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    made.add(folder);
  };
  for (const { name, text, links, unit } of services) {
    try {
      make(target);
      writeFileSync(`${target}/${name}`, text);
      for (const link of links) {
        make(dirname(`${target}/${link.path}`));
        linkTo(link.target, `${target}/${link.path}`);
      }
    } catch (error) {
      problems.push({ file: unit.path, message: `write ${name}: ${messageOf(error)}`, severity: 'error' });
    }
  }
  return problems;
}

function linkTo(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    // Two files may ask for the same link; the first one has it.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
