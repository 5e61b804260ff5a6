import { readFileSync, writeFileSync } from 'node:fs';
import { setTrust, type TrustChange } from '../../../lib/engine/trust/set.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  file = `${folder.path}/policy.json`;
  writeFileSync(`${folder.path}/key`, 'a key');
});
afterEach(() => folder[Symbol.dispose]());

const set = (scope: string, type: TrustChange['type'], ...keyFiles: string[]) =>
  setTrust({ scope, type, keyFiles, policyFile: file, rootless: false });
const policy = () => JSON.parse(readFileSync(file, 'utf8'));

test('the default first, then registries; what else is there stays', async () => {
  await expect(set('quay.io', 'accept')).rejects.toMatchObject({ code: 'NO_DEFAULT_POLICY' });
  expect(await set('default', 'reject')).toBe(file);
  const dir = { '/srv': [{ type: 'insecureAcceptAnything' }] };
  writeFileSync(file, JSON.stringify({ ...policy(), transports: { dir } }));
  await set('quay.io', 'accept');
  await set('*.example.com', 'reject');
  await set('quay.io', 'signedBy', `${folder.path}/key`);
  const keyPath = `${folder.path}/key`;
  expect(policy()).toEqual({
    default: [{ type: 'reject' }],
    transports: {
      dir,
      docker: {
        '*.example.com': [{ type: 'reject' }],
        'quay.io': [{ type: 'signedBy', keyType: 'GPGKeys', keyPath }],
      },
    },
  });
  await set('quay.io', 'sigstoreSigned', keyPath, keyPath);
  expect(policy().transports.docker['quay.io']).toEqual([
    { type: 'sigstoreSigned', keyPath },
    { type: 'sigstoreSigned', keyPath },
  ]);
});

test.each<[string, Parameters<typeof set>]>([
  ['at least one public key', ['quay.io', 'signedBy']],
  ['and accept takes none', ['quay.io', 'accept', '/dev/null']],
  ['set trust: public key', ['quay.io', 'signedBy', '/nowhere']],
  ['invalid reference', ['Bad Name!', 'accept']],
  ['invalid reference', ['docker://quay.io/x', 'accept']],
])('%s', async (why, args) => {
  await set('default', 'accept');
  const before = readFileSync(file, 'utf8');
  await expect(set(...args)).rejects.toThrow(why);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a policy that cannot be read is not written over', async () => {
  writeFileSync(file, '{"default":[]}');
  await expect(set('quay.io', 'accept')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  expect(readFileSync(file, 'utf8')).toBe('{"default":[]}');
});
