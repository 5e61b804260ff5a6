/** `--cidfile FILE`: made before the container, as Docker does it, so that a file which cannot be written costs none. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';

export class CidFile implements Disposable {
  private written = false;

  private constructor(private readonly path: string | undefined) {}

  /** @throws ProaError CIDFILE_EXISTS: it names another container; CIDFILE when it cannot be made */
  static create(path: string | undefined): CidFile {
    if (path !== undefined) makeEmpty(path);
    return new CidFile(path);
  }

  write(id: string): void {
    if (this.path !== undefined) writeFileSync(this.path, id);
    this.written = true;
  }

  /** Without a container there is no file. */
  [Symbol.dispose](): void {
    if (this.path !== undefined && !this.written) rmSync(this.path, { force: true });
  }
}

function makeEmpty(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx' });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      throw new ProaError('CIDFILE_EXISTS', `write container id file ${path}: it exists already`, {
        hint: 'Remove it when its container is gone',
      });
    }
    throw new ProaError('CIDFILE', `write container id file ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The id in a file that {@link CidFile} wrote. @throws ProaError CIDFILE */
export function readCidFile(path: string): string {
  try {
    const id = readFileSync(path, 'utf8').trim();
    if (id !== '') return id;
  } catch (error) {
    throw new ProaError('CIDFILE', `read container id file ${path}: ${messageOf(error)}`, { cause: error });
  }
  throw new ProaError('CIDFILE', `read container id file ${path}: it is empty`);
}
