/** A connected UDP socket, for one question and its answer. */
import { close } from './file.ts';
import { address, syscall } from './libc.ts';
import { NR } from './numbers.ts';
import { POLLIN, poll } from './poll.ts';
import { tryReceive, trySend } from './socket.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

/** It stays in the network namespace in which it was opened, wherever the thread goes. */
export class UdpSocket implements Disposable {
  private constructor(private readonly fd: number) {}

  /** @param ip 4 or 16 bytes. @returns the socket, or -errno when there is no way to that address */
  static connect(ip: Uint8Array, port: number): UdpSocket | number {
    const v6 = ip.length === 16;
    const fd = syscall(NR.socket, v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    const to = Buffer.alloc(v6 ? 28 : 16);
    to.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
    to.writeUInt16BE(port, 2);
    to.set(ip, v6 ? 8 : 4);
    const result = syscall(NR.connect, fd, address(to), to.length);
    if (result >= 0) return new UdpSocket(fd);
    close(fd);
    return result;
  }

  /** Sends and waits for one datagram. @returns undefined when none came in time, or the port is closed */
  ask(question: Uint8Array, milliseconds: number): Buffer | undefined {
    if (trySend(this.fd, question) < 0) return undefined;
    const [events] = poll([{ fd: this.fd, events: POLLIN }], milliseconds);
    if (((events ?? 0) & POLLIN) === 0) return undefined;
    const answer = Buffer.alloc(4096);
    const size = tryReceive(this.fd, answer);
    return size < 0 ? undefined : answer.subarray(0, size);
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}
