// A host folder that the container's user may not use: what is said then.
import { chmodSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('after a failure both sides of the mapping are told, and the option that helps', async () => {
    const folder = await machine.makeFolder('mine');
    const own = machine.account.uid;
    const run = (...words: string[]) =>
      machine.proa('run', '--rm', '--network=none', '-v', `${folder}:/m`, ...words);
    const denied = await run('-u', 'app', IMAGE, 'sh', '-c', 'echo > /m/new');
    expect(denied.code).toBe(1);
    const side = machine.who === 'root' ? 'user 0 (0 on this machine)' : `user 0 (${own} on this machine)`;
    expect(denied.err).toContain(
      `WARNING: ${folder} on /m belongs to ${side} and has mode 0755: user 1000 (`,
    );
    expect(denied.err).toMatch(
      /as whom the container ran, may not write it\. Give it to that user with -v .*:\/m:U/,
    );
    if (machine.who === 'user') {
      expect(denied.err).toContain('or make it your own user with --userns=keep-id:uid=1000,gid=50');
      const helped = await run('--userns=keep-id:uid=1000,gid=50', IMAGE, 'sh', '-c', 'id -u; echo > /m/new');
      expect(helped).toMatchObject({ code: 0, out: '1000\n' });
    }
    // Other failures, and what may be done, are nothing to speak of.
    for (const words of [
      ['-u', 'app', IMAGE, 'sh', '-c', 'exit 3'],
      [IMAGE, 'sh', '-c', 'echo > /m/new && echo permission denied && exit 1'],
      ['-u', 'app', IMAGE, 'sh', '-c', 'echo permission denied'],
    ])
      expect((await run(...words)).err).toBe('');
    const readonly = await machine.sh('echo permission denied; exit 1', '-u', 'app', '-v', `${folder}:/m:ro`);
    expect(readonly.err).toBe('');

    await machine.as(['sh', '-ec', `printf '#!/bin/sh' > ${folder}/program; chmod 755 ${folder}/program`]);
    if (machine.who === 'user') {
      for (const mount of ['-v=/root/x:/m', '--mount=type=bind,src=/root/x,dst=/m'])
        expect((await machine.sh('true', mount)).err).toContain(
          'mount /root/x on /m: this user may not reach it',
        );
      expect((await machine.sh('true', '-v', '/etc/none/such:/m')).err).toContain(
        'this user may not make it',
      );
    }

    chmodSync(folder, 0o700);
    const program = await run('-u', 'app', IMAGE, '/m/program');
    // crun finds out only when the container has begun, runc before.
    expect([1, 126]).toContain(program.code);
    expect(program.err).toContain('may not read or write or execute it. Give it to that user');
    expect(await machine.shOk('echo > /m/new; stat -c %u /m', '-u', 'app', '-v', `${folder}:/m:U`)).toBe(
      '1000',
    );
  });
});
