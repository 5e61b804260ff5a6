// `generate systemd`. The oracle's table compares the text with Podman's; units are run in __tests__/systemd/booted.
import { readFileSync, writeFileSync } from 'node:fs';
import { splitWords } from '../../lib/systemd/unit-file/words.ts';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  /** As an ordinary shell would hand them over, and as systemd must not understand them. */
  const HARD = [
    '',
    "it's",
    'a b',
    '$HOME',
    '$A.b',
    '100% %n',
    'back\\slash',
    'q"q',
    'two\nlines',
    ';',
    'tab\t',
    'é',
    '-x',
  ];

  beforeEach(async () => {
    await machine.ok('create', '--name=a', IMAGE, 'sh', '-c', ...HARD);
    await machine.ok('create', '-ita', 'stdout', '--name=b', '--restart=on-failure:3', IMAGE);
  });

  /** The words that systemd would start. */
  function started(unit: string, key = 'ExecStart'): string[] {
    const line = new RegExp(`^${key}=(.*)$`, 'm').exec(unit.replace(/\\\n/g, ''))![1]!;
    return splitWords(line)!.map((word) => word.replaceAll('$$', '$').replaceAll('%%', '%'));
  }

  test('systemd accepts the units', async () => {
    const folder = await machine.makeFolder('units');
    for (const options of [
      ['--name'],
      ['--new', '--name'],
      ['--template', '--name', '--container-prefix=t'],
    ]) {
      const generate = ['generate', 'systemd', '--files', ...options, 'a'];
      const { out } = await machine.proaWith({ cwd: folder }, ...generate);
      const path = out.trim().replace('@.', '@i.');
      const { code, err } = await collect(['systemd-analyze', 'verify', '--man=no', path]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    }
  });

  test('words reach the container as they were', async () => {
    const words = started(await machine.ok('generate', 'systemd', '--new', '--name', 'a'));
    expect(words.slice(-HARD.length - 3)).toEqual([IMAGE, 'sh', '-c', ...HARD]);
  });

  test('the pid file of a container that stays is conmon’s', async () => {
    await machine.ok('start', 'b');
    const unit = await machine.ok('generate', 'systemd', 'b');
    const file = /^PIDFile=(.*)$/m.exec(unit)![1]!;
    const { out } = await machine.as(['cat', file]);
    expect(readFileSync(`/proc/${out}/comm`, 'utf8')).toBe('conmon\n');
    await machine.ok('stop', '-t0', 'b');
  });

  test('groups of short options lose what is the service’s own', async () => {
    const words = started(await machine.ok('generate', 'systemd', '--new', 'b'));
    expect(words).toEqual(expect.arrayContaining(['--interactive', '--tty']));
    expect(words.join(' ')).not.toMatch(/attach|restart/);
  });

  test('what cannot be', async () => {
    expect(await machine.proa('generate', 'systemd', 'nobody')).toMatchObject({ code: 125 });
    const slashes = await machine.proa('generate', 'systemd', '--container-prefix=a b/c', 'a');
    expect(slashes).toMatchObject({ code: 125, err: expect.stringContaining('no name that systemd takes') });
    const folder = await machine.makeFolder('others');
    writeFileSync(`${folder}/container-a.service`, '[Service]\nExecStart=/bin/true\n');
    const write = () => machine.proaWith({ cwd: folder }, 'generate', 'systemd', '-fn', 'a');
    expect(await write()).toMatchObject({ code: 125, err: expect.stringContaining('not generated') });
    await collect(['rm', `${folder}/container-a.service`]);
    expect(await write()).toMatchObject({ code: 0, out: `${folder}/container-a.service\n` });
    expect(await write()).toMatchObject({ code: 0 });
    await machine.ok('container', 'clone', 'a', 'c');
    expect(started(await machine.ok('generate', 'systemd', '--new', 'c'))).toContain('--name=c');
  });

  test('a restart policy of the container’s own is warned of, and becomes the unit’s with --new', async () => {
    const { out, err } = await machine.proa('generate', 'systemd', 'b');
    expect(err).toContain('restart policy on-failure');
    expect(out).toContain('Restart=on-failure\nTimeoutStopSec=70\n');
    const anew = await machine.proa('generate', 'systemd', '--new', 'b');
    expect(anew.err).toBe('');
    expect(anew.out).toContain('Restart=on-failure\nStartLimitBurst=3\n');
  });
});
