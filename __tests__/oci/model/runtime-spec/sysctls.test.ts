import { checkSysctls, parseSysctls } from '../../../../lib/oci/model/runtime-spec/sysctls.ts';

test('settings of namespaces, with slashes for dots', () => {
  expect(
    parseSysctls(['net/ipv4/ip_forward=1', 'kernel.shmmax=5', 'kernel.sem=1 2 3', 'fs.mqueue.a=']),
  ).toEqual({
    'net.ipv4.ip_forward': '1',
    'kernel.shmmax': '5',
    'kernel.sem': '1 2 3',
    'fs.mqueue.a': '',
  });
});

test.each(['kernel.pid_max=1', 'vm.swappiness=1', 'net.a', '=1', ''])('%j is refused', (option) => {
  expect(() => parseSysctls([option])).toThrow(expect.objectContaining({ code: 'INVALID_SYSCTL' }));
});

test('what would be the host’s', () => {
  const sysctls = { 'net.a': '1', 'kernel.sem': '1' };
  checkSysctls(sysctls, { network: 'new', ipc: { path: '/x' } });
  expect(() => checkSysctls(sysctls, { network: 'host' })).toThrow('set sysctl net.a:');
  expect(() => checkSysctls(sysctls, { ipc: 'host' })).toThrow('set sysctl kernel.sem:');
});
