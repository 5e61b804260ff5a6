// `build`: the options for RUN's containers, seen from inside of them; and those that say what the image is.
import { mkdirSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  const context = (name: string, dockerfile: string): string => {
    const folder = `${machine.folder}/${name}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/Dockerfile`, dockerfile);
    return folder;
  };
  /** What a RUN prints, without the numbers and times. */
  const ran = async (script: string, options: string[], stdin?: string): Promise<string> => {
    const folder = context('step', `FROM ${IMAGE}\nRUN ${script}\n`);
    const words = ['build', '--no-cache', '--progress=plain', ...options, folder];
    const { code, err } = await machine.proaWith({ ...(stdin !== undefined && { stdin }) }, ...words);
    if (code !== 0) throw new Error(err);
    return [...err.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, line]) => line).join('\n');
  };

  test('names and name servers', async () => {
    const options = [
      '--network=none',
      '--add-host=db:10.1.2.3',
      '--dns=10.9.9.9',
      '--dns-search=example.org',
    ];
    const seen = await ran('cat /etc/hosts /etc/resolv.conf', [...options, '--dns-option=ndots:3']);
    for (const line of [
      /^10\.1\.2\.3\s+db$/m,
      /^nameserver 10\.9\.9\.9$/m,
      /^search example\.org$/m,
      /^options ndots:3$/m,
    ])
      expect(seen).toMatch(line);
    expect(await ran('cat /etc/hosts || echo none', ['--network=none', '--no-hosts'])).not.toContain(
      'localhost',
    );
  });

  test('namespaces of the host, and its network', async () => {
    const links = 'for kind in ipc uts pid cgroup net; do ls -l /proc/self/ns/$kind; done';
    const numbers = (text: string) => [...text.matchAll(/-> (\w+:\[\d+\])/g)].map(([, link]) => link);
    const here = numbers((await machine.as(['sh', '-c', links])).out);
    const own = ['--ipc=host', '--uts=host', '--pid=host', '--cgroupns=host', '--network=host'];
    expect(numbers(await ran(links, own))).toEqual(here);
    const apart = numbers(await ran(links, ['--network=none']));
    expect(apart.filter((link) => here.includes(link))).toEqual([]);
  });

  test('capabilities, groups, devices, limits of processes and of shared memory', async () => {
    const script = 'grep CapEff /proc/self/status; id; ulimit -n; ls /dev/fuse; df -k /dev/shm | tail -1';
    const seen = await ran(script, [
      ...['--network=none', '--cap-drop=ALL', '--cap-add=NET_ADMIN', '--group-add=50', '--device=/dev/fuse'],
      ...['--ulimit=nofile=123:456', '--shm-size=12m', '--security-opt=seccomp=unconfined'],
    ]);
    expect(seen).toMatch(/CapEff:\s+0000000000001000\n/);
    expect(seen).toContain('groups=0(root),29(audio),50(staff)\n123\n/dev/fuse\n');
    expect(seen).toMatch(/\s12288\s/);
  });

  test('memory, processors, and the cgroup that they are counted in', async () => {
    const version = (await machine.ok('info', '--format', '{{.CgroupVersion}}')).trim();
    const script =
      version === '2'
        ? 'cd /sys/fs/cgroup; cat memory.max cpu.max cpu.weight cpuset.cpus'
        : 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares cpuset/cpuset.cpus cpuset/cpuset.mems';
    const seen = await ran(script, [
      ...['--network=none', '--memory=64m', '--memory-swap=-1', '--cpu-quota=50000', '--cpu-period=100000'],
      ...['--cpu-shares=512', '--cpuset-cpus=0', '--cpuset-mems=0', '--cgroup-parent=/build-test'],
    ]);
    expect(seen).toMatch(/^67108864\n50000/);
    expect(seen.split('\n')[3]).toBe('0');
    await machine.as(['sh', '-c', 'rmdir /sys/fs/cgroup/build-test /sys/fs/cgroup/*/build-test']);
  });

  test('standard input, this shell’s proxies, options for the runtime', async () => {
    const options = ['--network=none', '--stdin', '--http-proxy', '--runtime-flag=debug'];
    expect(await ran('read line; echo "<$line>"; echo "$HTTP_PROXY"', options, 'typed\n')).toContain(
      '<typed>\nhttp://127.0.0.1:9',
    );
    expect(await ran('echo "[$HTTP_PROXY]"', ['--network=none'])).toBe('[]');
  });

  test('what the image is: its kind, history, versions, labels and layers', async () => {
    const base = context('base', `FROM ${IMAGE}\nLABEL kept=1 gone=2\n`);
    await machine.ok('build', '-t', 'base', base);
    const folder = context('kind', 'FROM base\nRUN touch /a\nRUN touch /b\n');
    const build = (...options: string[]) =>
      machine.ok('build', '-t', 'kind', '--network=none', ...options, folder);
    const show = async (template: string) => machine.ok('image', 'inspect', '--format', template, 'kind');
    await build(
      '--omit-history',
      '--unsetlabel=gone',
      '--os-version=10.1',
      '--os-feature=win32k',
      '--layers=false',
    );
    expect(await show('{{json .Config.Labels}}')).toBe('{"kept":"1"}');
    expect(await show('{{len .RootFS.Layers}}')).toBe('2');
    expect(await machine.ok('history', '--format', '{{.CreatedBy}}', 'kind')).not.toContain('touch');
    await build('--inherit-labels=false', '--format=docker', '--squash-all', '--pull=never', '--jobs=1');
    expect(JSON.parse((await show('{{json .Config.Labels}}')) || 'null') ?? {}).toEqual({});
    expect(await show('{{len .RootFS.Layers}}')).toBe('1');
  });

  test('what is taken and changes nothing; a builder must be there', async () => {
    const folder = context('taken', 'FROM scratch\nLABEL a=b\n');
    const taken = [
      '--rm',
      '--force-rm',
      '--compress',
      '--isolation=default',
      '--layer-label=a=b',
      '--identity-label',
    ];
    const more = [
      '--created-annotation=false',
      '--rewrite-timestamp',
      '--no-hostname',
      '--logsplit',
      '--load',
      '-D',
    ];
    const plain = await machine.ok('build', '-q', '--timestamp=1', folder);
    expect(
      await machine.ok('build', '-q', '--timestamp=1', '--builder=default', ...taken, ...more, folder),
    ).toBe(plain);
    expect(await machine.ok('build', '-q', '--source-date-epoch=1', folder)).toBe(plain);
    const { code, err } = await machine.proa('build', '--builder=nobody', folder);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('nobody') });
  });
});
