/** Terminals: ioctl_tty(2). */
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';

const TCGETS = 0x5401;
const TCSETSW = 0x5403;
const TIOCGWINSZ = 0x5413;
/** sizeof(struct termios) of the kernel. */
const TERMIOS_SIZE = 60;

/** True when the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  return syscall(NR.ioctl, fd, TCGETS, address(Buffer.alloc(TERMIOS_SIZE))) === 0;
}

/** Rows and columns, or undefined when the descriptor is no terminal. */
export function windowSize(fd: number): { rows: number; columns: number } | undefined {
  const size = new Uint16Array(4);
  if (syscall(NR.ioctl, fd, TIOCGWINSZ, address(size)) < 0) return undefined;
  return { rows: size[0]!, columns: size[1]! };
}

/** Puts a terminal into raw mode (cfmakeraw(3)) and gives back how to restore it. */
export function makeRaw(fd: number): Disposable {
  const saved = Buffer.alloc(TERMIOS_SIZE);
  check(syscall(NR.ioctl, fd, TCGETS, address(saved)), 'read terminal mode');
  const mode = Buffer.from(saved);
  const clear = (at: number, bits: number): void => {
    mode.writeUInt32LE((mode.readUInt32LE(at) & ~bits) >>> 0, at);
  };
  clear(0, 0o2 | 0o10 | 0o40 | 0o100 | 0o200 | 0o400 | 0o2000 | 0o1); // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
  clear(4, 0o1); // OPOST
  clear(8, 0o60 | 0o400); // CSIZE PARENB
  mode.writeUInt32LE(mode.readUInt32LE(8) | 0o60, 8); // CS8
  clear(12, 0o10 | 0o100 | 0o2 | 0o1 | 0o100000); // ECHO ECHONL ICANON ISIG IEXTEN
  mode[17 + 6] = 1; // VMIN
  mode[17 + 5] = 0; // VTIME
  check(syscall(NR.ioctl, fd, TCSETSW, address(mode)), 'set terminal mode');
  return {
    [Symbol.dispose]: () => {
      syscall(NR.ioctl, fd, TCSETSW, address(saved));
    },
  };
}
