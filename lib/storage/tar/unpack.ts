/**
 * Unpacks a layer in a child process of the same program: a second processor's work, and a root of its own, so that
 * no path in an archive leads out of the layer. See unpack-child.ts.
 */
import { addContext, ProaError } from '../../core/error.ts';
import { selfCommand } from '../../core/self.ts';
import { close, O, open, pipe, position, setNonBlocking, tryWriteAll } from '../../core/sys/file.ts';
import type { UnpackArguments, UnpackReply, UnpackResult } from './unpack-protocol.ts';

export type { UnpackResult } from './unpack-protocol.ts';

/** The hidden verb that serves {@link runUnpackChild}. */
export const UNPACK_VERB = '__unpack';

export interface UnpackOptions extends Omit<UnpackArguments, 'compression'> {
  /** Default `auto`: by the first bytes. */
  compression?: UnpackArguments['compression'];
  /** The words in front of the verb; default: this program. */
  command?: readonly string[];
}

export interface Unpacker extends AsyncDisposable {
  /**
   * Passes on the next compressed bytes. Wait for it before the next write and before reusing `chunk`.
   * @throws ProaError what the child failed with, as soon as it did
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the input and waits for the result. */
  finish(): Promise<UnpackResult>;
  /** Ends the child, whatever it is doing, and waits until it is gone. What it wrote stays for the caller to remove. */
  abort(): Promise<void>;
}

/** What a child that died without a word may have said on standard error. */
const STDERR_LIMIT = 4096;

/**
 * Starts the child. Flushing the layer's files to the disk is the caller's matter.
 * @throws ProaError (from `write` and `finish`) BAD_ARCHIVE, HOSTILE_ARCHIVE, BAD_COMPRESSION, DIGEST_MISMATCH,
 * ID_NOT_MAPPED, PROGRAM_MISSING, UNPACK_DIED, or an errno's name (ENOSPC) with the entry's name in the message
 */
export function openUnpacker(options: UnpackOptions): Unpacker {
  const { command = selfCommand(), compression = 'auto', ...rest } = options;
  const child = spawnChild(() => {
    const args: UnpackArguments = { ...rest, compression };
    const words = [...command, UNPACK_VERB, JSON.stringify(args)];
    return Bun.spawn(words, { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  });
  const result = resultOf(child);
  const abort = (): Promise<void> => kill(child);

  return {
    async write(chunk) {
      try {
        // Either may be the promise that fails, and neither may fail unheard.
        await Promise.all([child.stdin.write(chunk), child.stdin.flush()]);
      } catch (cause) {
        // The child closed its end: only a failure makes it do so.
        await result();
        throw new ProaError('UNPACK_DIED', 'unpack layer: it ended before its input did', { cause });
      }
    },
    async finish() {
      try {
        await child.stdin.end();
      } catch {
        // It is gone already; the result says why.
      }
      return result();
    },
    abort,
    [Symbol.asyncDispose]: abort,
  };
}

/** An unpacker that reads a file by itself while the file still grows: nothing is copied from process to process. */
export interface FollowingUnpacker extends AsyncDisposable {
  /** The file has grown. */
  more(): void;
  /** How many bytes of the file it has read. */
  position(): number;
  /** The file is complete. */
  end(): void;
  /** Fails as soon as the child does, see {@link openUnpacker}. */
  readonly result: Promise<UnpackResult>;
  abort(): Promise<void>;
}

/** Starts the child on `file`, from its first byte. The rest is as with {@link openUnpacker}. */
export function followFile(file: string, options: UnpackOptions): FollowingUnpacker {
  const { command = selfCommand(), compression = 'auto', ...rest } = options;
  const input = open(file, O.RDONLY);
  const growth = pipe();
  // A child that lags needs no second reminder, so a full pipe is no reason to wait.
  setNonBlocking(growth.write);
  const child = spawnChild(() => {
    const args: UnpackArguments = { ...rest, compression, follow: true };
    const words = [...command, UNPACK_VERB, JSON.stringify(args)];
    try {
      return Bun.spawn(words, { stdio: [input, 'pipe', 'pipe', growth.read] });
    } catch (error) {
      close(input);
      throw error;
    } finally {
      close(growth.read);
    }
  });
  const result = resultOf(child)();
  let reading = true;
  const ended = (): void => {
    reading = false;
    close(input);
  };
  // Who aborts does not wait for it.
  result.then(ended, ended);
  let growing = true;
  const end = (): void => {
    if (growing) close(growth.write);
    growing = false;
  };
  const abort = async (): Promise<void> => {
    end();
    await kill(child);
  };
  return {
    more: () => {
      if (growing) tryWriteAll(growth.write, MORE);
    },
    // The child reads through the same open file.
    position: () => (reading ? position(input) : Number.POSITIVE_INFINITY),
    end,
    result,
    abort,
    [Symbol.asyncDispose]: abort,
  };
}

const MORE = Buffer.of(1);

type Child = Bun.Subprocess<'pipe' | number, 'pipe', 'pipe'>;

function spawnChild<T extends Child>(spawn: () => T): T {
  try {
    return spawn();
  } catch (error) {
    // The executable may have been replaced or removed while it runs.
    throw addContext(error, 'unpack layer: start a process');
  }
}

async function kill(child: Child): Promise<void> {
  child.kill('SIGKILL');
  await child.exited;
}

/** Waits for the child's answer, as often as it is called. */
function resultOf(child: Child): () => Promise<UnpackResult> {
  // Read from the start, so that a talkative child cannot block on a full pipe.
  const stdout = new Response(child.stdout).text();
  const stderr = new Response(child.stderr).text();
  return async () => {
    const [code, line, said] = await Promise.all([child.exited, stdout, stderr]);
    const reply = parseReply(line);
    if (reply === undefined) throw died(code, child.signalCode, said);
    if ('result' in reply) return reply.result;
    const { code: errorCode, message, hint } = reply.error;
    throw new ProaError(errorCode, message, { hint });
  };
}

function parseReply(line: string): UnpackReply | undefined {
  try {
    return JSON.parse(line) as UnpackReply;
  } catch {
    return undefined; // it died before it could answer
  }
}

function died(code: number, signal: NodeJS.Signals | number | null, said: string): ProaError {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const tail = said.trim().slice(-STDERR_LIMIT);
  return new ProaError(
    'UNPACK_DIED',
    `unpack layer: the process ended ${how}${tail === '' ? '' : `: ${tail}`}`,
    {
      hint: signal === 'SIGKILL' ? 'it may have run out of memory: see dmesg' : undefined,
    },
  );
}
