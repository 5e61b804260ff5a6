/** User-mode networks need a tap device, which is made by opening /dev/net/tun. */
import { ProaError } from '../core/error.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../core/sys/file.ts';
import { sysError } from '../core/sys/libc.ts';

const TUN = '/dev/net/tun';

/** @throws ProaError TUN_UNAVAILABLE with the command that mends it */
export function checkTun(): void {
  const fd = tryOpenAt(AT_FDCWD, TUN, O.RDWR);
  if (fd >= 0) {
    close(fd);
    return;
  }
  const EACCES = -13;
  throw new ProaError('TUN_UNAVAILABLE', sysError(-fd, 'open', TUN).message, {
    hint: fd === EACCES ? `sudo chmod 666 ${TUN}` : 'sudo modprobe tun',
  });
}
