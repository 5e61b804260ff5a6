/** Packages as an SPDX document (https://spdx.github.io/spdx-spec/v2.3/), with package URLs for those who compare. */
import type { FoundPackage } from './package.ts';

export interface SpdxSubject {
  /** What was looked at. */
  readonly name: string;
  /** `ID` and `VERSION_ID` of /etc/os-release: they are part of the names of a distribution's packages. */
  readonly distribution?: { readonly id: string; readonly version?: string };
  /** RFC 3339. */
  readonly created: string;
  readonly tool: string;
}

export const SPDX_PREDICATE = 'https://spdx.dev/Document';

export function spdxDocument(packages: readonly FoundPackage[], subject: SpdxSubject): object {
  const top = 'SPDXRef-DocumentRoot-Image';
  const described = packages.map((found) => ({ found, id: spdxId(found) }));
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify([subject.name, packages])).digest('hex');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: subject.name,
    // Wants to be unique, and need not lead anywhere.
    documentNamespace: `urn:sha256:${hash}`,
    creationInfo: { created: seconds(subject.created), creators: [`Tool: ${subject.tool}`] },
    packages: [
      {
        SPDXID: top,
        name: subject.name,
        downloadLocation: 'NOASSERTION',
        filesAnalyzed: false,
        primaryPackagePurpose: 'CONTAINER',
      },
      ...described.map(({ found, id }) => spdxPackage(found, id, subject)),
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: top },
      ...described.map(({ id }) => ({
        spdxElementId: top,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: id,
      })),
    ],
  };
}

function spdxPackage(found: FoundPackage, id: string, { distribution }: SpdxSubject): object {
  const { name, version, license, supplier, homepage, file } = found;
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...(supplier && { supplier: `${/<.*@.*>/.test(supplier) ? 'Person' : 'Organization'}: ${supplier}` }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    ...(homepage && { homepage }),
    sourceInfo: `acquired package info from: /${file}`,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license && isExpression(license) ? license : 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: packageUrl(found, distribution),
      },
    ],
  };
}

/** https://github.com/package-url/purl-spec */
export function packageUrl(
  { kind, name, version, architecture, source }: FoundPackage,
  distribution: SpdxSubject['distribution'],
): string {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('%3A', ':');
  if (kind === 'npm' || kind === 'pypi') {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `pkg:${kind}/${kind === 'pypi' ? path.toLowerCase().replaceAll('_', '-') : path}@${encode(version)}`;
  }
  const qualifiers = new URLSearchParams();
  if (architecture) qualifiers.set('arch', architecture);
  if (distribution)
    qualifiers.set('distro', [distribution.id, distribution.version].filter(Boolean).join('-'));
  if (source && source !== name) qualifiers.set('upstream', source);
  const namespace = distribution ? `${distribution.id}/` : '';
  const query = qualifiers.size > 0 ? `?${qualifiers}` : '';
  return `pkg:${kind}/${namespace}${encode(name)}@${encode(version)}${query}`;
}

/** Unique and of the characters that an id may have: letters, digits, dots and dashes. */
function spdxId({ kind, name, version, file }: FoundPackage): string {
  const hash = new Bun.CryptoHasher('sha256')
    .update(`${name}\0${version}\0${file}`)
    .digest('hex')
    .slice(0, 16);
  return `SPDXRef-Package-${kind}-${name.replace(/[^A-Za-z0-9.-]+/g, '-')}-${hash}`;
}

/** Words such as "see file" are no expression, and would make the document invalid. */
function isExpression(license: string): boolean {
  return /^\(?[A-Za-z0-9.+-]+\)?( (AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*$/.test(license);
}

/** SPDX times have no fraction. */
function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
