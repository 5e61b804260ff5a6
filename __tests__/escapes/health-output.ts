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
        '--health-cmd=yes',
        '--health-interval=disable',
        '--health-timeout=1s',
        IMAGE,
        'sleep',
        '100',
      );
      const { out } = await machine.as([
        'sh',
        '-c',
        'ulimit -v unlimited; /usr/bin/env time -f %M "$@" 2>&1',
        'sh',
        ...machine.command('healthcheck', 'run', 'c'),
      ]);
      expect(Number(/(\d+)\s*$/.exec(out)?.[1])).toBeLessThan(200_000);
      expect(JSON.stringify(await machine.inspect('c', '{{json .State.Health}}')).length).toBeLessThan(
        20_000,
      );
    });
  },
);
