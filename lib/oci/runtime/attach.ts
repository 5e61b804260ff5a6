/**
 * The attach socket of conmon: SOCK_SEQPACKET, one packet a read. The first byte of a packet from conmon says which
 * stream it belongs to; packets to conmon are the container's raw input.
 */
import { ProaError } from '../../core/error.ts';
import { sysError } from '../../core/sys/libc.ts';
import { tryConnectSeqpacket } from '../../core/sys/socket.ts';

/** conmon reads its clients with a buffer of this size (STDIO_BUF_SIZE) and a longer packet would be cut. */
const PACKET = 8192;

export interface AttachHandlers {
  /** Return a promise to stop the flow until it is done. `data` is only valid during the call. */
  output(stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void> | undefined;
}

interface Socket {
  write(data: Uint8Array): number;
  shutdown(): void;
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

export class AttachConnection implements Disposable {
  private socket: Socket | undefined;
  private drained: (() => void) | undefined;
  private broken: unknown;
  private readonly finished = Promise.withResolvers<void>();
  /** Resolves when conmon closed the connection: the container's streams ended, or its conmon did. */
  readonly closed: Promise<void> = this.finished.promise;

  private constructor(private readonly handlers: AttachHandlers) {}

  /** @throws ProaError with the errno's name when nothing listens at `path` */
  static async connect(path: string, handlers: AttachHandlers): Promise<AttachConnection> {
    const fd = tryConnectSeqpacket(path);
    if (fd < 0) throw sysError(-fd, 'attach to', path);
    const connection = new AttachConnection(handlers);
    await connection.adopt(fd);
    return connection;
  }

  /** Bun's event loop takes the connected descriptor; its recv(2) keeps packet boundaries, one packet a callback. */
  private async adopt(fd: number): Promise<void> {
    let paused: Promise<void> | undefined;
    const connect = Bun.connect as unknown as (options: object) => Promise<Socket>;
    this.socket = await connect({
      fd,
      allowHalfOpen: true,
      socket: {
        data: (socket: Socket, packet: Uint8Array) => {
          const stream = packet[0] === 3 ? 'stderr' : 'stdout';
          let wait: Promise<void> | undefined;
          try {
            wait = this.handlers.output(stream, packet.subarray(1));
          } catch (error) {
            this.fail(error);
            return;
          }
          if (wait === undefined) return;
          if (paused === undefined) socket.pause();
          const mine = wait.then(
            () => {
              if (paused !== mine) return;
              paused = undefined;
              socket.resume();
            },
            (error) => this.fail(error),
          );
          paused = mine;
        },
        drain: () => {
          const resolve = this.drained;
          this.drained = undefined;
          resolve?.();
        },
        close: () => {
          // What the last packets still write is part of the stream.
          (paused ?? Promise.resolve()).then(() => this.settle());
        },
        error: (_socket: Socket, error: Error) => {
          this.fail(error);
        },
      },
    });
  }

  private fail(error: unknown): void {
    this.broken ??= error;
    this.socket?.terminate();
    this.settle();
  }

  private settle(): void {
    this.drained?.();
    if (this.broken === undefined) this.finished.resolve();
    else this.finished.reject(this.broken);
  }

  /** Sends input, in packets that conmon takes whole. Waits while the container does not read. */
  async write(data: Uint8Array): Promise<void> {
    for (let offset = 0; offset < data.length; ) {
      if (this.socket === undefined)
        throw new ProaError('EPIPE', 'write to container: not attached any more');
      const packet = data.subarray(offset, offset + PACKET);
      const written = this.socket.write(packet);
      if (written < 0) return;
      offset += written;
      if (written < packet.length) {
        await new Promise<void>((resolve) => {
          this.drained = resolve;
        });
      }
    }
  }

  /** The input ended: conmon closes the container's stdin. */
  endInput(): void {
    this.socket?.shutdown();
  }

  [Symbol.dispose](): void {
    this.socket?.terminate();
    this.socket = undefined;
  }
}
