import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import {
  runtimeArgs,
  runtimeDelete,
  runtimeError,
  runtimeKill,
  runtimePause,
  runtimeResume,
  runtimeStart,
} from '../../../lib/oci/runtime/runtime.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

// The words are crun 1.8's and runc 1.1's own.
test.each([
  ['executable file `nope` not found in $PATH: No such file or directory', 'COMMAND_NOT_FOUND', 127],
  ['exec: "nope": executable file not found in $PATH: unknown', 'COMMAND_NOT_FOUND', 127],
  ['exec /bin/nope: no such file or directory', 'COMMAND_NOT_FOUND', 127],
  ['open executable: Permission denied', 'COMMAND_NOT_EXECUTABLE', 126],
  ['open executable: Operation not permitted', 'COMMAND_NOT_EXECUTABLE', 126],
  ['exec /etc/passwd: permission denied: unknown', 'COMMAND_NOT_EXECUTABLE', 126],
  ['exec /x: exec format error', 'COMMAND_NOT_EXECUTABLE', 126],
  ['exec /etc: is a directory', 'COMMAND_NOT_EXECUTABLE', 126],
  ['writing file `cpu.max`: Invalid argument', 'RUNTIME_FAILED', 125],
  ['mount `proc` to `proc`: Operation not permitted', 'RUNTIME_FAILED', 125],
])('%s', (words, code, exitCode) => {
  expect(runtimeError(words, 'start', '/etc/x')).toMatchObject({ code, exitCode });
});

test.each([
  ['2026-11-21T09:28:12.123456Z: cannot do', 'cannot do'],
  ['time="2026-11-21T09:28:12Z" level=error msg="say \\"no\\": never"', 'say "no": never'],
  ['{"msg":"in JSON","level":"error","time":"x"}', 'in JSON'],
  ['{not JSON', '{not JSON'],
  ['one\n\ntwo\n', 'one; two'],
  ['open executable: Permission denied', 'execute /etc/x: Permission denied'],
])('%j reads %j', (words, text) => {
  expect(runtimeError(words, 'start container', '/etc/x').message).toBe(`start container: ${text}`);
});

test('verbs are called with the global options, and a failure has the program’s words', async () => {
  using folder = new TemporaryFolder();
  const path = `${folder.path}/runc`;
  writeFileSync(
    path,
    `#!/bin/sh\necho "$@" >> ${folder.path}/calls\n[ "$3" != pause ] || { echo frozen >&2; exit 3; }\n`,
  );
  chmodSync(path, 0o755);
  const runtime = { path, root: '/r', args: ['--systemd-cgroup'] };
  expect(runtimeArgs(runtime)).toEqual(['--root=/r', '--systemd-cgroup']);
  await runtimeStart(runtime, 'id');
  await runtimeKill(runtime, 'id', 15);
  await runtimeKill(runtime, 'id', 9, true);
  await runtimeResume(runtime, 'id');
  await runtimeDelete(runtime, 'id');
  await expect(runtimePause(runtime, 'id')).rejects.toMatchObject({
    code: 'RUNTIME_FAILED',
    message: 'pause container: frozen',
  });
  const verbs = ['start id', 'kill id 15', 'kill --all id 9', 'resume id', 'delete --force id', 'pause id'];
  expect(readFileSync(`${folder.path}/calls`, 'utf8')).toBe(
    verbs.map((verb) => `--root=/r --systemd-cgroup ${verb}\n`).join(''),
  );
});
