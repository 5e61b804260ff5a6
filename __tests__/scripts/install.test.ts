import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALL = join(__dirname, '../../scripts/install');

test('scripts/install puts the program, completions and manual in place, and takes all away again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-install-'));
  try {
    const install = (...words: string[]) =>
      execFileSync(INSTALL, words, {
        env: { ...process.env, DESTDIR: folder, PREFIX: '/usr' },
        encoding: 'utf8',
      });
    const files = () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
    expect(install()).toBe(`Installed ${folder}/usr/bin/proa\n`);
    expect(files()).toEqual(
      expect.arrayContaining([
        '/usr/bin/proa',
        '/usr/share/bash-completion/completions/proa',
        '/usr/share/zsh/site-functions/_proa',
        '/usr/share/fish/vendor_completions.d/proa.fish',
        '/usr/share/man/man1/proa.1',
        '/usr/share/man/man1/proa-run.1',
        '/usr/share/man/man1/proa-container-run.1',
        '/usr/lib/systemd/user/proa-user-wait-network-online.service',
      ]),
    );
    for (const kind of ['system', 'user']) {
      const generator = `${folder}/usr/lib/systemd/${kind}-generators/proa-${kind}-generator`;
      const env = { ...process.env, QUADLET_UNIT_DIRS: folder };
      expect(execFileSync(generator, ['--dryrun'], { env, encoding: 'utf8' })).toBe('');
    }
    const units = `${folder}/units`;
    mkdirSync(units);
    for (const unit of ['proa-restart.service', 'proa-auto-update.service', 'proa-auto-update.timer']) {
      for (const kind of ['system', 'user'])
        expect(readFileSync(`${folder}/usr/lib/systemd/${kind}/${unit}`, 'utf8')).not.toContain('@PROA@');
      const text = readFileSync(`${folder}/usr/lib/systemd/system/${unit}`, 'utf8');
      expect(text).toMatch(/^ExecStart=-?\/usr\/bin\/proa |^OnCalendar=/m);
      // systemd-analyze looks for the program too.
      writeFileSync(`${units}/${unit}`, text.replaceAll('/usr/bin/proa', '/bin/true'));
    }
    const verify = ['verify', '--man=no', `${units}/proa-restart.service`, `${units}/proa-auto-update.timer`];
    const { error, status, stderr } = spawnSync('systemd-analyze', verify, { encoding: 'utf8' });
    if (error === undefined) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const man = spawnSync('man', ['-M', `${folder}/usr/share/man`, 'proa-container-run'], {
      encoding: 'utf8',
    });
    // Container images have a man that only says how to get the real one.
    if (man.error === undefined && !/minimized/.test(man.stdout))
      expect(man.stdout).toMatch(/^PROA-RUN\(1\)/m);
    rmSync(units, { recursive: true });
    install('uninstall');
    expect(files()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
