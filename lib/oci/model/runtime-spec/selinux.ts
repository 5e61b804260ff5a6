/**
 * SELinux labels of a container: which processes it holds and which files they may touch (selinux(8); container_selinux(8)
 * for the types). Pure: the policy's own contexts are handed in.
 */

/** `--security-opt label=…`. */
export interface LabelOptions {
  /** No separation by labels. */
  disable?: boolean;
  user?: string;
  role?: string;
  type?: string;
  level?: string;
  /** The type of its files. */
  filetype?: string;
}

export interface SelinuxLabels {
  process: string;
  /** Of its root file system and of what is mounted for it alone. */
  mount: string;
}

/** What a policy without contexts of its own is taken to have (libselinux, lxc_contexts(5)). */
const DEFAULTS = {
  process: 'system_u:system_r:container_t:s0',
  init_process: 'system_u:system_r:container_init_t:s0',
  file: 'system_u:object_r:container_file_t:s0',
};

/** Categories of a multi-category policy: c0 to c1023. */
const CATEGORIES = 1024;

/** The label's words that `label=` takes before a colon. */
export const LABEL_WORDS = ['user', 'role', 'type', 'level', 'filetype'] as const;

/**
 * @param contexts the text of the policy's lxc_contexts
 * @param random whole numbers from 0 to one less than its argument
 * @param init the first process is systemd
 * @returns undefined when there is to be no separation
 */
export function selinuxLabels(
  options: LabelOptions,
  contexts: string,
  random: (below: number) => number,
  init = false,
): SelinuxLabels | undefined {
  if (options.disable) return undefined;
  const known = { ...DEFAULTS, ...parseContexts(contexts) };
  const process = (init ? known.init_process : known.process).split(':');
  const file = known.file.split(':');
  const level = options.level ?? newLevel(process[3] ?? 's0', random);
  const [user, role, type] = process as [string, string, string];
  return {
    process: [options.user ?? user, options.role ?? role, options.type ?? type, level].join(':'),
    mount: [options.user ?? file[0], file[1], options.filetype ?? file[2], level].join(':'),
  };
}

/** Two categories that hardly another container has: half a million pairs. */
function newLevel(sensitivity: string, random: (below: number) => number): string {
  const first = random(CATEGORIES);
  const other = random(CATEGORIES - 1);
  const second = other < first ? other : other + 1;
  return `${sensitivity}:c${Math.min(first, second)},c${Math.max(first, second)}`;
}

/** `process = "system_u:system_r:container_t:s0"`, a line each. */
function parseContexts(text: string): Record<string, string> {
  const lines = text.matchAll(/^\s*(\w+)\s*=\s*"([^"\n]+)"/gm);
  return Object.fromEntries(Array.from(lines, ([, name, context]) => [name!, context!]));
}
