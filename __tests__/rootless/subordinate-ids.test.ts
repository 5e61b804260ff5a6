import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseGetsubids,
  parseSubordinateIds,
  readSubordinateIds,
  userName,
} from '../../lib/rootless/subordinate-ids.ts';

describe('subordinate ids', () => {
  const table = 'root:1:2\nann:100000:65536\n1000:300000:10\nannette:1:1\nann:bad:1\nann:5:0\n\n';

  test('of a user by name and by uid, all ranges in order, broken lines left out', () => {
    expect(parseSubordinateIds(table, 1000, 'ann')).toEqual([
      { start: 100000, count: 65536 },
      { start: 300000, count: 10 },
    ]);
    expect(parseSubordinateIds(table, 1000)).toEqual([{ start: 300000, count: 10 }]);
    expect(parseSubordinateIds(table, 7, 'bob')).toEqual([]);
  });

  test('are read from the machine’s files, which may be absent', () => {
    const dir = mkdtempSync(join(tmpdir(), 'proa-subids-'));
    const files = {
      subuid: join(dir, 'subuid'),
      subgid: join(dir, 'subgid'),
      passwd: join(dir, 'passwd'),
      nsswitch: join(dir, 'nsswitch.conf'),
    };
    writeFileSync(files.passwd, 'ann:x:1000:1000::/:\n');
    writeFileSync(files.subuid, table);
    expect(readSubordinateIds(1000, files)).toEqual({
      uids: [
        { start: 100000, count: 65536 },
        { start: 300000, count: 10 },
      ],
      gids: [],
    });
    rmSync(dir, { recursive: true });
  });

  test('what getsubids answers', () => {
    expect(parseGetsubids('0: ann 100000 65536\n1: ann 300000 10\n')).toEqual([
      { start: 100000, count: 65536 },
      { start: 300000, count: 10 },
    ]);
    expect(parseGetsubids('Error fetching ranges\n')).toEqual([]);
  });

  test('the name of uid 0', () => {
    expect(userName(0)).toBe('root');
    expect(userName(4_000_000_000)).toBeUndefined();
  });
});
