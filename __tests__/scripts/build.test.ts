/** What only the built executable can show. `npm test` builds it first. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = join(__dirname, '../../dist/proa');

test('the folder that it is called in cannot name code or variables to load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-build-'));
  try {
    writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./hostile.ts"]\n');
    writeFileSync(join(folder, 'hostile.ts'), 'console.log("hostile");\n');
    writeFileSync(join(folder, '.env'), `PROA_TRACE=${folder}/trace\n`);
    const { stdout, stderr, exitCode } = Bun.spawnSync([BINARY, 'version'], { cwd: folder });
    expect(stderr.toString()).toBe('');
    expect(stdout.toString()).toMatch(/^Client: Proa\n Version: +\d+\.\d+\.\d+\n/);
    expect(exitCode).toBe(0);
    expect(existsSync(join(folder, 'trace'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the program is the one that the package names', () => {
  const { version } = require('../../package.json');
  expect(Bun.spawnSync([BINARY, '--version']).stdout.toString()).toBe(`proa version ${version}\n`);
});
