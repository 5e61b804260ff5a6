import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { mountOverlay, unmountOverlay } from '../../lib/storage/overlay.ts';

const asRoot = process.geteuid!() === 0 ? describe : describe.skip;

/** How often something is mounted there: mounts may lie upon each other. */
const mountsOn = (target: string): number =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[4] === target).length;

asRoot('as root (mounts)', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/proa-overlay-`);
    for (const name of ['low', 'high', 'upper', 'work', 'target']) mkdirSync(`${folder}/${name}`);
    for (const name of ['low', 'high']) writeFileSync(`${folder}/${name}/file`, name);
  });
  afterEach(() => {
    unmountOverlay(`${folder}/target`);
    rmSync(folder, { recursive: true });
  });
  const mount = (lower: string[], upper = true) =>
    mountOverlay({
      lower,
      upper: upper ? { dir: `${folder}/upper`, work: `${folder}/work` } : undefined,
      target: `${folder}/target`,
      userxattr: false,
    });

  test('the topmost layer wins, and what is written goes to the upper folder', () => {
    mount([`${folder}/high`, `${folder}/low`]);
    expect(readFileSync(`${folder}/target/file`, 'utf8')).toBe('high');
    writeFileSync(`${folder}/target/new`, 'text');
    expect(readFileSync(`${folder}/upper/new`, 'utf8')).toBe('text');
  });

  test('mounts once', () => {
    mount([`${folder}/low`]);
    expect(mountsOn(`${folder}/target`)).toBe(1);
  });

  test('a path that is too long for one option of the mount API', () => {
    const long = `${folder}/${'x'.repeat(200)}/${'y'.repeat(200)}`;
    mkdirSync(long, { recursive: true });
    writeFileSync(`${long}/file`, 'long');
    mount([long, `${folder}/low`]);
    expect(mountsOn(`${folder}/target`)).toBe(1);
    expect(readFileSync(`${folder}/target/file`, 'utf8')).toBe('long');
  });

  test('unmounting takes all that lies there, and nothing is fine', () => {
    mount([`${folder}/low`]);
    mount([`${folder}/high`, `${folder}/low`], false);
    expect(mountsOn(`${folder}/target`)).toBe(2);
    unmountOverlay(`${folder}/target`);
    expect(mountsOn(`${folder}/target`)).toBe(0);
    unmountOverlay(`${folder}/target`);
    unmountOverlay(`${folder}/absent`);
  });

  test('a lower folder that is missing is named by the kernel or by us', () => {
    expect(() => mount([`${folder}/absent`])).toThrow(/mount overlay on .*target: /);
    expect(mountsOn(`${folder}/target`)).toBe(0);
  });

  test('more layers than a page of options could name', () => {
    const layers = Array.from({ length: 120 }, (_, i) => `${folder}/layer-${'x'.repeat(60)}-${i}`);
    for (const [i, layer] of layers.entries()) {
      mkdirSync(layer);
      writeFileSync(`${layer}/file-${i}`, '');
    }
    mount(layers);
    expect(readdirSync(`${folder}/target`)).toHaveLength(120);
  });

  test('a long path with characters that would split the options of mount(2)', () => {
    const odd = `${folder}/${'x'.repeat(250)}/a:b,c\\d`;
    mkdirSync(odd, { recursive: true });
    writeFileSync(`${odd}/file`, 'odd');
    mount([odd, `${folder}/low`]);
    expect(readFileSync(`${folder}/target/file`, 'utf8')).toBe('odd');
  });
});
