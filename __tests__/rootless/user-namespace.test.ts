import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processHandle } from '../../lib/core/process-handle.ts';
import { tryFindProgram } from '../../lib/core/programs.ts';
import type { Identity } from '../../lib/rootless/identity.ts';
import { findPauseProcess, pauseFile, stopUserNamespace } from '../../lib/rootless/user-namespace.ts';

interface Report extends Identity {
  cwd: string;
  args: string[];
  userns: string;
  mountns: string;
  marked: boolean;
  home: string;
  error?: { code: string; message: string; hint: string };
}

const JOIN = join(__dirname, 'fixture/join.ts');
const missing = ['nsenter', 'unshare', 'newuidmap', 'setpriv', 'useradd', 'ps'].filter(
  (name) => !tryFindProgram(name),
);
const reason =
  process.geteuid!() !== 0
    ? 'needs root to make users'
    : missing.length > 0
      ? `not installed: ${missing.join(', ')}`
      : (statSync(JOIN).mode & 0o004) === 0
        ? 'other users cannot read the repository'
        : undefined;
const describeUsers = reason === undefined ? describe : describe.skip;

/** A user of this machine for the time of the test. */
class TestUser implements Disposable {
  readonly uid: number;
  readonly dir: string;
  readonly paths: { runRoot: string };

  constructor(
    readonly name: string,
    options: { subordinateIds: boolean },
  ) {
    must('useradd', ['--create-home', '--shell', '/bin/sh', name]);
    this.uid = Number(must('id', ['-u', name]));
    if (!options.subordinateIds) {
      for (const option of ['--del-subuids', '--del-subgids']) {
        const [, start, count] = /:(\d+):(\d+)/.exec(
          must('grep', [`^${name}:`, option.endsWith('uids') ? '/etc/subuid' : '/etc/subgid']),
        )!;
        must('usermod', [option, `${start}-${Number(start) + Number(count) - 1}`, name]);
      }
    }
    this.dir = mkdtempSync(join(tmpdir(), 'proa-user-'));
    chmodSync(this.dir, 0o755);
    const home = join(this.dir, 'run');
    mkdirSync(home);
    must('chown', [name, home]);
    this.paths = { runRoot: join(home, 'proa') };
  }

  command(args: string[]): string[] {
    return ['setpriv', `--reuid=${this.uid}`, `--regid=${this.uid}`, '--clear-groups', '--', ...args];
  }

  join(...args: string[]): Report {
    const command = this.command([process.execPath, JOIN, this.paths.runRoot, ...args]);
    return JSON.parse(must(command[0]!, command.slice(1), '/usr/lib')) as Report;
  }

  /** How many living processes the user has; waits a moment for those that were killed to go. */
  processes(expected: number): number {
    for (let i = 0; ; i++) {
      const { stdout } = spawnSync('ps', ['-o', 'stat=', '-u', String(this.uid)], { encoding: 'utf8' });
      const count = stdout.split('\n').filter((state) => state !== '' && !state.startsWith('Z')).length;
      if (count === expected || i === 100) return count;
      Bun.sleepSync(10);
    }
  }

