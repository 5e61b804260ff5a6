/** From the rarer options as they were given to what a container's record keeps of them. */
import { existsSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { parseSecurityOptions } from '../../oci/model/runtime-spec/security-options.ts';
import { checkSysctls } from '../../oci/model/runtime-spec/sysctls.ts';
import { selectRuntime } from '../../oci/runtime/select.ts';
import { type ContainerOptions, readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { cgroupWarnings } from './cgroup-path.ts';
import { KEEP_GROUPS } from './container-user.ts';
import type { CreateRequest } from './create.ts';
import { checkDevices } from './devices.ts';
import { mandatoryAccessWarnings, newLabels } from './mandatory-access.ts';
import { donorOf, resolveNamespaces } from './namespaces.ts';
import { oomScoreWarning } from './oom-score.ts';
import { readTimezone } from './timezone.ts';

const RESCTRL = '/sys/fs/resctrl';

export interface ResolvedOptions {
  options: ContainerOptions;
  /** Whom the container runs as unless it is told otherwise. */
  user?: string | undefined;
  /** What was asked for and cannot be had here, one line each. */
  warnings: string[];
}

/**
 * Containers become ids, and all is looked at that can be refused before anything is made.
 * @throws ProaError CONTAINER_NOT_FOUND, DEVICE_MISSING, INVALID_SYSCTL, TIMEZONE_MISSING, …
 */
export async function resolveOptions(
  engine: Engine,
  request: Pick<
    CreateRequest,
    | 'options'
    | 'securityOpt'
    | 'gpus'
    | 'userNamespace'
    | 'networkMode'
    | 'hostname'
    | 'runtime'
    | 'privileged'
  >,
  systemd: boolean,
): Promise<ResolvedOptions> {
  const given = request.options ?? {};
  const { store, identity } = engine;
  const options: ContainerOptions = { ...given };
  const warnings = [...cgroupWarnings(engine, given)];
  if (systemd && engine.cgroups.manager === 'disabled')
    warnings.push(`systemd cannot start in it, as it needs cgroups: ${engine.cgroups.reason}`);
  const note = (warning: string | undefined): void => {
    if (warning !== undefined) warnings.push(warning);
  };

  if (given.namespaces !== undefined) options.namespaces = resolveNamespaces(store, given.namespaces);
  let user: string | undefined;
  if (request.userNamespace !== undefined) {
    // Rare, and it may have to ask other programs.
    const { resolveUserNamespace } = await import('./id-maps.ts');
    const own = resolveUserNamespace(engine, request.userNamespace);
    user = own.user;
    const { namespace, hostUsers = [], ...rest } = own.options;
    Object.assign(options, rest);
    if (namespace !== undefined) options.namespaces = { ...options.namespaces, user: namespace };
    if (hostUsers.length > 0) options.hostUsers = [...hostUsers, ...(given.hostUsers ?? [])];
  }
  const { uts, ipc } = options.namespaces ?? {};
  if (uts !== undefined && request.hostname !== undefined)
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      `conflicting options: --hostname and --uts=${given.namespaces?.uts}`,
    );
  if (given.sysctls !== undefined) {
    const shared = (mode: string | undefined) => (mode === 'host' ? 'host' : 'new');
    checkSysctls(given.sysctls, { ipc: shared(ipc), uts: shared(uts), network: shared(request.networkMode) });
  }
  if (given.requires !== undefined)
    options.requires = given.requires.map((name) => resolveContainer(store, name));
  if (given.devices !== undefined) checkDevices(given.devices);
  if (given.cdiDevices !== undefined || request.gpus !== undefined) {
    // Rare, and it reads other programs' files.
    const { checkCdiDevices, gpuDevices } = await import('./cdi.ts');
    const gpus = request.gpus === undefined ? [] : gpuDevices(request.gpus);
    options.cdiDevices = [...(given.cdiDevices ?? []), ...gpus];
    checkCdiDevices(options.cdiDevices);
  }
  if (given.timezone !== undefined) readTimezone(given.timezone);
  const security = parseSecurityOptions(request.securityOpt);
  warnings.push(...mandatoryAccessWarnings(security));
  const selinux =
    labelsOf(store, options.namespaces) ??
    newLabels({
      options: security,
      privileged: request.privileged,
      seesHost: options.namespaces?.pid === 'host' || ipc === 'host',
      systemd,
    });
  if (selinux !== undefined) options.selinux = selinux;
  note(oomScoreWarning(given.oomScoreAdj));
  if (given.deviceCgroupRules !== undefined && identity.rootless)
    note('--device-cgroup-rule has no effect: the device rules of a user are those of their host');
  if (given.rdtClass !== undefined && !existsSync(`${RESCTRL}/schemata`)) {
    throw new ProaError('RDT_MISSING', `use --rdt-class ${given.rdtClass}: ${RESCTRL} is not mounted`, {
      hint: `mount -t resctrl resctrl ${RESCTRL}, on a processor that has it`,
    });
  }
  requireCrun(given, request.runtime ?? engine.runtime, identity.rootless);
  return { options, user, warnings };
}

/** Who shares another container's processes or memory has its labels. */
function labelsOf(store: Store, { pid, ipc }: NonNullable<ContainerOptions['namespaces']> = {}) {
  const donor = donorOf(ipc) ?? donorOf(pid);
  return donor === undefined ? undefined : readContainer(store, donor)?.config.selinux;
}

/** What runc has no word for, or passes over in silence. */
function requireCrun(given: ContainerOptions, configured: string | undefined, rootless: boolean): void {
  const { groupAdd = [], cgroupMode, personality, domainname } = given;
  const keeps = groupAdd.includes(KEEP_GROUPS);
  if (keeps && groupAdd.length > 1) {
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      `conflicting options: --group-add ${KEEP_GROUPS} and other groups`,
    );
  }
  const wanted = [
    ...(keeps ? [`--group-add ${KEEP_GROUPS}`] : []),
    ...(cgroupMode === 'disabled' ? ['--cgroups=disabled'] : []),
    ...(personality === undefined ? [] : ['--personality']),
    // Elsewhere it is a sysctl, which only the host's root may write.
    ...(domainname !== undefined && rootless ? ['--domainname'] : []),
  ];
  if (wanted.length === 0) return;
  const { kind, name } = selectRuntime({ configured });
  if (kind === 'crun') return;
  throw new ProaError('RUNTIME_LACKS', `use ${wanted.join(' and ')}: ${name} does not know it`, {
    hint: 'only crun does: --runtime crun',
  });
}
