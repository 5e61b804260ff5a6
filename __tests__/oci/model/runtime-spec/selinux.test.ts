import { selinuxLabels } from '../../../../lib/oci/model/runtime-spec/selinux.ts';

/** As a Fedora has it in /etc/selinux/targeted/contexts/lxc_contexts. */
const CONTEXTS = `process = "system_u:system_r:svirt_lxc_net_t:s0"
content = "system_u:object_r:virt_var_lib_t:s0"
file = "system_u:object_r:svirt_sandbox_file_t:s0"
ro_file="system_u:object_r:container_ro_file_t:s0"
init_process = "system_u:system_r:container_init_t:s0"
`;
const picks = (...numbers: number[]) => {
  const left = [...numbers];
  return () => left.shift()!;
};

test('labels of the policy, or of container-selinux, with two categories in order', () => {
  expect(selinuxLabels({}, CONTEXTS, picks(700, 3))).toEqual({
    process: 'system_u:system_r:svirt_lxc_net_t:s0:c3,c700',
    mount: 'system_u:object_r:svirt_sandbox_file_t:s0:c3,c700',
  });
  expect(selinuxLabels({}, '', picks(3, 3))).toEqual({
    process: 'system_u:system_r:container_t:s0:c3,c4',
    mount: 'system_u:object_r:container_file_t:s0:c3,c4',
  });
});

test('systemd has a type of its own', () => {
  expect(selinuxLabels({}, CONTEXTS, picks(1, 1), true)?.process).toBe(
    'system_u:system_r:container_init_t:s0:c1,c2',
  );
});

test('each part can be said; disable ends separation', () => {
  const options = { user: 'u', role: 'r', type: 't', level: 's1:c9', filetype: 'f' };
  expect(selinuxLabels(options, '', picks())).toEqual({
    process: 'u:r:t:s1:c9',
    mount: 'u:object_r:f:s1:c9',
  });
  expect(selinuxLabels({ disable: true, type: 't' }, CONTEXTS, picks())).toBeUndefined();
});

test('all pairs are two different categories', () => {
  for (const [first, second] of [
    [0, 0],
    [1023, 1022],
    [0, 1022],
    [5, 5],
  ]) {
    const level = selinuxLabels({}, '', picks(first!, second!))!.process.split(':').at(-1)!;
    const [a, b] = level.split(',').map((word) => Number(word.slice(1)));
    expect(a).toBeLessThan(b!);
    expect(b).toBeLessThan(1024);
  }
});
