import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFullMap, parseIdMap } from '../../lib/rootless/id-map.ts';
import { mayRaiseLimits, readCapabilities, readIdentity } from '../../lib/rootless/identity.ts';

describe('identity', () => {
  test('of this process is what the kernel says', () => {
    const identity = readIdentity();
    const initial = isFullMap(parseIdMap(readFileSync('/proc/self/uid_map', 'utf8')));
    expect(identity.rootless).toBe(!(process.geteuid!() === 0 && initial));
    expect(identity.joined).toBe(process.geteuid!() === 0);
  });

  test('capabilities are read by name, and raising limits takes SYS_RESOURCE outside of namespaces', () => {
    const { effective, bounding } = readCapabilities();
    for (const name of effective) expect(bounding.has(name)).toBe(true);
    const capabilities = { effective: new Set(['CAP_SYS_RESOURCE']), bounding };
    const identity = readIdentity();
    expect(mayRaiseLimits({ ...identity, rootless: false }, capabilities)).toBe(true);
    expect(mayRaiseLimits({ ...identity, rootless: true }, capabilities)).toBe(false);
    expect(mayRaiseLimits({ ...identity, rootless: false }, { effective: new Set(), bounding })).toBe(false);
  });

  test('root of someone else’s user namespace is an ordinary user with a single id', () => {
    const program = `import { readIdentity } from '${join(__dirname, '../../lib/rootless/identity.ts')}'; console.log(JSON.stringify(readIdentity()))`;
    const run = spawnSync('unshare', ['--user', '--map-root-user', process.execPath, '-e', program], {
      encoding: 'utf8',
    });
    expect(JSON.parse(run.stdout)).toMatchObject({
      rootless: true,
      joined: true,
      singleId: true,
      uid: process.geteuid!(),
      groupIds: 1,
    });
  });
});
