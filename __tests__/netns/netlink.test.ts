import { NETLINK_ROUTE } from '../../lib/core/sys/netlink.ts';
import { deleteLinkMessage, findLink, listLinks, parseMacAddress } from '../../lib/netns/links.ts';
import { NetlinkSocket } from '../../lib/netns/netlink.ts';
import { NetlinkMessage, NLM_F } from '../../lib/netns/netlink-message.ts';

describe('netlink sockets', () => {
  test('the loopback interface is found by name and in the list', () => {
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    const lo = findLink(socket, 'lo');
    expect(lo).toMatchObject({ index: 1, name: 'lo', mac: '00:00:00:00:00:00', master: 0 });
    expect(listLinks(socket).map((link) => link.name)).toContain('lo');
    expect(findLink(socket, 'no-such-link')).toBeUndefined();
  });

  test('one send, several answers, each for its own message', () => {
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    const RTM_GETLINK = 18;
    const get = (name: string): NetlinkMessage =>
      new NetlinkMessage(RTM_GETLINK, NLM_F.ACK, new Uint8Array(16)).string(3, name);
    const replies = socket.exchange([get('none-1'), get('lo'), get('none-2')]);
    expect(replies.map((reply) => [reply.errno, reply.parts.length])).toEqual([
      [19, 0],
      [0, 1],
      [19, 0],
    ]);
  });

  test('a failure says what was done, why, and what the kernel adds', () => {
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    const nameless = new NetlinkMessage(
      16,
      NLM_F.ACK | NLM_F.CREATE,
      Buffer.from([0, 0, 0, 0, 255, 255, 0, 0].concat(Array(8).fill(0))),
    );
    expect(() => socket.run('make nothing', [nameless])).toThrow(/^make nothing: /);
    expect(() => socket.run('remove it', [deleteLinkMessage('no-such-link')])).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(ENODEV|EPERM)$/) }),
    );
  });
});

describe('MAC addresses', () => {
  test('of a person are checked', () => {
    expect(parseMacAddress('02-42-AC-11-00-02')).toBe('02:42:ac:11:00:02');
    expect(() => parseMacAddress('02:42:ac:11:00')).toThrow(expect.objectContaining({ code: 'INVALID_MAC' }));
    expect(() => parseMacAddress('01:42:ac:11:00:02')).toThrow(/group address/);
  });
});
