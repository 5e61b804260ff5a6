import { dockerInfo, podmanInfo, podmanJson } from '../../../lib/commands/system/info-document.ts';
import { type SystemInfo, systemInfo } from '../../../lib/engine/system/info.ts';
import { TemporaryEngine } from './support.ts';

describe('info', () => {
  let info: SystemInfo;
  beforeAll(async () => {
    await using engine = TemporaryEngine.make();
    info = await systemInfo(engine);
  });

  test('knows this machine', () => {
    expect(info.containers).toEqual({ all: 0, running: 0, paused: 0, stopped: 0 });
    expect(info.kernel).toBe(Bun.spawnSync(['uname', '-r']).stdout.toString().trim());
    expect(info.machine).toBe(Bun.spawnSync(['uname', '-m']).stdout.toString().trim());
    expect(info.cpus).toBe(Number(Bun.spawnSync(['nproc']).stdout.toString()));
    expect(info.memory.total).toBeGreaterThan(2 ** 28);
    expect(info.conmon?.version).toMatch(/^conmon version \d/);
    expect(info.defaultRuntime.version).toMatch(/^(crun|runc) version \d/);
    expect(info.backingFileSystem).not.toBe('');
  });

  test('has the members that scripts read, under Docker’s names', () => {
    expect(dockerInfo(info)).toMatchObject({
      Driver: 'overlay',
      OSType: 'linux',
      Architecture: info.machine,
      NCPU: info.cpus,
      MemTotal: info.memory.total,
      DockerRootDir: info.root,
      CgroupVersion: expect.stringMatching(/^[12]$/),
      Swarm: { LocalNodeState: 'inactive' },
      DefaultRuntime: info.defaultRuntime.name,
    });
  });

  test('and under Podman’s, which its JSON spells otherwise', () => {
    expect(podmanInfo(info)).toMatchObject({
      Host: { Security: { Rootless: info.rootless }, OCIRuntime: { Name: info.defaultRuntime.name } },
      Store: { GraphRoot: info.root, RunRoot: info.runRoot, ImageStore: { Number: 0 } },
    });
    expect(podmanJson(podmanInfo(info))).toMatchObject({
      host: {
        cgroupVersion: expect.stringMatching(/^v[12]$/),
        ociRuntime: { name: info.defaultRuntime.name, path: info.defaultRuntime.path },
        security: { rootless: info.rootless, selinuxEnabled: info.security.selinux },
        cpus: info.cpus,
      },
      store: { graphDriverName: 'overlay', graphStatus: { 'Backing Filesystem': info.backingFileSystem } },
      version: { Version: expect.any(String) },
    });
  });

  test('never shows the password of a proxy', () => {
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = 'http://user:secret@127.0.0.1:3128';
    try {
      expect(dockerInfo(info).HttpProxy).toBe('http://xxxxx:xxxxx@127.0.0.1:3128');
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
  });
});
