import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAlive } from '../../../lib/core/process-handle.ts';
import { MNT_DETACH, MS, mount, tryUnmount } from '../../../lib/core/sys/mount.ts';
import { startLocked } from '../../../lib/engine/container/start.ts';
import { mountPoints, resetSystem, resetWarning } from '../../../lib/engine/system/reset.ts';
import { findDefaultNetwork } from '../../../lib/netns/networks.ts';
import { parsePublish } from '../../../lib/netns/ports.ts';
import { lockContainer } from '../../../lib/storage/containers.ts';
import { ensureVolume } from '../../../lib/storage/volumes.ts';
import { isRoot, makeContainer, makeImage, TemporaryEngine } from './support.ts';

// Images are unpacked and mounted: both take root (or a user namespace, which Jest's process is not in).
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot('system reset', () => {
  test('leaves nothing of a running container, its network, images and volumes', async () => {
    await using engine = TemporaryEngine.make();
    const { store, folder } = engine;
    const image = await makeImage(engine);
    ensureVolume(store, 'data');
    const ports = parsePublish('127.0.0.1::80');
    const { id } = await makeContainer(engine, image, { networkMode: 'bridge', ports });
    let process: Awaited<ReturnType<typeof startLocked>>['process'];
    {
      using _ = await lockContainer(store, id);
      ({ process } = await startLocked(engine, id));
    }
    const { interface: bridge } = findDefaultNetwork(store.runRoot)!;
    expect(existsSync(`/sys/class/net/${bridge}`)).toBe(true);
    writeFileSync(`${store.root}/containers/of-somebody-else`, '');
    writeFileSync(`${folder}/root/not-ours`, 'kept');

    await resetSystem(engine);

    expect(isAlive(process)).toBe(false);
    expect(existsSync(`/sys/class/net/${bridge}`)).toBe(false);
    expect(mountPoints().filter((point) => point.startsWith(folder))).toEqual([]);
    expect(cgroupsOf(id)).toEqual([]);
    const rules = Bun.spawnSync(['nft', 'list', 'ruleset']).stdout.toString();
    expect(rules).not.toContain(bridge);
    expect(readdirSync(folder, { recursive: true })).toEqual(['root', 'root/not-ours']);
  });

  test('refuses to delete through a mount of the user’s own, before anything is gone', async () => {
    await using engine = TemporaryEngine.make();
    const { store } = engine;
    ensureVolume(store, 'data');
    const point = `${store.root}/volumes/data/_data`;
    mkdirSync(`${engine.folder}/host`);
    writeFileSync(`${engine.folder}/host/file`, 'precious');
    mount(`${engine.folder}/host`, point, '', MS.BIND);
    try {
      await expect(resetSystem(engine)).rejects.toMatchObject({ code: 'MOUNTED' });
      expect(existsSync(`${store.root}/volumes/data/volume.json`)).toBe(true);
    } finally {
      tryUnmount(point, MNT_DETACH);
    }
    expect(readFileSync(`${engine.folder}/host/file`, 'utf8')).toBe('precious');
    await resetSystem(engine);
    expect(existsSync(store.root)).toBe(false);
  });

  test('says what will go', async () => {
    await using engine = TemporaryEngine.make();
    expect(resetWarning(engine.store)).toContain(engine.store.root);
    expect(resetWarning(engine.store)).not.toContain('put aside');
    mkdirSync(`${engine.store.root}/lost+found/x`, { recursive: true });
    expect(resetWarning(engine.store)).toContain('put aside');
  });
});

function cgroupsOf(id: string): string[] {
  return readdirSync('/sys/fs/cgroup').filter((name) => existsSync(`/sys/fs/cgroup/${name}/proa-${id}`));
}
