/**
 * Simple signing: OpenPGP by the real gpg (container-signature(5), "OpenPGP signature verification"). Checking happens
 * in a GNUPGHOME of its own that holds the trusted keys and nothing else, so a key of the user's never counts.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';

/** Bytes that a signed text may unfold to. */
const CONTENT_MAX = 1 << 20;
const TIMEOUT = 60_000;

export interface VerifiedContent {
  readonly bytes: Buffer;
  /** Of the primary key. */
  readonly fingerprint: string;
}

/** Trusted public keys. Disposed, its folder is gone. */
export class GpgKeyring implements AsyncDisposable {
  private signatures = 0;

  private constructor(private readonly home: string) {}

  /**
   * @param keys key rings as `gpg --export` writes them, in ASCII armor or not
   * @throws ProaError PROGRAM_MISSING, GPG_FAILED when there is no key in one of them
   */
  static async open(keys: readonly Uint8Array[]): Promise<GpgKeyring> {
    await using stack = new AsyncDisposableStack();
    // Below TMPDIR, and short: gpg makes sockets in it that have room for 107 bytes.
    const keyring = stack.use(new GpgKeyring(await mkdtemp(join(tmpdir(), 'proa-gpg-'))));
    for (const key of keys) {
      const { status, error } = await keyring.gpg('import', ['--import'], key);
      if (!status.some(([word]) => word === 'IMPORT_OK'))
        throw new ProaError('GPG_FAILED', `read public key: gpg: ${error || 'there is no key in it'}`);
    }
    stack.move();
    return keyring;
  }

  /**
   * The text of a signed message that one of the keys signed.
   * @throws ProaError INVALID_SIGNATURE also for a key or a signature that expired or was revoked, and for a message
   * that is not signed at all
   */
  async verify(signature: Uint8Array): Promise<VerifiedContent> {
    const content = join(this.home, `content-${this.signatures++}`);
    const { status, error, code } = await this.gpg(
      'verify',
      ['--max-output', String(CONTENT_MAX), '--output', content, '--verify'],
      signature,
    );
    const words = status.map(([word]) => word);
    const [good, valid] = [only(status, 'GOODSIG'), only(status, 'VALIDSIG')];
    if (code !== 0 || !good || !valid || words.some((word) => SPOILED.has(word!)))
      throw new ProaError('INVALID_SIGNATURE', `verify signature: ${reason(words, error)}`);
    // doc/DETAILS of GnuPG: the last argument of VALIDSIG is the primary key's fingerprint.
    return { bytes: await readFile(content), fingerprint: valid.at(-1)! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  /** Runs gpg in the ring's home. @returns its status lines as words, without `[GNUPG:]` */
  private async gpg(
    name: string,
    args: readonly string[],
    input: Uint8Array,
  ): Promise<{ status: string[][]; error: string; code: number | undefined }> {
    const [file, log] = [join(this.home, `${name}.in`), join(this.home, `${name}.status`)];
    await writeFile(file, input);
    const isolated = ['--homedir', this.home, '--no-options', '--no-autostart', '--disable-dirmngr'];
    // The caller chose the keys, so no web of trust is asked for.
    const quiet = ['--batch', '--no-tty', '--quiet', '--trust-model', 'always', '--status-file', log];
    const { stderr, exitCode } = await runGpg([...isolated, ...quiet, ...args, '--', file]);
    const status = (await readFile(log, 'utf8').catch(() => '')) // gpg makes none when it cannot even start
      .split('\n')
      .filter((line) => line.startsWith('[GNUPG:] '))
      .map((line) => line.slice('[GNUPG:] '.length).split(' '));
    return { status, error: firstLine(stderr), code: exitCode };
  }
}

export interface GpgSigner {
  /** Whatever gpg takes for a user: fingerprint, key id, mail address. */
  readonly key: string;
  /** Its first line is the passphrase; without it, gpg's agent asks. */
  readonly passphraseFile?: string | undefined;
}

/** A signed message with this text, by a secret key of the user's. @throws ProaError PROGRAM_MISSING, GPG_FAILED */
export async function gpgSign(text: Uint8Array, { key, passphraseFile }: GpgSigner): Promise<Uint8Array> {
  const passphrase =
    passphraseFile === undefined ? [] : ['--pinentry-mode', 'loopback', '--passphrase-file', passphraseFile];
  const args = ['--batch', '--quiet', '--local-user', key, ...passphrase, '--output', '-', '--sign'];
  const { stdout, stderr, exitCode } = await runGpg(args, text);
  if (exitCode === 0 && stdout.length > 0) return stdout;
  throw new ProaError('GPG_FAILED', `sign as ${key}: gpg: ${firstLine(stderr) || 'it failed'}`, {
    hint: 'See your keys: gpg --list-secret-keys',
  });
}

/** The mail addresses in key rings, or the whole user id where one has none. For people to read: nothing is verified. */
export async function gpgUserIds(keys: readonly Uint8Array[]): Promise<string[]> {
  const lists = keys.map(async (key) => {
    const args = ['--batch', '--quiet', '--no-options', '--with-colons', '--show-keys'];
    const { stdout } = await runGpg(args, key);
    const ids = new TextDecoder()
      .decode(stdout)
      .split('\n')
      .filter((line) => line.startsWith('uid:'))
      .map((line) => unescapeColons(line.split(':')[9] ?? ''));
    return ids.map((id) => /<([^<>]+)>/.exec(id)?.[1] ?? id);
  });
  return [...new Set((await Promise.all(lists)).flat())];
}

async function runGpg(args: readonly string[], input?: Uint8Array) {
  const { execa } = await import('execa');
  const program = findProgram('gpg');
  const result = await execa(program, args, {
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    encoding: 'buffer',
    reject: false,
    timeout: TIMEOUT,
    env: { LC_ALL: 'C' },
  });
  return {
    stdout: result.stdout as Uint8Array,
    stderr: new TextDecoder().decode(result.stderr as Uint8Array),
    exitCode: result.exitCode,
  };
}

/** The arguments of a status line that is there exactly once: a message with two signatures is of two minds. */
function only(status: readonly string[][], word: string): string[] | undefined {
  const lines = status.filter(([name]) => name === word);
  return lines.length === 1 ? lines[0]!.slice(1) : undefined;
}

/** Words of gpg's for a signature that may be whole but does not count. */
const SPOILED = new Set([
  'BADSIG',
  'ERRSIG',
  'EXPSIG',
  'EXPKEYSIG',
  'REVKEYSIG',
  'NODATA',
  'UNEXPECTED',
  'DECRYPTION_FAILED',
]);

function reason(words: readonly (string | undefined)[], error: string): string {
  if (words.includes('NO_PUBKEY')) return 'it is by a key that is not trusted here';
  if (words.includes('REVKEYSIG')) return 'its key is revoked';
  if (words.includes('EXPKEYSIG')) return 'its key has expired';
  if (words.includes('EXPSIG')) return 'it has expired';
  if (words.includes('BADSIG')) return 'it is forged: it does not belong to its text';
  return `it is no signed message of OpenPGP${error === '' ? '' : ` (gpg: ${error})`}`;
}

function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  return line.replace(/^gpg: /, '').trim();
}

/** In `--with-colons`, a colon is `\x3a`. */
function unescapeColons(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
