import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { isTerminal, windowSize } from '../../../lib/core/sys/tty.ts';
import { Terminal } from '../../e2e/support/terminal.ts';

const LIB = join(__dirname, '../../../lib');

test('a file is no terminal', () => {
  const fd = openSync('/dev/null', 'r');
  expect([isTerminal(fd), windowSize(fd)]).toEqual([false, undefined]);
  closeSync(fd);
});

test('raw is what cfmakeraw makes of it, and the old mode comes back', async () => {
  const script = `import { isTerminal, makeRaw, windowSize } from '${LIB}/core/sys/tty.ts';
    const mode = () => Bun.spawnSync(['stty', '-g'], { stdin: 'inherit' }).stdout.toString().trim();
    const before = mode();
    let raw, restored;
    { using _ = makeRaw(0); raw = mode(); }
    restored = mode();
    const libc = \`import ctypes; l = ctypes.CDLL('libc.so.6'); b = (ctypes.c_char * 64)()
l.tcgetattr(0, b); l.cfmakeraw(b); l.tcsetattr(0, 0, b)\`;
    Bun.spawnSync(['python3', '-c', libc], { stdin: 'inherit' });
    const theirs = mode();
    Bun.spawnSync(['stty', before], { stdin: 'inherit' });
    console.log(JSON.stringify({ before, raw, restored, theirs, tty: isTerminal(0), size: windowSize(0) }) + ';');`;
  using terminal = new Terminal([process.execPath, '-e', script], { columns: 81, rows: 33 });
  const [, json] = await terminal.until(/(\{.*\});/s);
  const seen = JSON.parse(json!.replace(/\r?\n/g, '')) as Record<string, unknown>;
  expect(seen.restored).toBe(seen.before);
  expect(seen.raw).not.toBe(seen.before);
  expect(seen.raw).toBe(seen.theirs);
  expect(seen.tty).toBe(true);
  expect(seen.size).toEqual({ rows: 33, columns: 81 });
});
