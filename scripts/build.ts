/**
 * `npm run build`: bin/proa.ts and all that it imports, as the one executable dist/proa, and the manual in dist/man. Start-up was measured for
 * each of these options (whole process, `proa ps`, median of 50 in turn):
 *
 * --splitting            6.7 ms instead of 12.9: without it the imports of `node:` modules are hoisted out of
 *                        everything that is loaded lazily, and each command pays for all of them
 * --bytecode             nothing is parsed at start: several times faster on its own
 * --compile-jit-policy   0.6 ms: a short command ends before compiled code pays; a long loop is as fast as before
 * --minify               no difference to measure; a smaller file
 * --sourcemap            left out: stacks are for developers, who run the sources
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { writeManual } from './manual.ts';

const root = join(import.meta.dir, '..');
const target = join(root, 'dist/proa');
// Beside the target, as a rename must not cross file systems; containers that run keep the old one open.
const fresh = `${target}.${process.pid}`;
mkdirSync(join(root, 'dist'), { recursive: true });

const flags = [
  '--compile',
  '--target=bun',
  '--format=esm',
  '--bytecode',
  '--splitting',
  '--minify',
  '--compile-jit-policy=4',
  // An executable looks for .env and bunfig.toml in the current folder by default, and bunfig.toml can name code to
  // load first: `cd DOWNLOADED && proa ps` would run it.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  `--define=PROA_VERSION=${JSON.stringify(packageJson.version)}`,
  `--define=PROA_COMMIT=${JSON.stringify(commit())}`,
];

const { exitCode } = Bun.spawnSync(
  [process.execPath, 'build', ...flags, `--outfile=${fresh}`, join(root, 'bin/proa.ts')],
  { cwd: root, stdout: 'ignore', stderr: 'inherit' },
);
if (exitCode === 0) {
  writeInOnePiece(fresh);
  renameSync(fresh, target);
  await writeManual(root, join(root, 'dist/man'), { version: packageJson.version, date: dateOfChange() });
  const megabytes = (statSync(target).size / 1e6).toFixed(0);
  process.stdout.write(`dist/proa ${packageJson.version}, ${megabytes} MB\n`);
} else {
  rmSync(fresh, { force: true });
  process.exitCode = exitCode;
}

/**
 * The page cache keeps a file in pieces as large as it was written in, and each start touches a thousand of its pages. As
 * Bun leaves it, in small ones, a command takes 1.4 ms more (`proa ps`: 10.5 instead of 9.0; Linux 6.18, ext4).
 */
function writeInOnePiece(file: string): void {
  const bytes = readFileSync(file);
  rmSync(file);
  writeFileSync(file, bytes, { mode: 0o755 });
}

function git(...args: string[]): string | undefined {
  if (!Bun.which('git')) return undefined;
  const { exitCode, stdout } = Bun.spawnSync(['git', '-C', root, ...args], { stderr: 'ignore' });
  return exitCode === 0 ? stdout.toString().trim() : undefined;
}

/** Of the last commit; outside of a clone, today. */
function dateOfChange(): string {
  return git('log', '-1', '--format=%cs') ?? new Date().toISOString().slice(0, 10);
}

/** The commit that the sources come from, '' outside of a clone; a `+` behind it says that they were changed since. */
function commit(): string {
  const hash = git('rev-parse', '--short=12', 'HEAD');
  if (hash === undefined) return '';
  return git('status', '--porcelain', '--', 'bin', 'lib', 'package-lock.json') === '' ? hash : `${hash}+`;
}
