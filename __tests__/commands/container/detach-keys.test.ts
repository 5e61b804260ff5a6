import { DetachKeys } from '../../../lib/commands/container/detach-keys.ts';

/** What passes through, and after which chunk it detaches. */
function type(keys: string, ...chunks: string[]): { passed: string; detached: number | undefined } {
  const filter = new DetachKeys(keys);
  let passed = '';
  for (const [i, chunk] of chunks.entries()) {
    const { pass, detach } = filter.filter(Buffer.from(chunk, 'latin1'));
    passed += Buffer.from(pass).toString('latin1');
    if (detach) return { passed, detached: i };
  }
  return { passed, detached: undefined };
}

test.each([
  ['ctrl-p,ctrl-q', ['ab\x10\x11cd'], 'ab', 0],
  ['ctrl-p,ctrl-q', ['a\x10', '\x11'], 'a', 1],
  ['ctrl-p,ctrl-q', ['\x10', '', 'x', '\x11'], '\x10x\x11', undefined],
  ['ctrl-p,ctrl-q', ['\x10\x10\x11'], '\x10', 0],
  ['ctrl-p,ctrl-q', ['\x11\x10'], '\x11', undefined],
  ['a,a,b', ['a', 'a', 'a', 'b'], 'a', 3],
  ['a,b,a,c', ['abab', 'ac'], 'ab', 1],
  ['a,b,c', ['ababx'], 'ababx', undefined],
  ['x', ['\xff\x00x'], '\xff\x00', 0],
  ['ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_,ctrl-@', ['\x1b\x1c\x1d\x1e\x1f\x00'], '', 0],
  ['CTRL-a', ['\x01'], '', 0],
  ['', ['\x10\x11'], '\x10\x11', undefined],
])('keys %j, typed %j: %j passes, detached in chunk %p', (keys, chunks, passed, detached) => {
  expect(type(keys, ...chunks)).toEqual({ passed, detached });
});

test.each(['ctrl-', 'ctrl-1', 'ab', 'a,,b', 'ctrl-p,'])('%j are no keys', (keys) => {
  expect(() => new DetachKeys(keys)).toThrow(expect.objectContaining({ code: 'INVALID_DETACH_KEYS' }));
});
