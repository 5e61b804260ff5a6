import { formatPorts } from '../../../lib/commands/container/port-text.ts';
import { type ContainerPort, exposedPorts } from '../../../lib/engine/container/ports.ts';

const published = (
  containerPort: number,
  hostPort = containerPort,
  hostIp = '0.0.0.0',
  protocol = 'tcp',
): ContainerPort => ({
  containerPort,
  protocol,
  published: { hostIp, hostPort },
});

// What docker ps prints for the same ports.
test.each<[ContainerPort[], string]>([
  [[], ''],
  [[published(80, 8080)], '0.0.0.0:8080->80/tcp'],
  [[published(80)], '0.0.0.0:80->80/tcp'],
  [[published(80), published(81), published(82)], '0.0.0.0:80-82->80-82/tcp'],
  [[published(80), published(82)], '0.0.0.0:80->80/tcp, 0.0.0.0:82->82/tcp'],
  [[published(80, 8080), published(81, 8081)], '0.0.0.0:8080->80/tcp, 0.0.0.0:8081->81/tcp'],
  [[{ containerPort: 53, protocol: 'udp' }, published(80, 8080)], '53/udp, 0.0.0.0:8080->80/tcp'],
  [[published(80, 80, '127.0.0.1'), published(81, 81, '::1')], '127.0.0.1:80->80/tcp, [::1]:81->81/tcp'],
  [
    [
      { containerPort: 1, protocol: 'tcp' },
      { containerPort: 2, protocol: 'tcp' },
    ],
    '1-2/tcp',
  ],
])('%j', (ports, text) => expect(formatPorts(ports)).toBe(text));

test('exposed ports as images name them', () => {
  const text = (ports: ContainerPort[]) => ports.map((port) => `${port.containerPort}/${port.protocol}`);
  expect(text(exposedPorts(['80', '53/udp', '8000-8002/tcp', 'http']))).toEqual([
    '80/tcp',
    '53/udp',
    '8000/tcp',
    '8001/tcp',
    '8002/tcp',
  ]);
});
