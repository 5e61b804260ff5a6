/** The working copy: its npm packages, its Bun and its built binary, each made only when it is out of date. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './child.mjs';
import { Stop, say } from './say.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const BINARY = join(ROOT, 'dist/proa');

/** Everything that ends up in the binary. */
const SOURCES = ['bin', 'lib', 'package.json', 'package-lock.json', 'scripts/build.ts'];

/** `npm ci` when node_modules is not there or older than the lock file. */
export async function installNpmPackages() {
  // A link is to another working copy's packages, which npm would empty first.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return;
  // npm writes this file last.
  const installed = modified(join(ROOT, 'node_modules/.package-lock.json'));
  if (installed >= modified(join(ROOT, 'package-lock.json'))) return;
  say('Installing the npm packages');
  // A person's npm configuration may leave out devDependencies, where Bun is.
  await step('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: ROOT });
}

/** Builds dist/proa when a source is newer. */
export async function build() {
  const built = modified(BINARY);
  if (SOURCES.every((source) => newest(join(ROOT, source)) <= built)) return;
  say('Building dist/proa');
  await step(bunPath(), [join(ROOT, 'scripts/build.ts')], { cwd: ROOT });
}

/**
 * Bun's own executable. The package `bun` is a placeholder until its install script has run, which npm may be told not
 * to do; the executable itself always comes with the package of this platform.
 */
export function bunPath() {
  const candidates = [join(ROOT, 'node_modules/bun/bin/bun.exe')];
  const scope = join(ROOT, 'node_modules/@oven');
  if (modified(scope) > 0) {
    candidates.push(...readdirSync(scope).map((name) => join(scope, name, 'bin/bun')));
  }
  const found = candidates.find((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 1 << 20);
  if (found === undefined)
    throw new Stop('find bun: not in node_modules: npm ci --include=optional brings it');
  return found;
}

/** The newest change in a file or a tree, in milliseconds; folders count, as they change when a file goes. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
