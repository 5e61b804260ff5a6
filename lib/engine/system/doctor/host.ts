/** The kernel: its version, cgroups, seccomp. */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { planCgroup } from '../../../rootless/cgroups.ts';
import type { Identity } from '../../../rootless/identity.ts';
import type { Diagnosis } from '../doctor.ts';

/** pidfds and clone3, which the code and the runtimes rely on. */
const OLDEST = [5, 3] as const;
/** overlayfs for users (`userxattr`). */
const OLDEST_FOR_USERS = [5, 11] as const;
/** What a container's limits need, with the option of `run` that is without effect otherwise. */
const LIMITS = { memory: '--memory', cpu: '--cpus', pids: '--pids-limit' } as const;

export function* checkHost(identity: Identity): Iterable<Diagnosis> {
  yield kernel(identity.rootless);
  yield cgroups(identity);
  const seccomp = existsSync('/proc/sys/kernel/seccomp/actions_avail');
  yield seccomp
    ? { state: 'ok', what: 'seccomp', why: 'the kernel filters system calls' }
    : {
        state: 'missing',
        what: 'seccomp',
        why: 'the kernel is built without it',
        cure: 'use a kernel with CONFIG_SECCOMP_FILTER',
      };
}

function kernel(asUser: boolean): Diagnosis {
  const version = release();
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const older = ([a, b]: readonly [number, number]): boolean => major < a || (major === a && minor < b);
  const oldest = asUser ? OLDEST_FOR_USERS : OLDEST;
  if (!older(oldest)) return { state: 'ok', what: 'kernel', why: version };
  const why = `${version} is older than ${oldest.join('.')}`;
  return { state: 'missing', what: 'kernel', why, cure: 'sudo apt-get update && sudo apt-get full-upgrade' };
}

function cgroups(identity: Identity): Diagnosis {
  const { mode, manager, controllers, reason } = planCgroup(identity);
  const what = 'cgroups';
  if (reason !== undefined) {
    const why = `${mode}: ${reason}, so --memory, --cpus and --pids-limit have no effect`;
    const cure =
      mode === 'v2'
        ? 'sudo loginctl enable-linger $USER, then log in again'
        : 'start the kernel with systemd.unified_cgroup_hierarchy=1';
    return { state: 'warning', what, why, cure };
  }
  const lacking = Object.entries(LIMITS).filter(([controller]) => !controllers.has(controller));
  if (lacking.length === 0) return { state: 'ok', what, why: `${mode}, managed by ${manager}` };
  const why = `${mode}: without ${lacking.map(([controller]) => controller).join(', ')}, so ${lacking.map(([, option]) => option).join(', ')} have no effect`;
  return { state: 'warning', what, why, cure: identity.rootless ? DELEGATE : ENABLE };
}

/** systemd.resource-control(5), "Delegate=". */
const DELEGATE =
  "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=yes\\n' | " +
  'sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again';
const ENABLE = 'start the kernel with cgroup_enable=memory swapaccount=1';
