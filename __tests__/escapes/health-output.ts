import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2022-31030: output without end of a command that the engine waits for',
  ['root'],
  (stage) => {
    test('a health check keeps the beginning of it, in little memory', async () => {
      const { machine } = stage;
      await machine.ok(
        'run',
        '-d',
        '--name=c',
        '--network=none',
        '--health-cmd=yes | head -c 300000000',
        '--health-interval=disable',
        '--health-timeout=20s',
        IMAGE,
        'sleep',
        '100',
      );
      const child = machine.start('healthcheck', 'run', 'c');
      expect(await child.exited).toBe(0);
      // Bytes: less than the output.
      expect(child.resourceUsage()!.maxRSS).toBeLessThan(250_000_000);
      expect(JSON.stringify(await machine.inspect('c', '{{json .State.Health}}')).length).toBeLessThan(
        20_000,
      );
    });
  },
);
