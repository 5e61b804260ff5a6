/** Where bake's files are: named by `-f`, those of the current folder, or of a repository elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import { type BakeFile, DEFAULT_FILES } from '../../build/bake/files.ts';
import { messageOf, ProaError } from '../../core/error.ts';

/**
 * @param names as `-f` has them: paths, `cwd://PATH`, `-` for standard input
 * @param folder in which they are
 * @throws ProaError NO_BAKE_FILE, or the system's code
 */
export function openBakeFiles(names: readonly string[], folder: string): BakeFile[] {
  const found = names.length > 0 ? names : DEFAULT_FILES.filter((name) => existsSync(join(folder, name)));
  if (found.length === 0) {
    throw new ProaError('NO_BAKE_FILE', `there is no file to bake by in ${folder}`, {
      hint: `Name one with --file, or make one of ${DEFAULT_FILES.join(', ')}`,
    });
  }
  return found.map((name) => readBakeFile(name, folder));
}

function readBakeFile(name: string, folder: string): BakeFile {
  // Of a repository elsewhere, `cwd://` is still the folder here.
  const path = name.startsWith('cwd://')
    ? name.slice('cwd://'.length)
    : name.startsWith('/')
      ? name
      : join(folder, name);
  try {
    if (name === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
    return {
      name: folder === '.' ? name.replace('cwd://', '') : basename(path),
      text: readFileSync(path, 'utf8'),
    };
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'EIO';
    throw new ProaError(code, `read bake file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** What `.env` beside the first compose file says: `NAME=value` lines, with or without quotes. */
export function readDotenv(files: readonly string[], folder: string): Record<string, string> {
  const compose = files.find((name) => /\.ya?ml$/.test(name));
  const path = join(folder, compose === undefined ? '.' : dirname(compose), '.env');
  if (!existsSync(path)) return {};
  const pairs = [
    ...readFileSync(path, 'utf8').matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/gm),
  ];
  return Object.fromEntries(
    pairs.map(([, name, value]) => {
      const [, double, single] = /^(?:"([^"]*)"|'([^']*)')$/.exec(value!) ?? [];
      return [name!, double ?? single ?? value!.replace(/\s+#.*$/, '')];
    }),
  );
}
