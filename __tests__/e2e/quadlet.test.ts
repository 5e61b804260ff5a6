// The generator and `quadlet install|list|print|rm` where no systemd runs: files alone.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describeAs } from './support/machine.ts';

const ONE = '[Container]\nImage=bb\n';
const FILES = '--reload-systemd=false';

describeAs(['root', 'user'], (machine) => {
  let folder: string;
  let target: string;
  const as = (...args: string[]) => machine.proaWith({ env: { QUADLET_UNIT_DIRS: target } }, ...args);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await as(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out;
  };

  beforeAll(async () => {
    folder = await machine.makeFolder('quadlets');
    target = await machine.makeFolder('target');
    writeFileSync(`${folder}/web.container`, `# mine\n${ONE}EnvironmentFile=./web.env\n`);
    writeFileSync(`${folder}/web.env`, 'A=b\n');
    mkdirSync(`${folder}/app`);
    writeFileSync(`${folder}/app/a.container`, `${ONE}Volume=v.volume:/v\nPod=p.pod\n`);
    writeFileSync(`${folder}/app/v.volume`, '[Volume]\n');
    writeFileSync(`${folder}/app/p.pod`, '[Pod]\n');
    writeFileSync(`${folder}/bad.container`, `${ONE}Imge=x\nMemory=much\n`);
    writeFileSync(
      `${folder}/two.quadlets`,
      `# FileName=t1\n${ONE}Network=t2.network\n---\n# FileName=t2\n[Network]\nSubnet=10.0.0.0/24\n`,
    );
    await machine.giveAway(folder);
  });

  test('files are installed, shown and removed', async () => {
    expect(await ok('quadlet', 'install', FILES, `${folder}/web.container`, `${folder}/web.env`)).toBe(
      `${target}/web.container\n${target}/web.env\n`,
    );
    expect(await ok('quadlet', 'print', 'web.container')).toMatch(/^# mine\n\[Container\]/);
    expect(await ok('quadlet', 'install', FILES, `${folder}/app`)).toMatch(
      /a\.container\n.*p\.pod\n.*v\.volume\n/,
    );
    const columns = (text: string) => text.split('\n').map((line) => line.replace(/ {2,}/g, '|'));
    expect(columns(await ok('quadlet', 'list'))).toEqual([
      'NAME|UNIT NAME|PATH ON DISK|STATUS|APPLICATION|POD',
      `a.container|a.service|${target}/a.container|unknown|app|p.pod`,
      `p.pod|p-pod.service|${target}/p.pod|unknown|app|`,
      `v.volume|v-volume.service|${target}/v.volume|unknown|app|`,
      `web.container|web.service|${target}/web.container|unknown|`,
      '',
    ]);
    expect(await ok('quadlet', 'ls', '-f', 'name=w*', '--format={{.UnitName}}')).toBe('web.service\n');
    expect(await ok('quadlet', 'ls', '-f', 'pod=p', '-f', 'status=unknown', '-n')).toMatch(/^a\.container/);
    const json = JSON.parse(await ok('quadlet', 'ls', '-f', 'name=v.*', '--format=json'));
    expect(json).toEqual([
      {
        ...{ App: 'app', Name: 'v.volume', Path: `${target}/v.volume`, Pod: '', Status: 'unknown' },
        UnitName: 'v-volume.service',
      },
    ]);
    expect(await ok('quadlet', 'rm', FILES, 'v.volume')).toBe('a.container\np.pod\nv.volume\n');
    expect(await ok('quadlet', 'rm', FILES, '--all')).toBe('web.container\n');
    expect(readdirSync(target)).toEqual([]);
  });

  test('several in one file, and from the web', async () => {
    expect(await ok('quadlet', 'install', FILES, `${folder}/two.quadlets`)).toBe(
      `${target}/t1.container\n${target}/t2.network\n`,
    );
    expect(await ok('quadlet', 'rm', FILES, 'two')).toBe('t1.container\nt2.network\n');
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) =>
        url.endsWith('/w.container') ? new Response(ONE) : new Response('', { status: 404 }),
    });
    const web = `http://127.0.0.1:${server.port}`;
    expect(await ok('quadlet', 'install', FILES, `${web}/w.container`)).toBe(`${target}/w.container\n`);
    expect(readFileSync(`${target}/w.container`, 'utf8')).toBe(ONE);
    const { code, err } = await as('quadlet', 'install', FILES, `${web}/none.container`);
    expect({ code, err }).toEqual({
      code: 125,
      err: expect.stringMatching(/none\.container: the server answers 404/),
    });
    await server.stop(true);
    await ok('quadlet', 'rm', FILES, 'w.container');
  });

  test('nothing is installed when one is wrong', async () => {
    const { code, err } = await as('quadlet', 'install', FILES, `${folder}/bad.container`);
    expect({ code, err }).toEqual({
      code: 125,
      err:
        `Error: ${folder}/bad.container:3: Imge=: no such key in [Container]\n` +
        `${folder}/bad.container:4: Memory=much: not a size such as 512m\nNothing was installed\n`,
    });
    expect(readdirSync(target)).toEqual([]);
  });

  test('another content needs --replace', async () => {
    await ok('quadlet', 'install', FILES, `${folder}/web.container`);
    await ok('quadlet', 'install', FILES, `${folder}/web.container`);
    writeFileSync(`${target}/web.container`, ONE);
    const { code, err } = await as('quadlet', 'install', FILES, `${folder}/web.container`);
    expect({ code, err }).toEqual({
      code: 125,
      err:
        `Error: install web.container: ${target}/web.container is there already, with other content\n` +
        '--replace puts this one in its place; proa quadlet print web.container shows it\n',
    });
    await ok('quadlet', 'install', FILES, '--replace', `${folder}/web.container`);
    await ok('quadlet', 'rm', FILES, 'web.container');
  });

  test('bad input', async () => {
    for (const [args, told] of [
      [['install', FILES, `${folder}/none.container`], /none\.container: no such file/],
      [
        ['install', FILES, `${folder}/web.env`],
        /web\.env: not a Quadlet file, by its name\nThe name has to end in/,
      ],
      [
        ['install', `${folder}/web.container`],
        /^Error: ask systemd: it does not run on this machine\nIt has to be/,
      ],
      [['print', 'none.container'], /^Error: no such Quadlet: none\.container\nproa quadlet list/],
      [['rm', FILES, 'none.container'], /^Error: no such Quadlet: none\.container\n/],
      [['list', '--filter', 'odd=x'], /must be one of name=, pod=, status=/],
      [[], /^Error: quadlet: the folder for the services is missing\nproa quadlet --dryrun/],
    ] as const) {
      const { code, err } = await as('quadlet', ...args);
      expect(code).not.toBe(0);
      expect(err).toMatch(told);
    }
    expect(await ok('quadlet', 'rm', FILES, '--ignore', 'none.container')).toBe('');
  });

  test('the generator: by its name as by its command, quick, and never stopped by one file', async () => {
    writeFileSync(`${target}/good.container`, `${ONE}[Install]\nWantedBy=default.target\n`);
    writeFileSync(`${target}/bad.container`, `${ONE}Imge=x\n`);
    const dry = await as('quadlet', '--dryrun', '--user');
    expect(dry.out).toMatch(
      /^---good\.service---\n# Made by proa of [\s\S]*\n# default\.target\.wants\/good\.service ->/,
    );
    expect(dry.out).not.toContain('bad.service');
    expect({ code: dry.code, err: dry.err }).toEqual({
      code: 1,
      err: `${target}/bad.container:3: Imge=: no such key in [Container]; did you mean Image?\n`,
    });

    const units = await machine.makeFolder('units');
    const generator = `${units}/proa-user-generator`;
    symlinkSync(machine.command().find((word) => word.endsWith('/proa'))!, generator);
    const env = { QUADLET_UNIT_DIRS: target };
    const made = await machine.as([generator, `${units}/normal`, `${units}/early`, `${units}/late`], { env });
    expect(made).toEqual({ code: 1, out: '', err: dry.err });
    expect(readFileSync(`${units}/normal/good.service`, 'utf8')).toContain(
      '\nAfter=proa-user-wait-network-online',
    );
    expect(existsSync(`${units}/normal/default.target.wants/good.service`)).toBe(true);
    expect(existsSync(`${units}/early`)).toBe(false);
    const went = await machine.as([generator, '-dryrun'], { env });
    expect(went.out).toBe(dry.out);
  });
});
