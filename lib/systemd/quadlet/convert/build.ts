/** `.build`: an image that is built when something needs it, `proa build`. */
import { dirname } from 'node:path/posix';
import {
  addCommand,
  besideFile,
  type Conversion,
  folderOf,
  networkOptions,
  proa,
  runsOnce,
  volumeOptions,
} from '../conversion.ts';
import { QuadletError, valueError } from '../problem.ts';
import {
  allGiven,
  allWords,
  each,
  flag,
  given,
  last,
  optionsOf,
  own,
  pairs,
  type RuleTable,
  words,
} from '../rules.ts';
import * as value from '../values.ts';

export const BUILD_RULES: RuleTable = {
  Pull: last('--pull='),
  Arch: last('--arch'),
  AuthFile: last('--authfile'),
  Target: last('--target'),
  Variant: last('--variant'),
  Retry: last('--retry', value.count),
  RetryDelay: last('--retry-delay', value.duration),
  TLSVerify: flag('--tls-verify'),
  ForceRM: flag('--force-rm'),
  DNS: each('--dns'),
  DNSOption: each('--dns-option'),
  DNSSearch: each('--dns-search'),
  GroupAdd: each('--group-add'),
  ImageTag: each('--tag'),
  BuildArg: pairs('--build-arg'),
  Environment: pairs('--env'),
  Label: pairs('--label'),
  Annotation: pairs('--annotation'),
  Network: own('--network'),
  Secret: words('--secret'),
  Volume: own('--volume'),
  IgnoreFile: own('--ignorefile'),
  SetWorkingDirectory: own(),
  File: own('--file'),
};

const isUrl = (text: string): boolean => /^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(text);

/** @throws QuadletError */
export function convertBuild(conversion: Conversion): void {
  const { unit } = conversion;
  if (given(unit, 'ImageTag') === undefined)
    throw new QuadletError({ file: unit.path }, '[Build] has no ImageTag=');
  const { file, context } = whatToBuild(conversion);
  const ignore = given(unit, 'IgnoreFile');
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'build'),
    ...optionsOf(unit, BUILD_RULES),
    ...networkOptions(conversion, allGiven(unit, 'Network')),
    ...volumeOptions(conversion, allGiven(unit, 'Volume')),
    ...(ignore === undefined ? [] : ['--ignorefile', besideFile(unit, ignore.text)]),
    ...(file === undefined ? [] : ['--file', file]),
    ...allWords(unit, 'PodmanArgs'),
    ...(context === undefined ? [] : [context]),
  ]);
  runsOnce(conversion, false);
}

/** The Containerfile and the folder or URL with what it copies; either may say the other. */
function whatToBuild(conversion: Conversion): { file?: string; context?: string } {
  const { unit, service } = conversion;
  const [file, place] = [given(unit, 'File'), given(unit, 'SetWorkingDirectory')];
  const context = place === undefined ? undefined : contextOf(conversion, place.text);
  const folder = service.value('Service', 'WorkingDirectory');
  if (file === undefined && context === undefined && folder === undefined) {
    throw new QuadletError(
      { file: unit.path },
      '[Build] has no File= and no SetWorkingDirectory=: what is to be built?',
    );
  }
  if (context !== undefined || file === undefined) return { file: file?.text, context: context ?? folder };
  if (file.text.startsWith('/') || isUrl(file.text)) return { file: file.text };
  if (folder === undefined)
    throw valueError(file, 'a relative path needs SetWorkingDirectory=, from which it counts');
  return { file: file.text, context: folder };
}

/** The context; a folder of this machine also becomes the service's own, unless the file names one. */
function contextOf({ unit, service }: Conversion, place: string): string | undefined {
  const file = given(unit, 'File');
  let folder: string;
  if (/^unit$/i.test(place)) folder = folderOf(unit);
  else if (/^file$/i.test(place)) {
    if (file === undefined)
      throw valueError(given(unit, 'SetWorkingDirectory')!, 'File= must say which file');
    folder = dirname(besideFile(unit, file.text));
  } else if (isUrl(place)) return place;
  else {
    service.addDefault('Service', 'WorkingDirectory', folderOf(unit));
    return place;
  }
  service.addDefault('Service', 'WorkingDirectory', folder);
  return service.value('Service', 'WorkingDirectory');
}
