/**
 * `npm test`: sets itself up, builds, runs every test and ends with the line `N passed, N failed, N skipped`.
 * `npm test -- storage/tar` runs the tests whose path matches.
 *
 * Unit tests run side by side, and so do those that drive the built binary, each file with a store of its own. Those that
 * kill, fill disks and race run one after another. Whatever a test leaves on the machine is a failure of its own. The
 * comparison with the real docker and podman takes minutes and needs both: it runs when it is named (`npm run test:oracle`),
 * and so do builds on real packages (`npm test -- real-builds`) and the tests on machines that boot systemd (`npm run test:systemd`). Those in a virtual machine have a script of
 * their own (`npm run test:vm`).
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from './lib/child.mjs';
import { leftSince, look } from './lib/leftovers.mjs';
import { build, bunPath, installNpmPackages, ROOT } from './lib/repository.mjs';
import { main, say } from './lib/say.mjs';
import {
  FOR_MACHINES,
  FOR_TEST,
  installLine,
  installMissing,
  missing,
  needsOfRun,
} from './lib/system-packages.mjs';

const CACHE = 'jest-cache';
const DRIVING = '__tests__/(e2e|escapes|fault|oracle|real-builds|systemd/booted|vm)/';
/** Tests that run only when their folder is named, and what they need besides. */
const APART = [
  { folder: 'oracle' },
  { folder: 'real-builds', needs: FOR_MACHINES },
  { folder: 'systemd/booted', needs: FOR_MACHINES },
];

await main(async (patterns) => {
  const apart = APART.find(({ folder }) => patterns.some((pattern) => pattern.includes(folder)));
  await setUp(apart?.needs);
  // Short, for the paths of sockets below it; open, for tests that become another user.
  const tmp = mkdtempSync('/tmp/proa-test-');
  chmodSync(tmp, 0o1777);
  const count = { passed: 0, failed: 0, skipped: 0 };
  const before = look(tmp);
  const jest = (name, flags) => runJest(tmp, name, [...patterns, ...flags], count);
  const among = (folders) => `--testMatch=<rootDir>/__tests__/${folders}/**/*.test.ts`;
  const sideBySide = (workers) => `--maxWorkers=${workers}`;
  if (apart !== undefined) {
    await jest('apart', ['--runInBand', among(apart.folder)]);
  } else {
    await jest('unit', [sideBySide(availableParallelism()), `--testPathIgnorePatterns=${DRIVING}`]);
    // They wait for other processes more than they compute.
    await jest('e2e', [sideBySide(availableParallelism() + 1), among('{e2e,escapes}')]);
    await jest('fault', ['--runInBand', among('fault')]);
  }

  rmSync(join(tmp, CACHE), { recursive: true, force: true });
  const left = await leftSince(before, tmp);
  if (left.length > 0) {
    say(`\nThe tests left on this machine:\n${left.map((line) => `  ${line}`).join('\n')}`);
    count.failed++;
  }
  if (left.length === 0) rmSync(tmp, { recursive: true });
  process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
});

/** As root installs what is missing; a user is told, and the tests that need it say why they are skipped. */
async function setUp(more = []) {
  const needs = [...needsOfRun(), ...FOR_TEST, ...more];
  if (process.geteuid() === 0) {
    await installMissing(needs);
  } else {
    const lacking = missing(needs);
    if (lacking.length > 0) say(`Some tests will be skipped. To run them:\n\n  ${installLine(lacking)}\n`);
  }
  await installNpmPackages();
  await build();
}

/** One Jest run, added to `count`. A suite that does not load, or a Jest that does not end properly, is a failure. */
async function runJest(tmp, name, args, count) {
  const resultFile = join(tmp, `${name}.json`);
  const flags = [
    '--json',
    `--outputFile=${resultFile}`,
    '--passWithNoTests',
    // Not in the working copy: root and a user may take turns in it.
    `--cacheDirectory=${join(tmp, CACHE)}`,
  ];
  const code = await run(bunPath(), ['--bun', 'node_modules/jest/bin/jest.js', ...args, ...flags], {
    cwd: ROOT,
    // Jest cannot stop a test that never yields.
    timeout: 15 * 60_000,
    killSignal: 'SIGKILL',
    // The result goes to the file; on stdout Jest would print it again.
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, TMPDIR: tmp, FORCE_COLOR: process.stderr.isTTY ? '1' : '0' },
  });
  if (!existsSync(resultFile)) {
    count.failed++;
    return;
  }
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  rmSync(resultFile);
  count.passed += result.numPassedTests;
  count.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  count.skipped += result.numPendingTests + result.numTodoTests;
  // For instance a global tear-down that failed.
  if (code !== 0 && result.success) count.failed++;
}
