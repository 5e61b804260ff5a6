import { existsSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'The folder from which Proa is called, and folders that others made first',
  ['root', 'user'],
  (stage) => {
    test('no file of the current folder is loaded', async () => {
      const { machine } = stage;
      const folder = await machine.makeFolder('called-from');
      const ran = `${folder}/ran`;
      const code = `require('fs').writeFileSync(${JSON.stringify(ran)}, '')`;
      for (const [name, text] of Object.entries({
        'bunfig.toml': 'preload = ["./evil.js"]\n[run]\nbun = true\n',
        '.env': 'PATH=/nowhere\nNODE_OPTIONS=--require=./evil.js\nHTTP_PROXY=http://127.0.0.1:9\n',
        '.env.local': 'HOME=/nowhere\n',
        'evil.js': code,
        'package.json': '{"name":"x","type":"module","main":"./evil.js","imports":{"#x":"./evil.js"}}',
        'tsconfig.json': '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}',
        crun: `#!/bin/sh\ntouch ${ran}\n`,
        conmon: `#!/bin/sh\ntouch ${ran}\n`,
      }))
        writeFileSync(`${folder}/${name}`, text, { mode: 0o755 });
      expect(
        await machine.proaWith({ cwd: folder }, 'run', '--rm', '--network=none', 'bb', 'echo', 'fine'),
      ).toMatchObject({ code: 0, out: 'fine\n' });
      expect(existsSync(ran)).toBe(false);
    });

    test("a folder in /tmp that another user's link stands for", async () => {
      const { machine } = stage;
      if (
        machine.who !== 'user' ||
        process.geteuid!() !== 0 ||
        existsSync(`/run/user/${machine.account.uid}`)
      )
        return;
      const squatted = `/tmp/proa-run-${machine.account.uid}`;
      symlinkSync(stage.host, squatted);
      try {
        const { XDG_RUNTIME_DIR: _, ...env } = machine.env;
        const { code, err } = await machine.as(
          ['env', '-u', 'XDG_RUNTIME_DIR', ...machine.command('ps').slice(-2)],
          { env },
        );
        expect([code, err]).toEqual([
          125,
          expect.stringMatching(/belongs to somebody else or is open to others/),
        ]);
      } finally {
        unlinkSync(squatted);
      }
    });
  },
);
