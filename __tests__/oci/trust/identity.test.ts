import { openJson } from '../../../lib/oci/model/json-cursor.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { identityMatches, readSignedIdentity } from '../../../lib/oci/trust/identity.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

const identity = (value: object) =>
  readSignedIdentity(openJson(JSON.stringify({ it: value }), { code: 'BAD', what: 'read' }).at('it'));
const reference = (name: string) => identity({ type: 'exactReference', dockerReference: name });
const repository = (name: string) => identity({ type: 'exactRepository', dockerRepository: name });
const remap = (prefix: string, signedPrefix: string) =>
  identity({ type: 'remapIdentity', prefix, signedPrefix });
const EXACT = identity({ type: 'matchExact' });
const REPOSITORY = identity({ type: 'matchRepository' });
const USUAL = identity({ type: 'matchRepoDigestOrExact' });

// [rule, asked for, claimed by the signature, whether it does]
test.each([
  ['matchExact', EXACT, 'busybox', 'docker.io/library/busybox:latest', true],
  ['matchExact', EXACT, 'busybox', 'busybox:latest', true],
  ['matchExact', EXACT, 'busybox', 'busybox', false],
  ['matchExact', EXACT, 'busybox:1', 'busybox:2', false],
  ['matchExact', EXACT, `busybox@${A}`, `busybox@${A}`, true],
  ['matchExact', EXACT, `busybox@${A}`, 'busybox:latest', false],
  ['usual', USUAL, 'q.io/a:1', 'q.io/a:1', true],
  ['usual', USUAL, 'q.io/a:1', 'q.io/a:2', false],
  ['usual', USUAL, 'q.io/a:1', 'q.io/a', false],
  ['usual', USUAL, 'q.io/a:1', `q.io/a@${A}`, false],
  ['usual', USUAL, `q.io/a@${A}`, 'q.io/a:2', true],
  ['usual', USUAL, `q.io/a:1@${A}`, 'q.io/a:2', true],
  ['usual', USUAL, `q.io/a@${A}`, `q.io/a@${B}`, true],
  ['usual', USUAL, `q.io/a@${A}`, 'q.io/a', false],
  ['usual', USUAL, `q.io/a@${A}`, 'q.io/b:1', false],
  ['matchRepository', REPOSITORY, 'q.io/a:1', 'q.io/a:2', true],
  ['matchRepository', REPOSITORY, 'q.io/a:1', 'q.io/a', true],
  ['matchRepository', REPOSITORY, 'q.io/a:1', 'q.io:80/a:1', false],
  ['exactReference', reference('v.io/x:1'), 'q.io/a:1', 'v.io/x:1', true],
  ['exactReference', reference('v.io/x:1'), 'q.io/a:1', 'v.io/x:2', false],
  ['exactReference', reference('v.io/x:1'), undefined, 'v.io/x:1', true],
  ['exactRepository', repository('v.io/x'), 'q.io/a:1', 'v.io/x:7', true],
  ['exactRepository', repository('v.io/x'), undefined, 'v.io/x', true],
  ['exactRepository', repository('v.io/x'), 'q.io/a:1', 'q.io/a:1', false],
  ['remap', remap('q.io/mirror', 'v.io'), 'q.io/mirror/a:1', 'v.io/a:1', true],
  ['remap', remap('q.io/mirror', 'v.io'), 'q.io/mirror/a:1', 'q.io/mirror/a:1', false],
  ['remap', remap('q.io/mirror', 'v.io'), 'q.io/mirrors/a:1', 'q.io/mirrors/a:1', true],
  ['remap', remap('q.io/mirror', 'v.io'), `q.io/mirror/a@${A}`, 'v.io/a:2', true],
  ['remap', remap('q.io/mirror/a', 'v.io/b'), 'q.io/mirror/a:1', 'v.io/b:1', true],
  ['remap', remap('q.io', 'v.io:5000/x'), 'q.io/a:1', 'v.io:5000/x/a:1', true],
  // A place without names cannot be asked for by one.
  ['matchExact', EXACT, undefined, 'q.io/a:1', false],
  ['usual', USUAL, undefined, 'q.io/a:1', false],
  ['matchRepository', REPOSITORY, undefined, 'q.io/a:1', false],
  ['remap', remap('q.io', 'v.io'), undefined, 'v.io/a:1', false],
  // What is no name matches nothing.
  ['matchRepository', REPOSITORY, 'q.io/a:1', 'q.io/A:1', false],
  ['matchRepository', REPOSITORY, 'q.io/a:1', '', false],
] as const)('%s: %p, asked for %s, claimed %s: %p', (_, rule, wanted, claimed, does) => {
  expect(identityMatches(rule, wanted === undefined ? undefined : parseReference(wanted), claimed)).toBe(
    does,
  );
});
