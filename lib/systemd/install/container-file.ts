/** A `.container` file's text, of the options of `proa run`: the way back from Quadlet's tables. */
import { CONTAINER_RULES } from '../quadlet/convert/container-rules.ts';
import type { Rule } from '../quadlet/rules.ts';
import { joinWords, literalText, literalWord, quoteWord } from '../unit-file/words.ts';

/** An option of `run` by its long name without dashes, and its value; of a switch, yes or no. */
export type RunOption = readonly [name: string, value: string | boolean];

export interface ContainerRequest {
  /** What people read in systemctl's lists. */
  description: string;
  /** The container's own name. */
  name: string;
  image?: string;
  /** A folder in the place of an image. */
  rootfs?: string;
  /** Behind the image. */
  command: readonly string[];
  options: readonly RunOption[];
  /** Names of Quadlet files that come first; `required`: this one cannot be without them. */
  after?: readonly { file: string; required: boolean }[];
  notify?: 'yes' | 'healthy';
  restart: 'no' | 'on-failure' | 'always';
  /** After so many failures in a row systemd lets it be; undefined: as systemd is set up. */
  restartLimit?: number | undefined;
  /** It does its work and ends: `systemctl start` waits for that. */
  once?: boolean;
  /** The target that wants it. */
  wantedBy: string;
}

/** Pulling an image may take longer than systemd waits for a start. */
const START_SECONDS = 900;

/** How keys are written that the table leaves to their converter. */
const OWN_FORMS: Readonly<Record<string, Rule['form']>> = {
  device: 'words',
  'env-file': 'words',
  mount: 'words',
  network: 'each',
  user: 'last',
  volume: 'each',
};

const KEYS: ReadonlyMap<string, { key: string; form: Rule['form'] }> = new Map(
  Object.entries(CONTAINER_RULES).flatMap(([key, { option, form }]) => {
    const name = option.replace(/^--/, '').replace(/=$/, '');
    const known = form === 'own' ? OWN_FORMS[name] : form;
    return name === '' || known === undefined ? [] : [[name, { key, form: known }] as const];
  }),
);

/** Parts of `--security-opt`. */
const SECURITY: readonly [beginning: string, key: string, value?: string][] = [
  ['no-new-privileges', 'NoNewPrivileges', 'yes'],
  ['label=disable', 'SecurityLabelDisable', 'yes'],
  ['label=nested', 'SecurityLabelNested', 'yes'],
  ['label=type:', 'SecurityLabelType'],
  ['label=filetype:', 'SecurityLabelFileType'],
  ['label=level:', 'SecurityLabelLevel'],
  ['seccomp=', 'SeccompProfile'],
  ['apparmor=', 'AppArmor'],
];

export function containerFile(request: ContainerRequest): string {
  const { description, after = [], image, rootfs, command, restart, notify } = request;
  const required = after.filter((each) => each.required).map(({ file }) => file);
  const unit = [
    `Description=${literalText(description)}`,
    ...after.map(({ file }) => `After=${file}`),
    ...required.map((file) => `Requires=${file}`),
    ...(request.restartLimit === undefined
      ? []
      : [`StartLimitBurst=${request.restartLimit + 1}`, 'StartLimitIntervalSec=infinity']),
  ];
  const container = [
    image === undefined ? `Rootfs=${literalWord(rootfs!)}` : `Image=${literalWord(image)}`,
    `ContainerName=${literalWord(request.name)}`,
    ...(notify === undefined ? [] : [`Notify=${notify}`]),
    ...request.options.map(assignment),
    ...(command.length === 0 ? [] : [`Exec=${joinWords(command.map(literalWord))}`]),
  ];
  const service = [
    ...(request.once ? ['Type=oneshot', 'RemainAfterExit=yes'] : []),
    `Restart=${restart}`,
    `TimeoutStartSec=${START_SECONDS}`,
  ];
  return [
    section('Unit', unit),
    section('Container', container),
    section('Service', service),
    section('Install', [`WantedBy=${request.wantedBy}`]),
  ].join('\n');
}

export function section(name: string, lines: readonly string[]): string {
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** The line that amounts to an option. */
export function assignment([name, value]: RunOption): string {
  const found = KEYS.get(name);
  if (typeof value === 'boolean')
    return found?.form === 'flag' ? `${found.key}=${value ? 'yes' : 'no'}` : `PodmanArgs=--${name}=${value}`;
  const line = name === 'security-opt' ? securityLine(value) : found && keyLine(found, value);
  return line ?? `PodmanArgs=${quoteWord(`--${name}=${literalWord(value)}`)}`;
}

function keyLine({ key, form }: { key: string; form: Rule['form'] }, value: string): string | undefined {
  if (form === 'words' || form === 'pairs') return `${key}=${quoteWord(literalWord(value))}`;
  return isPlain(value) ? `${key}=${literalWord(value)}` : undefined;
}

function securityLine(value: string): string | undefined {
  for (const [beginning, key, fixed] of SECURITY) {
    if (fixed !== undefined && value === beginning) return `${key}=${fixed}`;
    if (fixed !== undefined || !value.startsWith(beginning)) continue;
    const rest = value.slice(beginning.length);
    return isPlain(rest) ? `${key}=${literalWord(rest)}` : undefined;
  }
  return undefined;
}

/** Whether a line can hold it without quotes, of which such keys know none inside. */
function isPlain(value: string): boolean {
  return value !== '' && value === value.trim() && !/[\n\r]|\\$|^(["']).*\1$/.test(value);
}
