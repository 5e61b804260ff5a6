/** A package that is installed in an image, whoever installed it. */
export interface FoundPackage {
  readonly kind: 'deb' | 'apk' | 'rpm' | 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  /** As the package says it: an SPDX expression, or words. */
  readonly license?: string;
  readonly supplier?: string;
  readonly homepage?: string;
  /** The package that it was built from, where it has another name. */
  readonly source?: string;
  /** The file that says so, from the root, without a slash in front. */
  readonly file: string;
}

/** A member for a text that says something. */
export function stated<Key extends string>(key: Key, value: unknown): { [K in Key]?: string } {
  return (typeof value === 'string' && value.trim() !== '' ? { [key]: value.trim() } : {}) as {
    [K in Key]?: string;
  };
}
