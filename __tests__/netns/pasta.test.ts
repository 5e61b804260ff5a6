import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryFindProgram } from '../../lib/core/programs.ts';
import { removeTree } from '../../lib/core/sys/directory.ts';
import { pastaArguments } from '../../lib/netns/pasta.ts';
import { type PublishedPort, parsePublish } from '../../lib/netns/ports.ts';
import { HOST_IP, Playground } from './support/playground.ts';

const published = (spec: string): PublishedPort[] =>
  parsePublish(spec).map(({ hostPorts, ...rest }) => ({ ...rest, hostPort: hostPorts!.first }));

describe("pasta's arguments", () => {
  test('forward what is published and nothing else', () => {
    const request = {
      netnsPath: '/run/n',
      ports: [...published('8080:80'), ...published('127.0.0.1:53:5353/udp'), ...published('[::1]:1:2')],
    };
    const text = pastaArguments(request, '/run/p', true).join(' ');
    expect(text).toContain(
      '-t 8080-8080:80-80 -u 127.0.0.1/53-53:5353-5353 -t ::1/1-1:2-2 -T none -U none --no-map-gw',
    );
    expect(text).toContain('--map-guest-addr 169.254.1.2');
    expect(text).toMatch(/--pid \/run\/p --netns \/run\/n$/);
  });

  test('switch off what pasta would forward by itself', () => {
    const args = pastaArguments(
      { netnsPath: '/n', ports: published('80:80/udp'), mac: '02:00:00:00:00:01' },
      '/p',
      false,
    ).join(' ');
    expect(args).toContain('-u 80-80:80-80 -t none -T none');
    expect(args).toContain('--ns-mac-addr 02:00:00:00:00:01');
    expect(args).not.toContain('map-guest-addr');
  });

  test('what the person says comes instead of ours', () => {
    const args = (...extra: string[]) =>
      pastaArguments({ netnsPath: '/n', ports: [], extra }, '/p', true).join(' ');
    expect(args('-t', '5000', '--mtu', '1300')).toMatch(
      /^(?!.*-t none).*-u none -T none.* -t 5000 --mtu 1300 --quiet/,
    );
    expect(args('--udp-ports=53')).not.toContain('-u none');
    expect(args('-T', '80', '-U', '53')).not.toContain('none -U none');
    expect(args('--map-gw')).not.toContain('map-gw');
    expect(args('--map-guest-addr', '169.254.9.9').match(/map-guest-addr/g)).toHaveLength(1);
  });

  test('SCTP is refused', () => {
    expect(() => pastaArguments({ netnsPath: '/n', ports: published('80:80/sctp') }, '/p', false)).toThrow(
      expect.objectContaining({ code: 'PORT_UNSUPPORTED' }),
    );
  });
});

interface Seen {
  status: { interface?: string; ip?: string; nameservers: string[]; helper: { program: string } };
  loopback: string;
  addresses: string;
  local: string;
  any: string;
  outside?: string;
  localOutside?: string;
  low?: { code: string; hint: string };
  ended: boolean;
  left: string[];
  pinned: boolean;
}

function reasonToSkip(program: string): string | undefined {
  for (const name of [program, 'pasta', 'unshare', 'nsenter', 'ip']) {
    if (tryFindProgram(name) === undefined) return `needs ${name}`;
  }
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return 'needs access to /dev/net/tun';
  }
  const { exitCode } = Bun.spawnSync(['unshare', '-Urm', 'true'], { stderr: 'ignore' });
  return exitCode === 0 ? undefined : 'needs user namespaces';
}

const root = process.getuid?.() === 0;

describe.each(['pasta', 'slirp4netns'])("a user's network by %s", (program) => {
  const reason = reasonToSkip(program);

  (reason === undefined ? test : test.skip)(
    `connects, publishes and leaves nothing behind${reason === undefined ? '' : ` (${reason})`}`,
    () => {
      const host = root ? new Playground() : undefined;
      const folder = host?.folder ?? mkdtempSync(join(tmpdir(), 'proa-pasta-'));
      try {
        const script = join(__dirname, 'support/user-network.ts');
        const { stdout, stderr } = Bun.spawnSync(
          ['unshare', '-Urm', process.execPath, script, program, folder],
          {
            env: { ...process.env, ...(root ? { HOST_IP } : {}) },
            stdout: 'pipe',
            stderr: 'pipe',
          },
        );
        expect(stderr.toString()).toBe('');
        const seen = JSON.parse(stdout.toString()) as Seen;
        expect(seen.loopback).toContain('127.0.0.1/8');
        expect(seen.status.helper.program).toBe(program);
        expect([seen.local, seen.any]).toEqual(
          program === 'pasta' ? ['127.0.0.1', '127.0.0.1'] : ['10.0.2.2', '10.0.2.2'],
        );
        expect(seen.low).toMatchObject({
          code: 'EACCES',
          hint: expect.stringContaining('ip_unprivileged_port_start=80'),
        });
        expect(seen).toMatchObject({ ended: true, left: [], pinned: false });
        if (program === 'pasta') {
          expect(seen.status.nameservers).toEqual(['169.254.1.1']);
          expect(seen.addresses).toContain(`${seen.status.ip}/`);
          expect(seen.addresses).toContain(seen.status.interface);
        }
        if (root) {
          expect(seen.outside).toMatch(/^[\d.]+$/);
          expect(seen.localOutside).toBe('ECONNREFUSED');
        }
      } finally {
        if (host === undefined) removeTree(folder);
        else host.close();
      }
    },
  );
});
