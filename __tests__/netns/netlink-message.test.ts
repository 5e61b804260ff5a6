import { attributes, eachAttribute, NetlinkMessage, NLM_F, textOf } from '../../lib/netns/netlink-message.ts';

describe('netlink messages', () => {
  test('header, attributes padded to four bytes, nesting with its own header', () => {
    const message = new NetlinkMessage(16, NLM_F.ACK, Uint8Array.of(1, 2, 3, 4))
      .string(3, 'eth0')
      .nest(18, (m) => m.u32(7, 0x01020304), Uint8Array.of(9, 9))
      .u16be(5, 0x1234);
    const bytes = Buffer.from(message.encode(42));
    expect(bytes.toString('hex')).toBe(
      [
        '38000000', // length 56
        '1000', // type
        '0500', // REQUEST | ACK
        '2a000000',
        '00000000',
        '01020304',
        '09000300', // string: length 9 counts the NUL but not the padding
        '6574683000000000',
        '10001280', // nested
        '09090000',
        '08000700',
        '04030201',
        '06000500',
        '12340000',
      ].join(''),
    );
  });

  test('a message grows beyond its first buffer', () => {
    const value = Buffer.alloc(5000, 0x61);
    const bytes = Buffer.from(new NetlinkMessage(1, 0, new Uint8Array(4)).bytes(1, value).encode(1));
    expect(attributes(bytes, 20).get(1)).toEqual(value);
  });

  test('an attribute over 65,535 bytes is refused, not cut', () => {
    const message = new NetlinkMessage(1, 0, new Uint8Array(4));
    expect(() => message.nest(1, (m) => m.bytes(2, Buffer.alloc(65_530)))).toThrow(RangeError);
  });

  test('attributes are read by type without the nesting flag; lists in order', () => {
    const bytes = Buffer.from(
      new NetlinkMessage(1, 0, new Uint8Array(0)).nest(1, (m) => m.u8(1, 7).u8(1, 8)).encode(1),
    );
    const list = attributes(bytes, 16).get(1)!;
    expect([...eachAttribute(list)].map(([type, value]) => [type, value[0]])).toEqual([
      [1, 7],
      [1, 8],
    ]);
  });

  test('an attribute that claims more than there is, is an error', () => {
    expect(() => attributes(Buffer.from('ff00010000', 'hex'))).toThrow(
      expect.objectContaining({ code: 'EPROTO' }),
    );
  });

  test('text ends at its NUL, or at the end', () => {
    expect([textOf(Buffer.from('lo\0x')), textOf(Buffer.from('lo')), textOf(undefined)]).toEqual([
      'lo',
      'lo',
      '',
    ]);
  });
});
