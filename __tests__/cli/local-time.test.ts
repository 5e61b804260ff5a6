// The zone is read when a process starts, so each is asked for in a process of its own.
import { join } from 'node:path';

const MODULE = join(__dirname, '../../lib/cli/local-time.ts');

test.each([
  ['UTC', '2024-03-01 11:30:00 +0000 UTC'],
  ['Europe/Berlin', '2024-03-01 12:30:00 +0100 CET'],
  ['America/New_York', '2024-03-01 06:30:00 -0500 EST'],
  ['Asia/Kolkata', '2024-03-01 17:00:00 +0530 IST'],
  ['America/Sao_Paulo', '2024-03-01 08:30:00 -0300 -03'],
  ['Asia/Kathmandu', '2024-03-01 17:15:00 +0545 +0545'],
])('%s', (zone, text) => {
  const script = `import { formatLocalTime } from '${MODULE}'; console.log(formatLocalTime('2024-03-01T11:30:00.9Z'));`;
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script], { env: { ...process.env, TZ: zone } });
  expect(stdout.toString()).toBe(`${text}\n`);
});
