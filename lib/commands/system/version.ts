/** `version`: scripts ask it to see whether Proa is there at all, so it loads next to nothing. */
import { writeSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { COMMIT, VERSION } from '../../core/version.ts';

export const command = defineCommand({
  names: ['version'],
  summary: 'Show the version',
  usage: '[OPTIONS]',
  examples: ['version', "version --format '{{.Client.Version}}'"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'TEMPLATE', summary: 'Go template, or "json"' },
    short: { type: 'bool', hidden: true, summary: 'One line, as --version prints' },
  },
  args: { min: 0, max: 0 },
  async run({ options: { format, short } }) {
    if (short) writeSync(1, `proa version ${VERSION}\n`);
    else if (format === undefined) writeSync(1, layout());
    else writeSync(1, `${await formatted(format)}\n`);
  },
});

/** As the OCI names it. */
const ARCH = process.arch === 'x64' ? 'amd64' : process.arch;

function layout(): string {
  const rows = [
    ['Version', VERSION],
    ['Git commit', COMMIT || 'unknown'],
    ['Bun version', process.versions.bun ?? ''],
    ['OS/Arch', `linux/${ARCH}`],
  ];
  return `Client: Proa\n${rows.map(([name, value]) => ` ${`${name}:`.padEnd(18)} ${value}\n`).join('')}`;
}

async function formatted(format: string): Promise<string> {
  const { toJson } = await import('../../cli/template/functions.ts');
  // There is no server: what scripts ask of Docker's, the client answers. OsArch is Podman's.
  const one = {
    Platform: { Name: 'Proa' },
    Version: VERSION,
    GitCommit: COMMIT,
    BunVersion: process.versions.bun ?? '',
    Os: 'linux',
    Arch: ARCH,
    OsArch: `linux/${ARCH}`,
  };
  const both = { Client: one, Server: one };
  if (format === 'json') return toJson(both);
  const { compileTemplate } = await import('../../cli/template/compile.ts');
  return compileTemplate(format)(both);
}
