/**
 * The caller's terminal or pipes, tied to a container's streams: raw mode, window size, detach keys, input that ends,
 * output that is binary-safe and waits for slow readers.
 */
import { FdWriter } from '../../core/output.ts';
import { AT_FDCWD, close, O, tryOpenAt, tryWriteAll } from '../../core/sys/file.ts';
import { isTerminal, makeRaw, windowSize } from '../../core/sys/tty.ts';
import { AttachConnection } from '../../oci/runtime/attach.ts';
import { DetachKeys } from './detach-keys.ts';

export interface StreamOptions {
  /** Folder with conmon's `attach` socket and `ctl` fifo. */
  folder: string;
  /** The container has a terminal. */
  tty: boolean;
  /** Pass our stdin on. */
  stdin: boolean;
  stdout?: boolean;
  stderr?: boolean;
  /** As --detach-keys; empty disables. */
  detachKeys?: string;
}

export type StreamEnd = 'closed' | 'detached';

/** Ctrl-D. */
const END_OF_TRANSMISSION = 4;

export class StreamSession implements Disposable {
  private readonly resources = new DisposableStack();
  private readonly detached = Promise.withResolvers<StreamEnd>();

  private constructor(
    private readonly options: StreamOptions,
    private readonly connection: AttachConnection,
    private readonly keys: DetachKeys,
  ) {}

  /** Connects. Nothing is read from our stdin before {@link run}. */
  static async open(options: StreamOptions): Promise<StreamSession> {
    const keys = new DetachKeys(options.detachKeys);
    const stdout = new FdWriter(1);
    const stderr = new FdWriter(2);
    const connection = await AttachConnection.connect(`${options.folder}/attach`, {
      output: (stream, data) => {
        if (stream === 'stderr') return options.stderr === false ? undefined : stderr.write(data);
        return options.stdout === false ? undefined : stdout.write(data);
      },
    });
    const session = new StreamSession(options, connection, keys);
    session.resources.use(connection);
    if (options.tty) session.followWindowSize();
    return session;
  }

  /** Passes the streams until the container closes them, or the user detaches. */
  async run(): Promise<StreamEnd> {
    if (this.options.stdin) {
      if (this.options.tty && isTerminal(0)) this.resources.use(makeRaw(0));
      this.passInput().catch((error) => this.detached.reject(error));
    }
    return Promise.race([this.connection.closed.then((): StreamEnd => 'closed'), this.detached.promise]);
  }

  private async passInput(): Promise<void> {
    for await (const chunk of Bun.stdin.stream()) {
      const { pass, detach } = this.options.tty ? this.keys.filter(chunk) : { pass: chunk, detach: false };
      if (pass.length > 0) await this.connection.write(pass);
      if (detach) {
        this.detached.resolve('detached');
        return;
      }
    }
    // A terminal has no half-close; its line discipline takes Ctrl-D for the end.
    if (this.options.tty) await this.connection.write(Buffer.of(END_OF_TRANSMISSION));
    else this.connection.endInput();
  }

  /** conmon's control fifo takes `1 HEIGHT WIDTH`. */
  private followWindowSize(): void {
    const size = (): void => {
      const now = windowSize(0) ?? windowSize(1);
      if (now === undefined || now.rows === 0) return;
      const fd = tryOpenAt(AT_FDCWD, `${this.options.folder}/ctl`, O.WRONLY | O.NONBLOCK);
      // No reader: the container just ended.
      if (fd < 0) return;
      tryWriteAll(fd, Buffer.from(`1 ${now.rows} ${now.columns}\n`));
      close(fd);
    };
    size();
    process.on('SIGWINCH', size);
    this.resources.defer(() => process.off('SIGWINCH', size));
  }

  [Symbol.dispose](): void {
    this.resources[Symbol.dispose]();
  }
}

/** For streams that run while something else is awaited first: should they fail meanwhile, that is not unhandled. */
export function handledLater<T>(ended: Promise<T>): Promise<T> {
  ended.catch(() => {
    // Whoever awaits `ended` in the end gets the error.
  });
  return ended;
}
