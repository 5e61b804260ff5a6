/** The generator: what systemd runs under the names proa-system-generator and proa-user-generator, and people by hand. */
import { appendFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import { selfCommand } from '../../core/self.ts';
import { searchFolders } from '../../systemd/quadlet/folders.ts';
import { type Generated, generateServices } from '../../systemd/quadlet/generate.ts';
import { writeServices } from '../../systemd/quadlet/generator.ts';
import { type Problem, problemText } from '../../systemd/quadlet/problem.ts';
import { print, warn } from '../context.ts';

export const command = defineCommand({
  names: ['quadlet'],
  summary: 'Make systemd services of Quadlet files',
  usage: '[OPTIONS] [NORMAL [EARLY LATE]] | COMMAND',
  description:
    'Reads .container, .pod, .kube, .network, .volume, .build and .image files (podman-systemd.unit(5)) from ' +
    '/run, /etc and /usr/share/containers/systemd, or with --user from ~/.config/containers/systemd and ' +
    '/etc/containers/systemd/users, and writes a service for each into the folder NORMAL. systemd does so at boot and ' +
    'at each daemon-reload; with --dryrun the services are printed, and the exit code is 1 when a file is wrong. ' +
    'Where Podman’s own generator is installed, these folders are its, and Proa reads proa/systemd in their place. ' +
    'Services of .pod and .kube files call proa pod and proa kube, which this version does not have yet. ' +
    'Commands: install, list, print, rm.',
  examples: ['quadlet --dryrun', 'quadlet --dryrun --user', 'quadlet install web.container', 'quadlet list'],
  options: {
    dryrun: { type: 'bool', aliases: ['dry-run'], summary: 'Print the services, and write nothing' },
    'no-kmsg-log': { type: 'bool', summary: 'Report to stderr, not to the kernel’s log' },
    user: { type: 'bool', summary: 'Services for systemctl --user' },
    verbose: { short: 'v', type: 'bool', summary: 'Also tell which files are read' },
  },
  args: { min: 0, max: 3 },
  async run({ options, args: [folder] }) {
    if (folder === undefined && !options.dryrun) {
      throw new ProaError('BAD_ARGUMENTS', 'quadlet: the folder for the services is missing', {
        hint: 'proa quadlet --dryrun shows them; proa quadlet --help has all of it',
        exitCode: 1,
      });
    }
    const report = reporter(options.dryrun || options['no-kmsg-log'] || options.user);
    const uid = options.user ? process.geteuid!() : undefined;
    const places = searchFolders({ uid, environment: process.env });
    if (places.left !== undefined && options.dryrun)
      report(`${places.left.folders.join(', ')}: read by ${places.left.generator}, not by proa`);
    const generated = generateServices({
      folders: places.folders,
      user: options.user,
      program: selfCommand(),
    });
    if (options.verbose) for (const { path } of generated.units.values()) report(`${path}: read`);
    const problems = [...generated.problems, ...(options.dryrun ? [] : writeServices(generated, folder!))];
    if (options.dryrun) await print(dryRunText(generated));
    for (const problem of problems) report(`${problemText(problem)}${guess(problem)}`);
    return problems.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
});

/** Each service under its name, and its links as comments. */
function dryRunText({ services }: Generated): string {
  return services
    .map(({ name, text, links }) => {
      const linked = links.map(({ path, target }) => `# ${path} -> ${target}\n`).join('');
      return `---${name}---\n${text}${linked}\n`;
    })
    .join('');
}

/** What was meant instead of a word that there is not. */
export function guess({ unknown }: Problem): string {
  const meant = unknown && nearest(unknown.word, unknown.known);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** Where a generator's words go: it runs before anything keeps a log, but the kernel does (systemd.generator(7)). */
function reporter(toStderr: boolean): (text: string) => void {
  return toStderr ? warn : kernelLog;
}

function kernelLog(text: string): void {
  try {
    // <3> is an error of a daemon's (syslog(3)).
    appendFileSync('/dev/kmsg', `<3>proa-system-generator[${process.pid}]: ${text}\n`);
  } catch {
    // Not root, or in a container: then whoever called us may read it.
    warn(text);
  }
}
