/** `.image`: an image that is there when something needs it, `proa image pull`. */
import { addCommand, type Conversion, proa, runsOnce } from '../conversion.ts';
import { QuadletError } from '../problem.ts';
import { allWords, flag, given, last, optionsOf, own, type RuleTable, refused } from '../rules.ts';
import * as value from '../values.ts';

export const IMAGE_RULES: RuleTable = {
  Image: own(),
  ImageTag: own(),
  Arch: last('--arch'),
  AuthFile: last('--authfile'),
  CertDir: last('--cert-dir'),
  Creds: last('--creds'),
  DecryptionKey: refused('Proa reads no encrypted images'),
  OS: last('--os'),
  Variant: last('--variant'),
  Policy: last('--policy', value.oneOf('always', 'missing', 'never', 'newer')),
  Retry: last('--retry', value.count),
  RetryDelay: last('--retry-delay', value.duration),
  AllTags: flag('--all-tags'),
  TLSVerify: flag('--tls-verify'),
};

/** @throws QuadletError */
export function convertImage(conversion: Conversion): void {
  const { unit } = conversion;
  const image = given(unit, 'Image');
  if (image === undefined) throw new QuadletError({ file: unit.path }, '[Image] has no Image=');
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'image', 'pull'),
    ...optionsOf(unit, IMAGE_RULES),
    ...allWords(unit, 'PodmanArgs'),
    image.text,
  ]);
  runsOnce(conversion, true);
}
