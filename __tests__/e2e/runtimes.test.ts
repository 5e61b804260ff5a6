// crun and runc: what must be the same by either.
import { existsSync } from 'node:fs';
import { crunRefuses } from '../../lib/oci/runtime/select.ts';
import { whyNoNetwork } from './support/account.ts';
import { describeAs, IMAGE, type MachineOptions } from './support/machine.ts';

const RUNTIMES: Required<Pick<MachineOptions, 'runtime'>>['runtime'][] = ['crun', 'runc'];

for (const runtime of RUNTIMES) {
  const refuses = runtime === 'crun' && crunRefuses();
  const skip = refuses ? 'crun refuses the hybrid cgroups of this host' : undefined;
  describeAs(
    ['root', 'user'],
    (machine) => {
      test('run: output, exit code, and which runtime it is', async () => {
        expect(await machine.sh('echo out; echo err >&2; exit 3')).toEqual({
          code: 3,
          out: 'out\n',
          err: 'err\n',
        });
        await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '100');
        expect(
          existsSync(`${machine.runRoot}/${runtime}/${await machine.inspect('c', '{{json .Id}}')}`),
        ).toBe(true);
      });

      test.each([
        ['no-such-command', 127],
        ['/bin/no-such-command', 127],
        ['/etc/not-executable', 126],
        ['/etc', 126],
      ])('%s cannot be run', async (command, code) => {
        const failed = await machine.proa('run', '--rm', '--network=none', IMAGE, command);
        expect(failed).toMatchObject({ code, out: '' });
        expect(failed.err).toMatch(new RegExp(`^Error: .*${command}.*\n.*inside the container`));
        await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '100');
        const exec = await machine.proa('exec', 'c', command);
        expect(exec).toMatchObject({ code, out: '' });
        expect(exec.err).toContain(command);
      });

      test('on a terminal', async () => {
        using tty = machine.terminal(['run', '--rm', '-it', '--network=none', IMAGE, 'sh'], {
          columns: 88,
          rows: 44,
        });
        tty.type('stty size; exit 9\r');
        await tty.until(/44 88\r\n/);
        expect(await tty.ended()).toBe(9);
      });

      test('input and output by pipes', async () => {
        const { out } = await machine.proaWith(
          { stdin: 'through\n' },
          'run',
          '--rm',
          '-i',
          '--network=none',
          IMAGE,
          'cat',
        );
        expect(out).toBe('through\n');
      });

      test('its whole life', async () => {
        await machine.ok(
          'create',
          '--name=c',
          '--network=none',
          IMAGE,
          'sh',
          '-c',
          'trap "exit 7" TERM; while :; do sleep 0.02; done',
        );
        await machine.ok('start', 'c');
        expect(await machine.ok('exec', 'c', 'echo', 'in')).toBe('in');
        await machine.ok('stop', 'c');
        expect(await machine.ok('wait', 'c')).toBe('7');
        await machine.ok('restart', 'c');
        await machine.ok('kill', 'c');
        expect(await machine.ok('wait', 'c')).toBe('137');
        await machine.ok('rm', 'c');
      });

      const networked = whyNoNetwork(machine.who) === undefined ? test : test.skip;
      networked('with its network and a port', async () => {
        const route = await machine.ok('run', '--rm', '-p=127.0.0.1::80', IMAGE, 'ip', 'route');
        expect(route).toMatch(/^default via/);
      });

      test('rights, users, volumes and a read-only root', async () => {
        const script =
          'id -u; grep -E "CapEff|Seccomp:|NoNewPrivs" /proc/self/status; echo > /file || cat /v/file';
        const options = [
          '--read-only',
          '--user=app',
          '--cap-drop=all',
          '--security-opt=no-new-privileges',
          '-v=data:/v',
        ];
        await machine.shOk('echo of the volume > /v/file', '-v=data:/v');
        const { out } = await machine.sh(script, ...options);
        expect(out).toBe('1000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nof the volume\n');
      });
    },
    { runtime, skip },
  );
}

describeAs('root', (machine) => {
  test('a runtime that is not there is named', async () => {
    const { code, err } = await machine.proa('--runtime=youki', 'run', '--rm', IMAGE, 'true');
    expect({ code, err }).toEqual({ code: 125, err: expect.stringMatching(/youki/) });
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('a container keeps the runtime that it was started with', async () => {
    if (Bun.which('runc') === null) return;
    for (const words of [
      ['--runtime=runc', 'run', '-d'],
      ['run', '--runtime=runc', '-d'],
    ]) {
      await machine.ok(...words, '--name=c', '--network=none', IMAGE, 'sleep', '100');
      expect(await machine.ok('exec', 'c', 'echo', 'by runc')).toBe('by runc');
      expect(await machine.inspect('c', '{{json .HostConfig.Runtime}}')).toBe('runc');
      await machine.ok('stop', '-t', '0', 'c');
      await machine.ok('rm', 'c');
    }
    await machine.ok('create', '--runtime=runc', '--name=made', '--network=none', IMAGE);
    expect(await machine.inspect('made', '{{json .HostConfig.Runtime}}')).toBe('runc');
    expect((await machine.proa('create', '--runtime=youki', IMAGE)).err).toMatch(/youki/);
  });
});
