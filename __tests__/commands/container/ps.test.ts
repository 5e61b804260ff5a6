import { rmSync, writeFileSync } from 'node:fs';
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { containerPath } from '../../../lib/storage/containers.ts';
import { putName, removeName } from '../../../lib/storage/images.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';
import { proa } from '../../helpers/proa.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const ID = sha256Digest('image');

async function fill(): Promise<void> {
  const port = { protocol: 'tcp' as const, hostIp: '', containerPort: 80 };
  putName(test_.store, parseReference('nginx'), ID);
  await test_.add(
    {
      id: 'a'.repeat(64),
      name: 'web',
      image: { id: ID, name: 'docker.io/library/nginx:latest' },
      rootfs: undefined,
      entrypoint: ['/entry.sh'],
      command: ['nginx', '-g', 'daemon off;'],
      labels: { b: '2', a: '1' },
      mounts: [
        {
          type: 'volume',
          source: '/v/_data',
          destination: '/v',
          options: [],
          volume: 'a-volume-of-a-long-name',
        },
      ],
      network: { mode: 'bridge', ports: [port] },
    },
    { ...runningState(), network: { ports: [{ ...port, hostPort: 8080 }] } },
  );
  await test_.add({ id: 'b'.repeat(64), name: 'job', command: ['echo', '"hi"\n'] }, exitedState(3));
  await test_.add({ id: 'c'.repeat(64), name: 'idle' }, { ...runningState(), status: 'paused' });
  await test_.add({ id: 'd'.repeat(64), name: 'fresh', created: '2024-03-01T10:20:30.456Z' });
}

test("Docker's table", async () => {
  await fill();
  const { out, err, code } = await proa(test_, 'ps', '-a', '--filter', 'name=web|job|idle');
  expect(out.replaceAll(/ +\n/g, '\n')).toBe(
    [
      'CONTAINER ID   IMAGE          COMMAND                  CREATED              STATUS                   PORTS                  NAMES',
      'aaaaaaaaaaaa   nginx:latest   "/entry.sh nginx -g …"   About a minute ago   Up 2 minutes             0.0.0.0:8080->80/tcp   web',
      'bbbbbbbbbbbb   /srv/root      "echo \\"hi\\"\\n"          2 minutes ago        Exited (3) 2 hours ago                          job',
      'cccccccccccc   /srv/root      "sleep 600"              3 minutes ago        Up 2 minutes (Paused)                           idle',
      '',
    ].join('\n'),
  );
  expect([err, code]).toEqual(['', 0]);
});

test('fields, ids, and json', async () => {
  await fill();
  const run = async (...args: string[]) => (await proa(test_, 'ps', ...args)).out;
  expect(await run('-q')).toBe('aaaaaaaaaaaa\ncccccccccccc\n');
  expect(await run('-ql', '--no-trunc')).toBe(`${'a'.repeat(64)}\n`);
  expect(await run('-a', '--format', '{{.Names}} {{.State}} {{.Status}}', '-f', 'name=fresh')).toBe(
    'fresh created Created\n',
  );
  expect(await run('--format', '{{.CreatedAt}}', '-af', 'name=fresh')).toBe(
    '2024-03-01 10:20:30 +0000 UTC\n',
  );
  expect(
    await run('--format', '{{.Label "b"}}|{{.Labels}}|{{.Mounts}}|{{.LocalVolumes}}|{{.Networks}}', '-n1'),
  ).toBe('2|a=1,b=2|a-volume-of-a-…|1|bridge\n');
  expect(await run('--format', '{{.Mounts}} {{.Command}} {{.Pid}} {{.ImageID}}', '--no-trunc', '-l')).toBe(
    `a-volume-of-a-long-name "/entry.sh nginx -g 'daemon off;'" ${process.pid} ${ID.slice(7)}\n`,
  );
  const rows = (await run('--format', 'json'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ Names }) => Names)).toEqual(['web', 'idle']);
  expect(Object.keys(rows[0])).toEqual(
    'Command CreatedAt ID Image Labels LocalVolumes Mounts Names Networks Ports RunningFor Size State Status'.split(
      ' ',
    ),
  );
  expect(rows[0]).toMatchObject({ Size: '0B', Ports: '0.0.0.0:8080->80/tcp' });
});

test('an image whose name means another one by now is shown by its id', async () => {
  await fill();
  removeName(test_.store, 'docker.io/library/nginx:latest');
  expect((await proa(test_, 'ps', '-l', '--format', '{{.Image}}')).out).toBe(`${ID.slice(7, 19)}\n`);
});

test('size, order, and a table without its heading', async () => {
  await fill();
  writeFileSync(`${containerPath(test_.store, 'd'.repeat(64))}/upper/file`, 'x'.repeat(2500));
  const run = async (...args: string[]) => (await proa(test_, 'ps', '-a', ...args)).out;
  expect(await run('--format', 'table {{.Names}}\\t{{.Size}}', '--noheading', '--sort', 'size')).toMatch(
    /fresh +2.5kB \(virtual 2.5kB\)\n$/,
  );
  expect((await run('-s')).split('\n')[0]).toMatch(/NAMES +SIZE$/);
  expect(await run('--sort', 'names', '--format', '{{.Names}}')).toBe('fresh\nidle\njob\nweb\n');
  expect(await run('--sort', 'created', '--format', '{{.Names}}')).toBe('fresh\nidle\njob\nweb\n');
});

test('a broken record is reported, the others are listed', async () => {
  await fill();
  writeFileSync(`${containerPath(test_.store, 'b'.repeat(64))}/config.json`, 'nonsense');
  const { out, err, code } = await proa(test_, 'ps', '-aq');
  expect(out).toBe('aaaaaaaaaaaa\ncccccccccccc\ndddddddddddd\n');
  expect(err).toContain(`${'b'.repeat(64)}/config.json`);
  expect(code).toBe(0);
});

test('bad filters end with 1', async () => {
  const { out, err, code } = await proa(test_, 'ps', '--filter', 'status=asleep');
  expect([out, code]).toEqual(['', 1]);
  expect(err).toContain('status=asleep');
  rmSync(test_.root, { recursive: true, force: true });
});
