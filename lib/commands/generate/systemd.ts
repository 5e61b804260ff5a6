import { existsSync, readFileSync } from 'node:fs';
import { defineCommand, type Options, type OptionTable } from '../../cli/command.ts';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { selfCommand } from '../../core/self.ts';
import { VERSION } from '../../core/version.ts';
import { parseEnvOption } from '../../oci/model/runtime-spec/env.ts';
import { readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import {
  type GeneratedUnit,
  type GenerateRequest,
  generateUnit,
  RESTART_POLICIES,
} from '../../systemd/generate/generate.ts';
import { openEngine, print, warn } from '../context.ts';
import { globals } from '../globals.ts';
import { readCreateCommand } from './create-command.ts';

const unitOption = { type: 'list', metavar: 'UNIT', complete: 'none' } as const;

const generateOptions = {
  after: { ...unitOption, summary: 'Start it after these units' },
  'container-prefix': {
    type: 'string',
    default: 'container',
    metavar: 'PREFIX',
    summary: "What the unit's name begins with",
  },
  env: {
    short: 'e',
    type: 'list',
    metavar: 'NAME[=VALUE]',
    summary: 'Set variables of the unit; a name, or a beginning with *, takes those of this shell',
  },
  files: { short: 'f', type: 'bool', summary: 'Write the unit into this folder and print its path' },
  format: { type: 'string', metavar: 'json', choices: ['json'], summary: 'Print a JSON object' },
  name: { short: 'n', type: 'bool', summary: "Use the container's name instead of its id" },
  new: { type: 'tristate', summary: 'Make the container at each start and remove it at the end' },
  'no-header': { type: 'bool', summary: 'Leave out the comment with version and time' },
  requires: { ...unitOption, summary: 'It cannot be without these units' },
  'restart-policy': {
    type: 'string',
    metavar: 'POLICY',
    choices: RESTART_POLICIES,
    summary: `When systemd starts it again: ${RESTART_POLICIES.join(', ')} (default on-failure)`,
  },
  'restart-sec': { type: 'int', metavar: 'SECONDS', summary: 'How long systemd waits before it does' },
  separator: {
    type: 'string',
    default: '-',
    metavar: 'TEXT',
    summary: 'What stands between the prefix and the name',
  },
  'start-timeout': { type: 'int', metavar: 'SECONDS', summary: 'How long its start may take' },
  'stop-timeout': {
    short: 't',
    type: 'int',
    metavar: 'SECONDS',
    aliases: ['time'],
    summary: "Seconds before SIGKILL when it is stopped (default: the container's own)",
  },
  template: { type: 'bool', summary: 'Make a template: each instance (%i) is a container. Implies --new' },
  wants: { ...unitOption, summary: 'Start these units with it' },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['generate systemd'],
  summary: 'Make a systemd service of a container',
  usage: '[OPTIONS] CONTAINER',
  description:
    'Prints the unit. Root puts it into /etc/systemd/system, a user into ~/.config/systemd/user, and then runs ' +
    '`systemctl [--user] daemon-reload` and `systemctl [--user] enable --now UNIT`. The services of a user start at boot ' +
    'when they linger: `loginctl enable-linger`. Without --new the container stays and is started and stopped; with it, the ' +
    'unit holds the command that made the container.',
  examples: [
    'generate systemd --name web',
    'generate systemd --new --files --name web',
    'generate systemd --new --name --restart-policy always --after postgresql.service web',
    'generate systemd --template --files --name worker',
  ],
  options: generateOptions,
  args: { min: 1, max: 1 },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    const id = resolveContainer(engine.store, args[0]!);
    const unit = generateUnit(engine, id, await readRequest(engine.store, id, options));
    for (const warning of unit.warnings) warn(`WARNING: ${warning}`);
    const content = options.files ? writeUnit(unit) : unit.text;
    if (options.format === undefined) return print(options.files ? `${content}\n` : content);
    const document = { [unit.file.replace(/@?\.service$/, '')]: content };
    return print(`${JSON.stringify(document, undefined, 1)}\n`);
  },
});

async function readRequest(
  store: Store,
  id: string,
  options: Options<typeof generateOptions>,
): Promise<GenerateRequest> {
  for (const name of ['restart-sec', 'start-timeout', 'stop-timeout'] as const) {
    const value = options[name];
    if (value !== undefined && value < 0)
      throw new ProaError('INVALID_OPTION', `invalid argument "${value}" for --${name}: below 0`);
  }
  if (options.template && options.new === false)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --template and --new=false');
  const anew = options.new || options.template;
  const words = readContainer(store, id)?.config.createCommand ?? [];
  return {
    after: options.after,
    wants: options.wants,
    requires: options.requires,
    environment: options.env.flatMap(readVariable),
    byName: options.name,
    prefix: options['container-prefix'],
    separator: options.separator,
    template: options.template,
    create: anew ? await readCreateCommand(words) : undefined,
    program: [...selfCommand(), ...placeOptions(store)],
    restartPolicy: options['restart-policy'],
    restartSeconds: options['restart-sec'],
    startTimeout: options['start-timeout'],
    stopTimeout: options['stop-timeout'],
    comments: options['no-header'] ? [] : [`autogenerated by Proa ${VERSION}`, unixDate(new Date())],
  };
}

/** The store's places, where this command was told them. */
function placeOptions({ root, runRoot }: Store): string[] {
  const given = globals();
  return [
    ...(given.root === undefined ? [] : [`--root=${root}`]),
    ...(given.runroot === undefined ? [] : [`--runroot=${runRoot}`]),
  ];
}

/** As Podman: a name that this shell does not know is left out. @throws ProaError INVALID_ENV */
function readVariable(text: string): string[] {
  if (!text.includes('=') && text.endsWith('*')) {
    return Object.entries(process.env)
      .filter(([name]) => name.startsWith(text.slice(0, -1)))
      .map(([name, value]) => `${name}=${value}`);
  }
  const entry = parseEnvOption(text, process.env);
  return entry.includes('=') ? [entry] : [];
}

/** A mark of the units that we make: no header, yet a line that nobody writes by hand. */
const OURS = /^Documentation=man:proa-generate-systemd\(1\)$/m;

/** @returns its path. @throws ProaError UNIT_EXISTS rather than write over somebody's own unit */
function writeUnit({ file, text }: GeneratedUnit): string {
  const path = `${process.cwd()}/${file}`;
  if (existsSync(path) && !OURS.test(readFileSync(path, 'utf8'))) {
    throw new ProaError('UNIT_EXISTS', `write unit ${path}: there is one that was not generated`, {
      hint: `Move it away, or choose another name with --container-prefix`,
    });
  }
  writeFileAtomic(path, text);
  return path;
}

/** `Sat Nov 21 17:29:31 UTC 2026`, as date(1) prints it. */
function unixDate(date: Date): string {
  const [day, month, number, year, time] = date.toString().split(' ');
  const zone = new Intl.DateTimeFormat('en', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value;
  return `${day} ${month} ${number?.replace(/^0/, ' ')} ${time} ${zone} ${year}`;
}