  [Symbol.dispose](): void {
    stopUserNamespace(this.paths);
    spawnSync('userdel', ['--remove', this.name]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function must(program: string, args: string[], cwd = '/'): string {
  const result = spawnSync(program, args, { encoding: 'utf8', cwd, timeout: 30_000 });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.status} ${result.stderr}`);
  return result.stdout.trim();
}

describeUsers(`the user namespace${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const suffix = process.pid % 100_000;

  describe('of a user with subordinate ids', () => {
    let user: TestUser;
    beforeAll(() => {
      user = new TestUser(`proatest-a${suffix}`, { subordinateIds: true });
    });
    afterAll(() => user[Symbol.dispose]());

    test('is joined with the same arguments, folder and environment', () => {
      const report = user.join('a b', '');
      expect(report).toMatchObject({
        rootless: true,
        joined: true,
        singleId: false,
        uid: user.uid,
        cwd: '/usr/lib',
        args: ['a b', ''],
        marked: false,
      });
      expect(report.groupIds).toBeGreaterThanOrEqual(65536);
      expect(report.uidMap[0]).toEqual({ inside: 0, outside: user.uid, size: 1 });
    });

    test('stays the same for the next command, held by a process in a session of its own', () => {
      const first = user.join();
      const pause = findPauseProcess(user.paths)!;
      expect(user.join()).toMatchObject({ userns: first.userns, mountns: first.mountns });
      expect(findPauseProcess(user.paths)).toEqual(pause);
      const [, session] = /^\d+ \(.*\) . \d+ \d+ (\d+)/.exec(
        readFileSync(`/proc/${pause.pid}/stat`, 'utf8'),
      )!;
      expect(Number(session)).toBe(pause.pid);
      expect(must('readlink', [`/proc/${pause.pid}/fd/0`, `/proc/${pause.pid}/fd/1`])).toBe(
        '/dev/null\n/dev/null',
      );
      // Nothing of ours is left open; what else there is, the pause process opened itself.
      expect(must('sh', ['-c', `readlink /proc/${pause.pid}/fd/*`])).not.toMatch(/pipe|socket|proa/);
    });

    test('sees mounts that the host makes later, and keeps its own', () => {
      stopUserNamespace(user.paths);
      // The host's own tree may be private (no systemd): a shared mount point shows what propagates.
      const point = join(user.dir, 'mnt');
      mkdirSync(point);
      must('mount', ['--bind', point, point]);
      using stack = new DisposableStack();
      stack.defer(() => must('umount', ['-l', point]));
      must('mount', ['--make-shared', point]);
      user.join();
      const inside = findPauseProcess(user.paths)!.pid;
      must('mount', ['-t', 'tmpfs', 'tmpfs', point]);
      stack.defer(() => must('umount', ['-l', point]));
      writeFileSync(join(point, 'file'), '');
      expect(must('ls', [`/proc/${inside}/root${point}`])).toBe('file');
      must('nsenter', [`--mount=/proc/${inside}/ns/mnt`, 'mount', '-t', 'tmpfs', 'tmpfs', point]);
      expect(existsSync(join(point, 'file'))).toBe(true);
    });

    test('is made once when many commands start together', async () => {
      stopUserNamespace(user.paths);
      rmSync(user.paths.runRoot, { recursive: true });
      const command = user.command([process.execPath, JOIN, user.paths.runRoot]);
      const reports = await Promise.all(
        Array.from({ length: 6 }, () => outputOf(spawn(command[0]!, command.slice(1), { cwd: '/' }))),
      );
      const namespaces = new Set(reports.map((text) => (JSON.parse(text) as Report).userns));
      expect(namespaces.size).toBe(1);
      expect(user.processes(1)).toBe(1);
    });

    test('a pid file from before a reboot, or a torn one, is not believed', () => {
      const before = user.join();
      const ours = processHandle(process.pid)!;
      stopUserNamespace(user.paths);
      for (const content of [`${ours.pid} ${ours.startTime + 1}`, '', 'x y', '1']) {
        writeFileSync(pauseFile(user.paths.runRoot), content);
        expect(findPauseProcess(user.paths)).toBeUndefined();
        const report = user.join();
        expect(report.joined).toBe(true);
        expect(report.userns).not.toBe(before.userns);
        stopUserNamespace(user.paths);
      }
    });

    test('ends when it is stopped', () => {
      user.join();
      const { pid } = findPauseProcess(user.paths)!;
      expect(stopUserNamespace(user.paths)).toBe(true);
      for (let i = 0; i < 200 && processHandle(pid) !== undefined; i++) Bun.sleepSync(5);
      expect(processHandle(pid)).toBeUndefined();
      expect(stopUserNamespace(user.paths)).toBe(false);
      expect(existsSync(pauseFile(user.paths.runRoot))).toBe(false);
    });
  });

  test('of a user without subordinate ids has a single id', () => {
    using user = new TestUser(`proatest-b${suffix}`, { subordinateIds: false });
    expect(user.join()).toMatchObject({
      rootless: true,
      joined: true,
      singleId: true,
      uid: user.uid,
      groupIds: 1,
      uidMap: [{ inside: 0, outside: user.uid, size: 1 }],
    });
    expect(user.join().joined).toBe(true);
  });

  test('of a user whose ids newuidmap refuses is not left half made', () => {
    using user = new TestUser(`proatest-c${suffix}`, { subordinateIds: true });
    const report = JSON.parse(
      must('sh', [
        '-c',
        // A private view of the machine where newuidmap has lost its set-uid bit.
        `exec unshare --mount sh -c 'mount --bind /usr/bin/false "$0" && exec "$@"' ${tryFindProgram('newuidmap')} ` +
          user.command([process.execPath, JOIN, user.paths.runRoot]).join(' '),
      ]),
    ) as Report;
    expect(report.error).toMatchObject({ code: 'USERNS_ID_MAP', hint: expect.stringContaining('uidmap') });
    expect(existsSync(pauseFile(user.paths.runRoot))).toBe(false);
    expect(user.processes(0)).toBe(0);
  });
});

function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}
