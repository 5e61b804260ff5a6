/** The system commands as a shell sees them: streams and exit codes of the real program, run from its source. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { selfCommand } from '../../../lib/core/self.ts';

const folder = mkdtempSync(`${tmpdir()}/proa-system-`);
const store = [`--root=${folder}/root`, `--runroot=${folder}/run`];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function proa(...args: string[]): { code: number; out: string; err: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...selfCommand(), ...store, ...args], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

describe('version', () => {
  test('has Docker’s layout, a short form, and templates', () => {
    expect(proa('version').out).toMatch(/^Client: Proa\n Version: {11}\S+\n Git commit: {8}\S+\n/);
    expect(proa('version', '--short').out).toMatch(/^proa version \S+\n$/);
    const { Client, Server } = JSON.parse(proa('version', '-f', 'json').out);
    expect(proa('version', '--format', '{{.Client.Version}} {{.Server.Version}}').out).toBe(
      `${Client.Version} ${Server.Version}\n`,
    );
  });

  test('touches no store', () => {
    proa('version');
    expect(existsSync(`${folder}/root`)).toBe(false);
  });
});

describe('completion', () => {
  test('prints a script for each shell, and refuses others', () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
      expect(proa('completion', shell).out).toContain('proa');
    expect(proa('completion', 'tcsh')).toMatchObject({
      code: 125,
      out: '',
      err: expect.stringContaining('bash'),
    });
  });

  test('offers commands without making a store, and says nothing when there is nothing to say', () => {
    expect(proa('__complete', 'system', 'c').out).toBe('check\tFind and mend what crashes left\n');
    expect(proa('__complete', 'rm', '')).toEqual({ code: 0, out: '', err: '' });
    expect(proa('__complete', 'no', 'such', 'thing')).toEqual({ code: 0, out: '', err: '' });
    expect(existsSync(`${folder}/root`)).toBe(false);
  });

  test('offers the names in the store that the line is about', () => {
    mkdirSync(`${folder}/other/names`, { recursive: true });
    symlinkSync('ab'.repeat(32), `${folder}/other/names/web`);
    expect(proa('__complete', '--root', `${folder}/other`, 'rm', 'w').out).toBe('web\n');
  });
});

// Without root the program would make the user's namespace to look at the store.
(process.geteuid!() === 0 ? describe : describe.skip)('check and reset', () => {
  test('check tells damage with exit code 1, mends it, and then finds none', () => {
    expect(proa('system', 'check')).toEqual({ code: 0, out: 'No problems found\n', err: '' });
    mkdirSync(`${folder}/root/tmp/dead`);
    const found = proa('system', 'check');
    expect(found).toMatchObject({ code: 1, out: 'temporary: dead: the command that made it is gone\n' });
    expect(found.err).toContain('proa system check --repair');
    expect(proa('system', 'check', '--repair')).toEqual({
      code: 0,
      out: 'temporary: dead: the command that made it is gone: removed\n',
      err: '',
    });
    expect(proa('system', 'check').code).toBe(0);
  });

  test('reset asks, and with nobody to ask does nothing', () => {
    expect(proa('system', 'reset')).toMatchObject({ code: 125, err: expect.stringContaining('--force') });
    expect(existsSync(`${folder}/root/layers`)).toBe(true);
    expect(proa('system', 'reset', '--force')).toEqual({ code: 0, out: '', err: '' });
    expect(existsSync(`${folder}/root`)).toBe(false);
    expect(existsSync(`${folder}/run`)).toBe(false);
  });

  test('info answers in text, by template, and in JSON', () => {
    expect(proa('info').out).toMatch(/^Client: Proa\n[\s\S]*\nServer:\n Containers: 0\n/);
    expect(proa('info', '-f', '{{.Driver}} {{.OSType}} {{.Host.Security.Rootless}}').out).toBe(
      'overlay linux false\n',
    );
    expect(JSON.parse(proa('info', '--format', 'json').out)).toMatchObject({
      Driver: 'overlay',
      host: { os: 'linux' },
    });
    expect(JSON.parse(proa('info', '--format', '{{json .}}').out)).toMatchObject({ host: { os: 'linux' } });
  });
});

test('doctor prints one line each, and the cure below', () => {
  const { code, out } = proa('doctor');
  expect([0, 1]).toContain(code);
  for (const line of out.trimEnd().split('\n'))
    expect(line).toMatch(/^(ok|warning|missing): [^:]+: ?.|^ {4}\S/);
  expect(code).toBe(/^missing: /m.test(out) ? 1 : 0);
});
