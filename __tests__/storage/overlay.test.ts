import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mountOverlay, unmountOverlay } from '../../lib/storage/overlay.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

/** Mounting is root's. */
const describeAsRoot = process.geteuid!() === 0 ? describe : describe.skip;

describeAsRoot('overlay (skipped for users)', () => {
  let folder: TemporaryFolder;
  let target: string;
  beforeEach(() => {
    folder = new TemporaryFolder();
    target = `${folder.path}/merged`;
    for (const name of ['merged', 'upper', 'work']) mkdirSync(`${folder.path}/${name}`);
  });
  afterEach(() => {
    unmountOverlay(target);
    folder[Symbol.dispose]();
  });
  const layer = (name: string, files: Record<string, string>): string => {
    const path = `${folder.path}/${name}`;
    mkdirSync(path, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(`${path}/${file}`, text);
    return path;
  };
  const upper = () => ({ dir: `${folder.path}/upper`, work: `${folder.path}/work` });
  const read = (name: string): string => readFileSync(`${target}/${name}`, 'utf8');

  test('the topmost layer wins, and writing touches none of them', () => {
    const bottom = layer('bottom', { same: 'bottom', low: 'low', gone: '' });
    const top = layer('top', { same: 'top' });
    mountOverlay({ lower: [top, bottom], upper: upper(), target, userxattr: false });
    expect([read('same'), read('low')]).toEqual(['top', 'low']);
    writeFileSync(`${target}/low`, 'changed');
    rmSync(`${target}/gone`);
    unmountOverlay(target);
    expect(readFileSync(`${bottom}/low`, 'utf8')).toBe('low');
    expect(existsSync(`${bottom}/gone`)).toBe(true);
    expect(readFileSync(`${folder.path}/upper/low`, 'utf8')).toBe('changed');
  });

  test('without an upper folder it is a read-only view', () => {
    mountOverlay({ lower: [layer('a', { x: '' }), layer('b', { y: '' })], target, userxattr: false });
    expect(readdirSync(target).sort()).toEqual(['x', 'y']);
    expect(() => writeFileSync(`${target}/z`, '')).toThrow('EROFS');
  });

  test('more layers than a page of options could name', () => {
    const lower = Array.from({ length: 120 }, (_, i) =>
      layer(`layer-${'x'.repeat(60)}-${i}`, { [`file-${i}`]: '' }),
    );
    mountOverlay({ lower, upper: upper(), target, userxattr: false });
    expect(readdirSync(target)).toHaveLength(120);
  });

  test('paths too long for an option, with characters that an option would split', () => {
    const deep = `${'d'.repeat(200)}/${'e'.repeat(100)}:,\\`;
    const lower = [layer(`${deep}/a`, { x: 'a' }), layer(`${deep}/b`, { x: 'b', y: 'b' })];
    mountOverlay({ lower, upper: upper(), target, userxattr: false });
    expect([read('x'), read('y')]).toEqual(['a', 'b']);
  });

  test('several on one place all go, also while one is in use; none is fine', () => {
    const lower = [layer('a', { x: '' }), layer('b', { y: '' })];
    mountOverlay({ lower, target, userxattr: false });
    mountOverlay({ lower, target, userxattr: false });
    const user = Bun.spawn(['sleep', '60'], { cwd: target, stdio: ['ignore', 'ignore', 'ignore'] });
    unmountOverlay(target);
    expect(readdirSync(target)).toEqual([]);
    user.kill('SIGKILL');
    unmountOverlay(target);
    unmountOverlay(`${folder.path}/missing`);
  });

  test('a failure says which mount, and why', () => {
    expect(() => mountOverlay({ lower: [`${folder.path}/missing`], target, userxattr: false })).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        message: expect.stringContaining(`mount overlay on ${target}: `),
      }),
    );
  });
});
