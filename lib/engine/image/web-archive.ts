/** An archive on a web server. */
import { messageOf, ProaError } from '../../core/error.ts';

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** The URL for people: a password in it is not repeated. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}

/** The file's bytes as they are stored there. Throws ProaError DOWNLOAD_FAILED. */
export async function* readUrl(url: string): AsyncGenerator<Uint8Array, void> {
  try {
    // A .tar.gz that is sent with Content-Encoding must not be unfolded here.
    const response = await fetch(url, { decompress: false } as RequestInit);
    if (!response.ok || response.body === null) {
      throw new ProaError('DOWNLOAD_FAILED', `the server answers ${response.status} ${response.statusText}`);
    }
    yield* response.body;
  } catch (cause) {
    if (cause instanceof ProaError) throw cause;
    throw new ProaError('DOWNLOAD_FAILED', messageOf(cause), { cause });
  }
}
