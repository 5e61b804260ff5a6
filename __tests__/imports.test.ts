/** The arrows of ARCHITECTURE.md ("Rooms"), held by reading every import in bin/ and lib/. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..');

/** What each room may import, besides itself. */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  'oci/model': ['core'],
  cli: ['core'],
  'oci/registry': ['oci/model', 'core'],
  'oci/runtime': ['oci/model', 'core'],
  'oci/trust': ['oci/model', 'core'],
  rootless: ['oci/model', 'core'],
  storage: ['rootless', 'oci/model', 'core'],
  netns: ['rootless', 'oci/model', 'core'],
  build: ['oci/model', 'core'],
  engine: [
    'oci/registry',
    'oci/runtime',
    'oci/trust',
    'storage',
    'netns',
    'rootless',
    'build',
    'oci/model',
    'core',
  ],
  systemd: ['engine', 'storage', 'rootless', 'oci/model', 'core'],
  commands: [
    'cli',
    'systemd',
    'engine',
    'oci/registry',
    'oci/runtime',
    'oci/trust',
    'storage',
    'netns',
    'rootless',
    'build',
    'oci/model',
    'core',
  ],
  bin: ['commands', 'cli', 'rootless', 'storage', 'core'],
};

/** Commands whose milliseconds people count, and the only modules from outside that they may load at once. */
const HOT = ['run', 'create', 'start', 'exec', 'ps', 'stop', 'rm', 'wait', 'kill', 'cleanup'];
const LIGHT = ['bun:ffi', 'node:fs', 'node:path/posix'];

interface Import {
  file: string;
  /** Relative to the repository, or the name of a module from outside. */
  target: string;
}

const files = ['bin', 'lib'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);
const sources = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
const transpiler = new Bun.Transpiler({ loader: 'ts' });

const resolve = (file: string, path: string): Import => ({
  file,
  target: path.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), path)) : path,
});

/** Every import: of values and of types, static and dynamic. */
const allImports = files.flatMap((file) =>
  Array.from(sources.get(file)!.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm), ([, path]) =>
    resolve(file, path!),
  ),
);

/** The modules that are loaded together with each file. */
const loadedWith = new Map(
  files.map((file) => [
    file,
    transpiler
      .scanImports(sources.get(file)!)
      .filter(({ kind }) => kind === 'import-statement')
      .map(({ path }) => resolve(file, path).target),
  ]),
);

function roomOf(file: string): string {
  if (file.startsWith('bin/')) return 'bin';
  return /^lib\/(oci\/[^/]+|[^/]+)\//.exec(file)?.[1] ?? file;
}

/** Lines of code (no comments) that match, as `file: line`. */
function linesMatching(pattern: RegExp): string[] {
  return files.flatMap((file) =>
    sources
      .get(file)!
      .split('\n')
      .filter((line) => pattern.test(line) && !/^\s*(\/?\*|\/\/)/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

test('the imports are seen at all', () => {
  expect(allImports.length).toBeGreaterThan(500);
  expect(loadedWith.get('bin/proa.ts')).toContain('lib/cli/dispatch.ts');
});

test('every import leads to a file', () => {
  const dangling = allImports.filter(({ target }) => target.endsWith('.ts') && !sources.has(target));
  expect(dangling).toEqual([]);
});

test('imports run one way', () => {
  const wrong = allImports.filter(({ file, target }) => {
    if (!sources.has(target)) return false;
    const [from, to] = [roomOf(file), roomOf(target)];
    return from !== to && !ARROWS[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test('no module loads itself, in however many steps', () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of loadedWith.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test('system calls by FFI are made in lib/core/sys alone', () => {
  const users = allImports.filter(({ target }) => target === 'bun:ffi').map(({ file }) => file);
  expect(users).not.toEqual([]);
  expect(users.filter((file) => !file.startsWith('lib/core/sys/'))).toEqual([]);
});

test('only bin exits', () => {
  expect(linesMatching(/process\.(exit|exitCode|abort|kill\(process\.pid)\b/)).toEqual([
    'bin/proa.ts: process.exit(code);',
  ]);
});

test('only commands print, and what draws on the terminal for them', () => {
  expect(linesMatching(/\bconsole\./)).toEqual([]);
  const printing = linesMatching(/process\.(stdout|stderr)\b/);
  expect(printing.filter((line) => !/^(bin|lib\/commands|lib\/cli)\//.test(line))).toEqual([]);
});

test.each(HOT)('%s loads nothing heavy before it works', (verb) => {
  const start = `lib/commands/container/${verb}.ts`;
  expect(sources.has(start)).toBe(true);
  const loaded = new Set<string>();
  const heavy: Import[] = [];
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const target of loadedWith.get(file)!) {
      if (sources.has(target)) visit(target);
      else if (!LIGHT.includes(target)) heavy.push({ file, target });
    }
  };
  visit('bin/proa.ts');
  visit(start);
  expect(heavy).toEqual([]);
});
