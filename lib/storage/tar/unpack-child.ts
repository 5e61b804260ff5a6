/**
 * The process that unpacks one layer: compressed bytes on standard input (a stream, or a file that may still grow), one
 * line of JSON on standard output.
 *
 * It changes its root to the new layer's folder before it looks at the archive: what it holds open besides is the
 * recipe's file and the three standard streams. Reading blocks, decoding and writing follow at once on the same
 * thread; the sender's socket is all the buffer there is, so memory is that of Bun and of two buffers.
 */
import { ProaError } from '../../core/error.ts';
import { close, O, open, tryRead, writeAll } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { POLLIN, poll } from '../../core/sys/poll.ts';
import { chroot, setParentDeathSignal } from '../../core/sys/process.ts';
import { detectCompression, MAGIC_LENGTH, openDecoder } from './compression.ts';
import { Extractor } from './extract.ts';
import { TarReader } from './reader.ts';
import { RecipeWriter } from './recipe.ts';
import { GROWTH, type UnpackArguments, type UnpackReply, type UnpackResult } from './unpack-protocol.ts';

const STDIN = 0;
const STDOUT = 1;
const SIGKILL = 9;
const EAGAIN = -11;
const CHUNK = 1 << 20;

/**
 * Serves one {@link UnpackArguments}, given as JSON.
 * @returns the exit code: 0, or 1 after an error, which the line on standard output tells
 */
export async function runUnpackChild(json: string): Promise<number> {
  let reply: UnpackReply;
  try {
    setParentDeathSignal(SIGKILL);
    reply = { result: await unpack(JSON.parse(json) as UnpackArguments) };
  } catch (error) {
    reply = { error: describe(error) };
  }
  writeAll(STDOUT, Buffer.from(`${JSON.stringify(reply)}\n`), 'result');
  return 'result' in reply ? 0 : 1;
}

function describe(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof ProaError)) return { code: 'INTERNAL', message: `unpack layer: ${String(error)}` };
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

async function unpack(args: UnpackArguments): Promise<UnpackResult> {
  const input = new Input(args);
  const compression = args.compression === 'auto' ? detectCompression(input.peek()) : args.compression;
  using decoder = openDecoder(compression);
  using resources = new DisposableStack();
  const recipeFd = open(args.recipe, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
  resources.defer(() => close(recipeFd));

  chroot(args.target);
  const recipe = new RecipeWriter(recipeFd, args.recipe);
  const { xattrPrefix, ignoreOwner } = args;
  const rootFd = open('/', O.RDONLY | O.DIRECTORY);
  const extractor = resources.use(new Extractor(rootFd, { recipe, xattrPrefix, ignoreOwner }));
  const reader = new TarReader(extractor);
  const plain = new Measured(args.expectedDiffId);
  for await (const bytes of decoder.decode(input.chunks())) {
    plain.update(bytes);
    reader.write(bytes);
  }
  const { digest, size } = input.finish();
  reader.end();
  const { digest: diffId, size: plainSize } = plain.finish('diff id');
  const extracted = extractor.finish();
  recipe.finish();
  return { digest, size, diffId, plainSize, ...extracted };
}

/** Bytes counted and hashed. */
class Measured {
  private readonly algorithm: string;
  private readonly hasher: Bun.CryptoHasher;
  size = 0;

  /** @param expected digest that the bytes should have */
  constructor(private readonly expected: string | undefined) {
    this.algorithm = expected?.split(':')[0] ?? 'sha256';
    if (!/^sha(256|384|512)$/.test(this.algorithm)) {
      throw new ProaError('BAD_DIGEST', `verify ${expected}: unknown algorithm`);
    }
    this.hasher = new Bun.CryptoHasher(this.algorithm as 'sha256');
  }

  update(bytes: Uint8Array): void {
    this.hasher.update(bytes);
    this.size += bytes.length;
  }

  /** @throws ProaError DIGEST_MISMATCH */
  finish(what: string): { digest: string; size: number } {
    const digest = `${this.algorithm}:${this.hasher.digest('hex')}`;
    if (this.expected !== undefined && digest !== this.expected) {
      throw mismatch(`its ${what} is ${digest}, not ${this.expected}`);
    }
    return { digest, size: this.size };
  }
}

/** Standard input in blocks, measured as it is read. */
class Input {
  private readonly buffer = Buffer.allocUnsafe(CHUNK);
  private readonly measured: Measured;
  /** Bytes that {@link peek} read ahead. */
  private ahead = 0;
  /** No more bytes will come than are there. */
  private complete: boolean;
  private readonly signals = Buffer.allocUnsafe(4096);

  constructor(private readonly args: UnpackArguments) {
    this.measured = new Measured(args.expectedDigest);
    this.complete = !args.follow;
  }

  /** The first bytes, which stay to be read. */
  peek(): Uint8Array {
    while (this.ahead < MAGIC_LENGTH) {
      const n = this.read(this.buffer.subarray(this.ahead));
      if (n === 0) break;
      this.ahead += n;
    }
    return this.buffer.subarray(0, this.ahead);
  }

  *chunks(): Iterable<Uint8Array> {
    for (let n = this.ahead || this.read(this.buffer); n > 0; n = this.read(this.buffer)) {
      const bytes = this.buffer.subarray(0, n);
      this.measured.update(bytes);
      this.checkSize(this.measured.size > (this.args.expectedSize ?? Number.POSITIVE_INFINITY));
      yield bytes;
    }
  }

  finish(): { digest: string; size: number } {
    const { expectedSize } = this.args;
    this.checkSize(expectedSize !== undefined && this.measured.size !== expectedSize);
    return this.measured.finish('digest');
  }

  private checkSize(wrong: boolean): void {
    if (!wrong) return;
    throw mismatch(`it has ${this.measured.size} bytes or more, not ${this.args.expectedSize}`);
  }

  private read(into: Uint8Array): number {
    for (;;) {
      // Asked before reading: what arrives between the two is read in the next round.
      const complete = this.complete;
      const n = tryRead(STDIN, into);
      if (n > 0) return n;
      if (n === 0 && complete) return 0;
      if (n === 0) this.waitForGrowth();
      else if (n !== EAGAIN) throw sysError(-n, 'read layer');
      else poll([{ fd: STDIN, events: POLLIN }], -1);
    }
  }

  private waitForGrowth(): void {
    const n = tryRead(GROWTH, this.signals);
    if (n < 0) throw sysError(-n, 'follow layer');
    this.complete = n === 0;
  }
}

function mismatch(why: string): ProaError {
  return new ProaError('DIGEST_MISMATCH', `verify layer: ${why}`, {
    hint: 'it was altered on its way or in the registry; pull again, and tell the registry if it stays so',
  });
}
