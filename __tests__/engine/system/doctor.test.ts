import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Diagnosis, diagnose } from '../../../lib/engine/system/doctor.ts';
import { readIdentity } from '../../../lib/rootless/identity.ts';

const identity = readIdentity();

function examine(
  changes: Partial<typeof identity> = {},
  root = `${tmpdir()}/not/there/yet`,
): Map<string, Diagnosis> {
  return new Map(
    Array.from(diagnose({ identity: { ...identity, ...changes }, root }), (one) => [one.what, one]),
  );
}

describe('the doctor', () => {
  test('looks at everything that a container of this user needs, and leaves nothing behind', () => {
    const before = readdirSync(tmpdir());
    const found = examine();
    for (const what of [
      'kernel',
      'cgroups',
      'seccomp',
      'OCI runtime',
      'conmon',
      'storage',
      'disk space',
      'overlay',
    ]) {
      expect([...found.keys()]).toContain(what);
    }
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('.proa-doctor'))).toEqual([]);
    expect(before.filter((name) => name.startsWith('.proa-doctor'))).toEqual([]);
  });

  test('gives a command for whatever is amiss', () => {
    for (const { state, cure } of examine().values()) {
      if (state !== 'ok') expect(cure).toMatch(/\S/);
    }
  });

  test('tries the overlay', () => {
    // Everywhere these tests run containers, overlay works.
    expect(examine().get('overlay')).toMatchObject({ state: 'ok', why: `mounts on ${tmpdir()}` });
  });

  test('says that single-id mode is used for a user without subordinate ids', () => {
    const found = examine({ rootless: true, joined: false, uid: 3_999_999 });
    expect(found.get('subordinate ids')).toMatchObject({
      state: 'warning',
      why: expect.stringContaining('single-id mode'),
      cure: expect.stringMatching(/^sudo usermod --add-subuids/),
    });
    expect(found.get('cgroups')?.state).toBe('warning');
    expect([...found.keys()]).toContain('/dev/net/tun');
  });

  test('names a missing program with its package', () => {
    const { PATH } = process.env;
    process.env.PATH = '/nonexistent';
    try {
      // The usual folders are looked through all the same, so what is installed is found.
      expect(examine().get('conmon')).toMatchObject({ state: 'ok' });
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('names a place where nothing can be made', () => {
    // Root is told that it may write to /proc, so only the trial shows that it may not.
    const found = examine({}, '/proc/proa');
    expect(found.get(identity.uid === 0 ? 'overlay' : 'storage')).toMatchObject({ state: 'missing' });
  });
});
