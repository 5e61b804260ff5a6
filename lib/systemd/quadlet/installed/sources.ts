/** What `quadlet install` is given: files, a folder, several Quadlets in one file, or a URL. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path/posix';
import { hasCode, messageOf, ProaError } from '../../../core/error.ts';
import { KIND, KINDS, kindOf } from '../kinds.ts';

export interface NewFile {
  name: string;
  content: Uint8Array;
  /** As given, for messages. */
  origin: string;
}

export interface NewQuadlets {
  files: NewFile[];
  /** All go together, by this name. */
  application?: string;
}

/** Several Quadlets in one file, divided by lines of `---`, each with its `# FileName=`. */
const COLLECTION = '.quadlets';

/**
 * The first source is a Quadlet file, a collection or a folder; after a file, others are what it needs.
 * @throws ProaError NO_SUCH_FILE, NOT_A_QUADLET, FETCH_FAILED
 */
export async function readSources(sources: readonly string[]): Promise<NewQuadlets> {
  const [first, ...others] = sources;
  const folder = isUrl(first!) ? undefined : folderFiles(first!);
  const more = await Promise.all(others.map(readSource));
  if (folder !== undefined) return checked(first!, [...folder, ...more], basename(resolve(first!)));
  const file = await readSource(first!);
  if (!file.name.endsWith(COLLECTION)) {
    if (kindOf(file.name) === undefined)
      throw new ProaError('NOT_A_QUADLET', `install ${first}: not a Quadlet file, by its name`, {
        hint: `The name has to end in ${KINDS.map((kind) => `.${kind}`).join(', ')} or ${COLLECTION}`,
      });
    return { files: [file, ...more] };
  }
  return checked(first!, [...divide(file), ...more], file.name.slice(0, -COLLECTION.length));
}

function checked(source: string, files: NewFile[], application: string): NewQuadlets {
  if (!files.some(({ name }) => kindOf(name) !== undefined))
    throw new ProaError('NOT_A_QUADLET', `install ${source}: there is no Quadlet file in it`);
  return { files, application };
}

function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** Undefined when it is no folder. */
function folderFiles(source: string): NewFile[] | undefined {
  try {
    if (!statSync(source).isDirectory()) return undefined;
  } catch (error) {
    throw unreadable(source, error);
  }
  return readdirSync(source)
    .sort()
    .filter((name) => !name.startsWith('.') && statSync(`${source}/${name}`).isFile())
    .flatMap((name) => {
      const file = readFile(`${source}/${name}`);
      return name.endsWith(COLLECTION) ? divide(file) : [file];
    });
}

async function readSource(source: string): Promise<NewFile> {
  if (!isUrl(source)) return readFile(source);
  const name = basename(new URL(source).pathname);
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return { name, content: new Uint8Array(await response.arrayBuffer()), origin: source };
  } catch (error) {
    throw new ProaError('FETCH_FAILED', `fetch ${source}: ${messageOf(error)}`, { cause: error });
  }
}

function readFile(path: string): NewFile {
  try {
    return { name: basename(path), content: readFileSync(path), origin: path };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ProaError {
  const why = hasCode(error, 'ENOENT') ? 'no such file' : messageOf(error);
  return new ProaError('NO_SUCH_FILE', `install ${path}: ${why}`, { cause: error });
}

/** The kind of each is that of its first section that is ours. */
function divide({ content, origin }: NewFile): NewFile[] {
  const parts = Buffer.from(content)
    .toString('utf8')
    .split(/^---[ \t]*\r?$/m)
    .filter((part) => part.trim() !== '');
  return parts.map((part, at) => {
    const fail = (why: string) => {
      throw new ProaError('NOT_A_QUADLET', `install ${origin}: part ${at + 1}: ${why}`);
    };
    const name = /^[#;]\s*FileName=(\S+)\s*$/m.exec(part)?.[1] ?? fail('a line # FileName=NAME is missing');
    if (name.includes('/')) fail(`FileName=${name} must be a name alone`);
    const kind = KINDS.find((each) => new RegExp(`^\\[${KIND[each].section}\\]`, 'm').test(part));
    if (kind === undefined) fail('no section of it is a Quadlet’s');
    return { name: `${name}.${kind}`, content: Buffer.from(part.replace(/^\r?\n/, '')), origin };
  });
}
