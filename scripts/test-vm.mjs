/**
 * `npm run test:vm`: Proa on a Debian of its own, with that kernel, cgroup v2 alone, AppArmor and systemd, in a virtual
 * machine that really reboots. `npm run test:vm -- reboot` runs the files whose path matches.
 *
 * The machine's disk is made once, as root, and kept (PROA_VM_CACHE, default ~/.cache/proa-vm). Each file boots an overlay
 * over it. KVM is used where it runs a machine; elsewhere qemu translates, which takes some minutes more in all.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lib/child.mjs';
import { build, bunPath, installNpmPackages, ROOT } from './lib/repository.mjs';
import { main, say } from './lib/say.mjs';
import { FOR_VM, installLine, installMissing, missing } from './lib/system-packages.mjs';
import { accelerator } from './vm/accelerator.mjs';
import { vmDisk } from './vm/disk.mjs';

await main(async (patterns) => {
  if (process.geteuid() === 0) await installMissing(FOR_VM);
  else if (missing(FOR_VM).length > 0) {
    say(`The virtual machine needs more:\n\n  ${installLine(missing(FOR_VM))}\n`);
    return 1;
  }
  await installNpmPackages();
  await build();
  const disk = await vmDisk();
  const accel = await accelerator(disk);
  say(
    `A machine from ${disk}, ${accel === 'kvm' ? 'run by KVM' : 'translated by qemu, as KVM does not run one here'}`,
  );
  const tmp = mkdtempSync('/tmp/proa-vm-');
  try {
    return await test(tmp, patterns, { PROA_VM_DISK: disk, PROA_VM_ACCEL: accel, TMPDIR: tmp });
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
});

async function test(tmp, patterns, variables) {
  const resultFile = join(tmp, 'result.json');
  const flags = [
    '--runInBand',
    // Translated, and where others are at work too, all takes long: the set-up of a file is a boot.
    '--testTimeout=1200000',
    '--json',
    `--outputFile=${resultFile}`,
    `--cacheDirectory=${join(tmp, 'jest-cache')}`,
  ];
  const only = `--testMatch=<rootDir>/__tests__/vm/**/*.test.ts`;
  await run(bunPath(), ['--bun', 'node_modules/jest/bin/jest.js', ...patterns, only, ...flags], {
    cwd: ROOT,
    timeout: 60 * 60_000,
    killSignal: 'SIGKILL',
    // The result goes to the file; on stdout Jest would print it again.
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, ...variables, FORCE_COLOR: process.stderr.isTTY ? '1' : '0' },
  });
  if (!existsSync(resultFile)) return 1;
  const { testResults, numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } =
    JSON.parse(readFileSync(resultFile, 'utf8'));
  process.stdout.write(`\n${table(testResults)}\n`);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  process.stdout.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped\n`);
  return failed === 0 && numPassedTests > 0 ? 0 : 1;
}

/** One line a fact: what was looked at, whether it holds, how long that took. */
function table(files) {
  const rows = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, duration }) => [
      name.replace(/.*\/|\.test\.ts$/g, ''),
      status === 'passed' ? 'yes' : status === 'failed' ? 'NO' : 'skipped',
      `${((duration ?? 0) / 1000).toFixed(1)} s`,
      fullName,
    ]),
  );
  const all = [['ABOUT', 'HOLDS', 'TOOK', 'WHAT'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')).join('\n');
}
