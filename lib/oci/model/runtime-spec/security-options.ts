/** `--security-opt`: docker-run(1), and podman-run(1) for mask, unmask and proc-opts. */
import { ProaError } from '../../../core/error.ts';
import { LABEL_WORDS, type LabelOptions } from './selinux.ts';

export interface SecurityOptions {
  /** `unconfined`, or a profile file; our default when left out. */
  seccomp?: 'unconfined' | { file: string };
  noNewPrivileges?: boolean;
  /** The AppArmor profile, or `unconfined`; the default one when left out. */
  apparmor?: string;
  /** Parts of the SELinux label. */
  label?: LabelOptions;
  /** Paths to hide besides the default ones. */
  mask?: string[];
  /** Paths (or `ALL`, or globs as `/proc/*`) to leave open that are hidden or read-only by default. */
  unmask?: string[];
  /** Options of the proc mount, such as `hidepid=2`. */
  procOptions?: string[];
}

/** @throws ProaError INVALID_SECURITY_OPTION */
export function parseSecurityOptions(values: readonly string[]): SecurityOptions {
  const options: SecurityOptions = {};
  for (const value of values) {
    // Docker's old form has a colon: `seccomp:unconfined`, `no-new-privileges:true`.
    const [, key = value, rest = ''] = /^([a-z-]+)[=:](.*)$/s.exec(value) ?? [];
    apply(options, key, rest, value);
  }
  return options;
}

function apply(options: SecurityOptions, key: string, rest: string, option: string): void {
  switch (key) {
    case 'no-new-privileges':
      if (!['', 'true', 'false'].includes(rest)) throw invalid(option, 'the value is true or false');
      options.noNewPrivileges = rest !== 'false';
      return;
    case 'seccomp':
      if (rest === '') throw invalid(option, 'it names no profile');
      if (rest === 'builtin' || rest === 'default') delete options.seccomp;
      else options.seccomp = rest === 'unconfined' ? rest : { file: rest };
      return;
    case 'apparmor':
      if (rest === '') throw invalid(option, 'it names no profile');
      options.apparmor = rest;
      return;
    case 'label':
      applyLabel(options, rest, option);
      return;
    case 'systempaths':
      if (rest !== 'unconfined') throw invalid(option, 'the value is unconfined');
      options.unmask = [...(options.unmask ?? []), 'ALL'];
      return;
    case 'mask':
    case 'unmask': {
      const paths = rest.split(':').filter(Boolean);
      if (paths.length === 0) throw invalid(option, 'it names no path');
      options[key] = [...(options[key] ?? []), ...paths];
      return;
    }
    case 'proc-opts':
      options.procOptions = [...(options.procOptions ?? []), ...rest.split(',').filter(Boolean)];
      return;
    default:
      throw invalid(option, 'unknown option');
  }
}

/** `disable`, `nested`, or `type:container_t` and its like. */
function applyLabel(options: SecurityOptions, text: string, option: string): void {
  const [, word = text, value = ''] = /^(\w+):(.+)$/s.exec(text) ?? [];
  if (word === 'disable' && value === '') options.label = { ...options.label, disable: true };
  // Labels are changed inside: selinuxfs is shown there (podman-run(1)).
  else if (word === 'nested' && value === '') options.unmask = [...(options.unmask ?? []), '/sys/fs/selinux'];
  else if ((LABEL_WORDS as readonly string[]).includes(word) && /^[\w.:,-]+$/.test(value))
    options.label = { ...options.label, [word]: value };
  else
    throw invalid(
      option,
      `it is not disable, nested, or one of ${LABEL_WORDS.join(', ')} with a value behind a colon`,
    );
}

function invalid(option: string, why: string): ProaError {
  return new ProaError('INVALID_SECURITY_OPTION', `use --security-opt ${option}: ${why}`, {
    hint: 'known are no-new-privileges, seccomp=, apparmor=, label=, systempaths=unconfined, mask=, unmask=, proc-opts=',
  });
}
