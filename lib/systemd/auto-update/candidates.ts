/** Which containers `auto-update` looks after: those that run and whose label says so (podman-auto-update(1)). */
import { ProaError } from '../../core/error.ts';
import { listMatching } from '../../engine/container/list.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseReference, type Reference } from '../../oci/model/reference.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

const POLICY = 'io.containers.autoupdate';
const AUTH_FILE = 'io.containers.autoupdate.authfile';

/** What systemd sets in services that make containers; `create` keeps it as a label of the same name. */
export const UNIT_LABEL = 'PODMAN_SYSTEMD_UNIT';

/** `registry`: what the registry has under the name; `local`: what the name means here. */
export type UpdatePolicy = 'registry' | 'local';

export interface Candidate {
  containerId: string;
  containerName: string;
  unit: string;
  policy: UpdatePolicy;
  /** The image that it runs. */
  image: Digest;
  /** The name that it was asked by. */
  imageName: string;
  reference: Reference;
  authFile?: string;
}

/** Candidates in the order of their creation, and why others cannot be one. */
export async function findCandidates({
  store,
}: Engine): Promise<{ candidates: Candidate[]; errors: ProaError[] }> {
  const candidates: Candidate[] = [];
  const errors: ProaError[] = [];
  const { containers } = await listMatching(store, { all: false, filters: [`label=${POLICY}`] });
  for (const { config, state } of containers.toReversed()) {
    const policy = config.labels[POLICY]!;
    if (state.status !== 'running' || policy === '' || policy === 'disabled') continue;
    try {
      candidates.push(candidateOf(config, policy));
    } catch (error) {
      if (!(error instanceof ProaError)) throw error;
      errors.push(error);
    }
  }
  return { candidates, errors };
}

function candidateOf(config: ContainerConfig, label: string): Candidate {
  const { id, name, image, labels } = config;
  const what = `update container ${name}`;
  const policy = policyOf(label);
  if (policy === undefined) {
    throw new ProaError('INVALID_LABEL', `${what}: label ${POLICY}=${label}: no such policy`, {
      hint: 'A policy is registry, local or disabled',
    });
  }
  const unit = labels[UNIT_LABEL];
  if (!unit) {
    throw new ProaError('NO_UNIT', `${what}: no service of systemd made it (it has no label ${UNIT_LABEL})`, {
      hint: `Let one make it: proa generate systemd --new --files --name ${name}, or a Quadlet file`,
    });
  }
  if (image === undefined || /^(sha256:)?[0-9a-f]{12,64}$/.test(image.name)) {
    throw new ProaError(
      'NO_IMAGE_NAME',
      `${what}: it was made from ${image?.name ?? 'a root file system'}: not a name`,
      {
        hint: 'Make it from a name such as docker.io/library/nginx:latest',
      },
    );
  }
  return {
    containerId: id,
    containerName: name,
    unit,
    policy,
    image: image.id,
    imageName: image.name,
    reference: parseReference(image.name),
    ...(labels[AUTH_FILE] && { authFile: labels[AUTH_FILE] }),
  };
}

/** `image` is Podman's old word for `registry`. */
function policyOf(label: string): UpdatePolicy | undefined {
  if (label === 'registry' || label === 'image') return 'registry';
  return label === 'local' ? 'local' : undefined;
}
