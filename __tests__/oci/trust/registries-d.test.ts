import { writeFileSync } from 'node:fs';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { RegistriesD } from '../../../lib/oci/trust/registries-d.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

const load = async (...files: string[]) => {
  using folder = new TemporaryFolder();
  for (const [i, text] of files.entries()) writeFileSync(`${folder.path}/${i}.yaml`, text);
  writeFileSync(`${folder.path}/notes.txt`, 'no: yaml: at all');
  return await RegistriesD.load(folder.path);
};
const storage = (conf: RegistriesD, name: string, rootless = false) => {
  const { read, write, attachments } = conf.storageFor(parseReference(name), rootless);
  return [read.href, write.href, attachments];
};

test('without any file', async () => {
  const conf = await load();
  const own = 'file:///var/lib/containers/sigstore';
  expect(storage(conf, 'busybox')).toEqual([own, own, false]);
  expect(storage(conf, 'busybox', true)[0]).toMatch(/^file:\/\/\/.*\/\.local\/share\/containers\/sigstore$/);
});

test('the narrowest section that says something', async () => {
  const conf = await load(
    'default-docker:\n  lookaside: https://all.example\n',
    [
      'docker:',
      '  quay.io:',
      '    lookaside: https://quay.example/sigs',
      '    lookaside-staging: file:///srv/staging',
      '    use-sigstore-attachments: true',
      '  quay.io/team/app:1:',
      '    sigstore: file:///old/name',
      '    use-sigstore-attachments: false',
    ].join('\n'),
  );
  expect(storage(conf, 'busybox')).toEqual(['https://all.example/', 'https://all.example/', false]);
  expect(storage(conf, 'quay.io/x/y')).toEqual(['https://quay.example/sigs', 'file:///srv/staging', true]);
  expect(storage(conf, 'quay.io/team/app:1')).toEqual(['file:///old/name', 'file:///old/name', false]);
  expect(conf.lookasideOf('quay.io/x')).toBe('https://quay.example/sigs');
  expect(conf.lookasideOf('docker.io')).toBe('https://all.example');
});

test.each([
  [['docker: [1]'], '0.yaml: docker: must be an object'],
  [['docker:\n  a.io:\n    lookaside: ftp://x'], 'docker.a.io.lookaside: must be a URL'],
  [
    ['docker:\n  a.io:\n    use-sigstore-attachments: "yes"'],
    'use-sigstore-attachments: must be true or false',
  ],
  [['dockers: {}'], 'dockers: is not known'],
  [['a: b: c'], '0.yaml: '],
  [['docker: {a.io: {}}', 'docker: {a.io: {}}'], '1.yaml: docker.a.io: another section is for the same'],
  [['default-docker: {}', 'default-docker: {}'], '1.yaml: default-docker: another section'],
])('%j is refused', async (files, why) => {
  await expect(load(...files)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(why),
  });
});
