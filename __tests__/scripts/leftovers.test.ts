import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULE = join(__dirname, '../../scripts/lib/leftovers.mjs');

/** What the suite's own check sees now, told that `tmp` is the suite's folder. */
function look(tmp: string): string[] {
  const program = `import { look } from '${MODULE}'; console.log(JSON.stringify([...look('${tmp}')]));`;
  const { stdout, stderr } = Bun.spawnSync(['node', '--input-type=module', '--eval', program]);
  if (stderr.length > 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}

test('processes and files that tests leave are seen, and only those', async () => {
  const tmp = mkdtempSync(join(tmpdir(), 'left-'));
  try {
    const mine = (line: string): boolean => line.includes(tmp) || line.endsWith('sleep 60');
    expect(look(tmp).filter(mine)).toEqual([]);
    mkdirSync(join(tmp, 'folder'));
    // Told by the folder it works in alone.
    const child = Bun.spawn(['sleep', '60'], { cwd: tmp, env: {} });
    const left = look(tmp).filter(mine);
    child.kill();
    await child.exited;
    expect(left).toEqual([`file ${tmp}/folder`, `process ${child.pid} sleep 60`]);
    expect(look(tmp).filter(mine)).toEqual([`file ${tmp}/folder`]);
  } finally {
    rmSync(tmp, { recursive: true });
  }
});
