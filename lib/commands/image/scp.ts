import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { copyImage } from '../../engine/image/scp.ts';
import { parseScpEnd, type ScpEnd } from '../../engine/image/scp-place.ts';
import { print, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { globals } from '../globals.ts';

export const command = defineCommand({
  names: ['image scp'],
  summary: 'Copy an image between users and machines',
  usage: '[OPTIONS] [HOST::]IMAGE [HOST::[NAME]]',
  description:
    'Copies an image to or from another machine by ssh, where proa, podman or docker is, or between users of this machine (USER@localhost::). HOST is whatever ssh takes: [USER@]HOST[:PORT] or a name of ~/.ssh/config. NAME is one more name for the image there.',
  examples: [
    'image scp app:1 server::',
    'image scp me@build.example:2222::app:1',
    'image scp root@localhost::app alice@localhost::',
  ],
  options: { quiet: { short: 'q', type: 'bool', summary: 'Show no progress' } },
  args: { min: 1, max: 2 },
  completeArgs: 'image',
  run: ({ options, args: [from, to] }) =>
    withExitCode1(async () => {
      const source = parseScpEnd(from!);
      const destination = to === undefined ? defaultDestination(source) : parseScpEnd(to);
      if (source.image === '') throw new ProaError('BAD_ARGUMENTS', `copy image ${from}: it names no image`);
      if (to !== undefined && !to.includes('::')) {
        throw new ProaError('BAD_ARGUMENTS', `copy image to ${to}: a destination ends in ::`, {
          hint: `proa image scp ${from} ${to}::`,
        });
      }
      for (const { place } of [source, destination]) {
        if (place.kind === 'ssh' && place.socket !== undefined)
          warn(`WARNING: ${place.socket} is not used: an engine is started on ${place.host} by ssh`);
      }
      const { root, runroot } = globals();
      const places = { root, runroot };
      const own = Object.entries(places).flatMap(([name, value]) =>
        value === undefined ? [] : [`--${name}=${value}`],
      );
      const { printed, warnings } = await copyImage({
        source,
        destination,
        globals: own,
        quiet: options.quiet,
      });
      if (warnings !== '' && !options.quiet) warn(warnings);
      await print(printed);
    }),
});

/** Here; what is here already goes from root to who called by sudo, as Podman does it. */
function defaultDestination({ place }: ScpEnd): ScpEnd {
  const isRoot = process.geteuid!() === 0;
  const isHere = place.kind === 'here' || (place.kind === 'user' && place.user === 'root' && isRoot);
  if (!isHere) return { place: { kind: 'here' }, image: '' };
  const user = process.env.SUDO_USER;
  if (isRoot && user) return { place: { kind: 'user', user }, image: '' };
  throw new ProaError('BAD_ARGUMENTS', 'copy image: must specify a destination', {
    hint: 'proa image scp IMAGE HOST::, or IMAGE USER@localhost::',
  });
}
