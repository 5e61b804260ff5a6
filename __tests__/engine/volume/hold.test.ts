import { mountCommand } from '../../../lib/engine/volume/hold.ts';

const lookup = (host: string): string => `address-of-${host}`;
const words = (type: string, device: string, ...options: string[]): string =>
  mountCommand({ type, device, options }, '/target', lookup).slice(1).join(' ');

test('what mount(8) is called with', () => {
  expect(words('tmpfs', 'tmpfs', 'size=1m')).toBe('-t tmpfs -o size=1m -- tmpfs /target');
  expect(words('', '/a', 'bind')).toBe('-o bind -- /a /target');
  expect(words('ext4', '/dev/x')).toBe('-t ext4 -- /dev/x /target');
});

test("Docker's NFS and CIFS forms go to the kernel, with the server's address", () => {
  expect(words('nfs', ':/export', 'addr=server', 'rw')).toBe(
    '-i -t nfs -o addr=address-of-server,rw -- :/export /target',
  );
  expect(words('cifs', '//server/share', 'addr=server')).toBe(
    '-i -t cifs -o addr=address-of-server -- //server/share /target',
  );
  // Podman's leaves all to the helper.
  expect(words('nfs', 'server:/export', 'rw')).toBe('-t nfs -o rw -- server:/export /target');
});
