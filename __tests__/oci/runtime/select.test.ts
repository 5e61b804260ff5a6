import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryFindProgram } from '../../../lib/core/programs.ts';
import { cgroupArguments, crunRefuses, selectRuntime } from '../../../lib/oci/runtime/select.ts';
import { Bundle, busybox } from '../model/runtime-spec/bundle.ts';

describe('the runtime', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'proa-select-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('that is configured wins, by path or by name', () => {
    const path = join(dir, 'crun-special');
    writeFileSync(path, '');
    chmodSync(path, 0o755);
    expect(selectRuntime({ configured: path })).toEqual({ name: path, path, kind: 'crun' });
    symlinkSync(path, join(dir, 'youki'));
    expect(selectRuntime({ configured: join(dir, 'youki') }).kind).toBe('other');
    expect(() => selectRuntime({ configured: join(dir, 'gone') })).toThrow(
      expect.objectContaining({ code: 'PROGRAM_MISSING' }),
    );
  });

  const both = tryFindProgram('crun') !== undefined && tryFindProgram('runc') !== undefined;
  (both ? test : test.skip)('is crun, but runc where crun refuses (skipped without both)', () => {
    expect(selectRuntime().name).toBe(crunRefuses() ? 'runc' : 'crun');
    // No cgroups at all, or a v1 layout without a v2 tree: nothing that crun refuses.
    expect(selectRuntime({ cgroupRoot: dir }).name).toBe('crun');
  });

  const reason =
    process.geteuid!() !== 0
      ? 'needs root'
      : tryFindProgram('crun') === undefined
        ? 'no crun'
        : busybox
          ? ''
          : 'no busybox';
  (reason === '' ? test : test.skip)(
    `crun refuses exactly when we say so ${reason && `(skipped: ${reason})`}`,
    () => {
      using bundle = new Bundle();
      const program = tryFindProgram('crun')!;
      spawnSync(program, ['spec'], { cwd: bundle.dir });
      const run = spawnSync(
        program,
        ['--root', join(bundle.dir, 'state'), 'run', `proa-select-${process.pid}`],
        {
          cwd: bundle.dir,
          input: '',
          encoding: 'utf8',
        },
      );
      expect(run.stderr.includes('cgroups in hybrid mode not supported')).toBe(crunRefuses());
    },
  );

  test('learns its cgroup manager by its own options', () => {
    expect(cgroupArguments('crun', 'cgroupfs')).toEqual([]);
    expect(cgroupArguments('crun', 'disabled')).toEqual(['--cgroup-manager=disabled']);
    expect(cgroupArguments('runc', 'disabled')).toEqual([]);
    expect(cgroupArguments('runc', 'systemd')).toEqual(['--systemd-cgroup']);
  });
});
