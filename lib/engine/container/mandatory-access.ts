/** AppArmor and SELinux on this host, and what a container gets of them. Where the kernel has neither, this looks and is done. */
import { existsSync, readFileSync } from 'node:fs';
import { hasCode, ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { DEFAULT_PROFILE, defaultProfile } from '../../oci/model/runtime-spec/apparmor.ts';
import { parseSecurityOptions, type SecurityOptions } from '../../oci/model/runtime-spec/security-options.ts';
import { type SelinuxLabels, selinuxLabels } from '../../oci/model/runtime-spec/selinux.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

/** selinuxfs, mounted by whoever loaded a policy. */
const SELINUX = '/sys/fs/selinux/enforce';
const SELINUX_CONFIG = '/etc/selinux/config';
const APPARMOR = '/sys/module/apparmor/parameters/enabled';
const APPARMOR_PROFILES = '/sys/kernel/security/apparmor/profiles';

export function hasSelinux(): boolean {
  return existsSync(SELINUX);
}

export function hasAppArmor(): boolean {
  return readText(APPARMOR)?.startsWith('Y') ?? false;
}

interface LabelRequest {
  options: Pick<SecurityOptions, 'label'>;
  privileged: boolean;
  /** It sees the host's processes or memory, where separation by labels would only be in the way. */
  seesHost: boolean;
  systemd: boolean;
}

/**
 * The labels of a new container, which it keeps: its files have them.
 * @returns undefined without SELinux, and for containers without separation
 */
export function newLabels({
  options,
  privileged,
  seesHost,
  systemd,
}: LabelRequest): SelinuxLabels | undefined {
  if (!hasSelinux() || privileged || seesHost) return undefined;
  const policy = /^\s*SELINUXTYPE\s*=\s*(\S+)/m.exec(readText(SELINUX_CONFIG) ?? '')?.[1] ?? 'targeted';
  const contexts = readText(`/etc/selinux/${policy}/contexts/lxc_contexts`) ?? '';
  const random = (below: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % below;
  return selinuxLabels(options.label ?? {}, contexts, random, systemd);
}

/** What was asked for and cannot be had, one line each. @throws ProaError APPARMOR_MISSING for a profile without AppArmor */
export function mandatoryAccessWarnings({ apparmor, label }: SecurityOptions): string[] {
  if (apparmor !== undefined && apparmor !== 'unconfined' && !hasAppArmor()) {
    throw new ProaError(
      'APPARMOR_MISSING',
      `use AppArmor profile ${apparmor}: this kernel has AppArmor not enabled`,
      {
        hint: 'Leave --security-opt apparmor out, or boot with apparmor=1 security=apparmor',
      },
    );
  }
  const words = Object.entries(label ?? {}).filter(([word]) => word !== 'disable');
  if (words.length === 0 || hasSelinux()) return [];
  return [`--security-opt label=${words[0]!.join(':')} has no effect: this kernel has SELinux not enabled`];
}

/**
 * The AppArmor profile that a container starts with. The default one is put into the kernel when it is not there, which takes
 * the host's root; a user's containers have it only when somebody loaded it.
 * @throws ProaError PROGRAM_MISSING, APPARMOR_FAILED
 */
export function apparmorProfile(
  { apparmor }: Pick<SecurityOptions, 'apparmor'>,
  privileged: boolean,
  rootless: boolean,
): string | undefined {
  if (privileged || apparmor === 'unconfined') return undefined;
  if (apparmor !== undefined) return apparmor;
  if (!hasAppArmor()) return undefined;
  if (readText(APPARMOR_PROFILES)?.includes(`${DEFAULT_PROFILE} (`)) return DEFAULT_PROFILE;
  if (rootless) return undefined;
  const parser = findProgram('apparmor_parser');
  const { exitCode, stderr } = Bun.spawnSync([parser, '-Kr'], {
    stdio: [Buffer.from(defaultProfile()), 'ignore', 'pipe'],
  });
  if (exitCode === 0) return DEFAULT_PROFILE;
  throw new ProaError(
    'APPARMOR_FAILED',
    `load AppArmor profile ${DEFAULT_PROFILE}: ${stderr.toString().trim()}`,
    {
      hint: '--security-opt apparmor=unconfined starts it without',
    },
  );
}

/** The profile as `inspect` names it: empty where the kernel has no AppArmor. */
export function shownProfile(
  { securityOpt, privileged }: Pick<ContainerConfig, 'securityOpt' | 'privileged'>,
  rootless: boolean,
): string {
  if (!hasAppArmor()) return '';
  if (privileged) return 'unconfined';
  return parseSecurityOptions(securityOpt).apparmor ?? (rootless ? '' : DEFAULT_PROFILE);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
