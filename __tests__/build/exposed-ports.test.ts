import { exposedPorts } from '../../lib/build/exposed-ports.ts';

test.each([
  ['80', ['80/tcp']],
  ['0', ['0/tcp']],
  ['80/', ['80/tcp']],
  ['53/udp', ['53/udp']],
  ['53/UDP', ['53/udp']],
  ['132/sctp', ['132/sctp']],
  ['8000-8002', ['8000/tcp', '8001/tcp', '8002/tcp']],
  ['8000-8001/udp', ['8000/udp', '8001/udp']],
  ['8080:80', ['80/tcp']],
  ['127.0.0.1:8080:80/udp', ['80/udp']],
  ['127.0.0.1::80', ['80/tcp']],
  ['[::1]:8080:80', ['80/tcp']],
])('%s', (text, ports) => expect(exposedPorts(text)).toEqual(ports));

test.each(['http', '', '-', '80-', '90000', '9-8', '80/foo', 'x:80', '80:', '80 90', '1.2.3:80:80'])(
  '%j is none',
  (text) => {
    expect(() => exposedPorts(text)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_SYNTAX' }));
  },
);
