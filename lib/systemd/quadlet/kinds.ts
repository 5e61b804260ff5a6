/** The kinds of Quadlet files, by their extension. */

export const KINDS = ['container', 'pod', 'kube', 'network', 'volume', 'build', 'image'] as const;
export type Kind = (typeof KINDS)[number];

/** The section that is ours, and how the service is called: NAME and this. */
export const KIND: Readonly<Record<Kind, { section: string; suffix: string }>> = {
  container: { section: 'Container', suffix: '' },
  pod: { section: 'Pod', suffix: '-pod' },
  kube: { section: 'Kube', suffix: '' },
  network: { section: 'Network', suffix: '-network' },
  volume: { section: 'Volume', suffix: '-volume' },
  build: { section: 'Build', suffix: '-build' },
  image: { section: 'Image', suffix: '-image' },
};

/** The section that every kind may have. */
export const COMMON_SECTION = 'Quadlet';

/** Undefined when the file is no Quadlet. */
export function kindOf(name: string): Kind | undefined {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  return name.includes('.', 1) && (KINDS as readonly string[]).includes(extension)
    ? (extension as Kind)
    : undefined;
}

/** `foo` of `foo.container`. */
export function stemOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}
