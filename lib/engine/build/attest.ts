/** What is said of a build's images beside them: `--sbom` and `--provenance`. */
import { type Predicate, provenance } from '../../build/attestation/provenance.ts';
import { imageTitle, inTotoStatement } from '../../build/attestation/statement.ts';
import { SPDX_PREDICATE, spdxDocument } from '../../build/sbom/spdx.ts';
import { VERSION } from '../../core/version.ts';
import type { Engine } from '../engine.ts';
import type { Attesting } from './export.ts';
import type { Statement } from './image-index.ts';
import type { BuildRequest, BuiltImage } from './request.ts';
import { scanPackages } from './scan-packages.ts';
import { vcsFacts } from './vcs.ts';

export interface AttestationChoice {
  readonly sbom: boolean;
  readonly provenance?: ProvenanceChoice;
}

export interface ProvenanceChoice {
  readonly mode: 'min' | 'max';
  readonly version: 'v0.2' | 'v1';
  readonly builderId: string;
  readonly reproducible: boolean;
  /** Not for folders and tars of files. */
  readonly inlineOnly: boolean;
  /** Its name in these. */
  readonly filename: string;
}

export interface BuildFacts {
  readonly request: BuildRequest;
  readonly started: Date;
  readonly finished: Date;
  /** When the context came from elsewhere. */
  readonly contextUrl?: string;
}

/** The statements that were asked for; each image is looked at once, however many places it goes to. */
export function attestingOf(engine: Engine, choice: AttestationChoice, facts: BuildFacts): Attesting {
  const scanned = new Map<BuiltImage, Promise<object>>();
  const sbomOf = (image: BuiltImage, names: readonly string[]): Promise<object> => {
    const known = scanned.get(image) ?? sbom(engine, image, names);
    scanned.set(image, known);
    return known;
  };
  const predicates = async (image: BuiltImage, names: readonly string[]): Promise<Predicate[]> => [
    ...(choice.sbom ? [{ type: SPDX_PREDICATE, content: await sbomOf(image, names) }] : []),
    ...(choice.provenance ? [buildProvenance(image, choice.provenance, facts)] : []),
  ];
  return {
    attestor: async (image, manifest, names): Promise<Statement[]> => {
      const about = { manifest, platform: image.platform, names };
      const all = await predicates(image, names);
      return all.map(({ type, content }) => ({
        predicateType: type,
        bytes: inTotoStatement(type, content, about),
      }));
    },
    files: async (image) => {
      const all = await predicates(image, []);
      return all
        .filter(({ type }) => type === SPDX_PREDICATE || !choice.provenance!.inlineOnly)
        .map(({ type, content }) => ({
          name: type === SPDX_PREDICATE ? 'sbom.spdx.json' : choice.provenance!.filename,
          bytes: Buffer.from(`${JSON.stringify(content, null, 2)}\n`),
        }));
    },
  };
}

/** The image's packages as an SPDX document. @param names full names */
export async function sbom(engine: Engine, image: BuiltImage, names: readonly string[]): Promise<object> {
  const { packages, distribution } = await scanPackages(engine, image.diffIds);
  return spdxDocument(packages, {
    name: imageTitle(names),
    ...(distribution && { distribution }),
    created: image.config.created ?? new Date(0).toISOString(),
    tool: `proa-${VERSION}`,
  });
}

export function buildProvenance(
  { materials = [] }: Pick<BuiltImage, 'materials'>,
  choice: Pick<ProvenanceChoice, 'mode' | 'version' | 'builderId' | 'reproducible'>,
  { request, started, finished, contextUrl }: BuildFacts,
): Predicate {
  const { dockerfile, buildArgs, labels, target, secrets, ssh, network } = request;
  const named = (kind: string, map: ReadonlyMap<string, string>) =>
    [...map].map(([name, value]) => [`${kind}:${name}`, value]);
  const vcs = contextUrl === undefined ? vcsFacts(request.context.path) : undefined;
  const runs = dockerfile.stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ kind }) => kind === 'RUN');
  return provenance(
    {
      ...choice,
      invocation: crypto.randomUUID().replaceAll('-', ''),
      started: started.toISOString(),
      finished: finished.toISOString(),
      dockerfile: { name: dockerfile.name, source: dockerfile.source.join('\n') },
      ...(contextUrl && { contextUrl }),
      ...(vcs && { vcs }),
      args: Object.fromEntries([
        ...named('build-arg', buildArgs),
        ...named('label', labels),
        ...(target === undefined ? [] : [['target', target]]),
      ]),
      secrets: [...secrets.keys()],
      ssh: [...ssh.keys()],
      materials,
      hermetic: network === 'none' || runs.every((run) => run.kind === 'RUN' && run.network === 'none'),
    },
    choice.version,
  );
}
